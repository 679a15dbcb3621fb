"""`verify` names what is wrong with documents, after somebody with all rights damaged them."""

from datetime import date

import pytest
from django.db import connections, transaction

from creditops import verification
from invoicing import payments
from ledger import posting
from tests import cast

START, APRIL = cast.START, cast.at("2026-04-01")
TABLES = (
    "invoicing_invoice", "invoicing_invoiceline", "invoicing_payment", "invoicing_invoicetax",
    "invoicing_creditnote", "invoicing_creditnoteline", "invoicing_refund", "invoicing_numberseries",
)  # fmt: skip

damage = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def books(damaged_books):
    """Two invoices, INV-2026-000001 of 1,000.00 and -000002 of 10.00, each paid in part; sound."""
    contract = cast.sign()
    cast.run_due(START)
    second = cast.buy(contract.holder, pay="invoice", when=cast.at("2026-03-01")).invoice
    for invoice in (contract.invoices.get(number="INV-2026-000001"), second):
        payments.record(
            invoice, amount_minor=600, currency="USD", method="transfer",
            reference=f"wire {invoice.number}", by="Fiona", at=cast.at("2026-03-02"),
        )  # fmt: skip
    assert cast.breaches(APRIL) == []
    return contract


def destroy(statement: str) -> None:
    """As the owner, with the triggers that guard the books switched off meanwhile."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES[:-1]:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER written_once")


def found() -> list[tuple[str, str, str]]:
    return [(breach.check, breach.where, breach.detail) for breach in cast.breaches(APRIL)]


def owed(books, still_open: int) -> list[tuple[str, str, str]]:
    """What is told where invoices say that something else is open than the 998.00 of the journal."""
    if still_open == 99_800:
        return []
    said = f"{still_open} of its invoices are open, its receivables are 99800 (minor units of USD)"
    return [("receivables_are_what_is_open", f"customer {books.customer_id}", said)]


@damage
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE invoicing_invoiceline SET amount_minor = amount_minor - 1"
            " WHERE kind = 'COMMITMENT'",
            ("INV-2026-000001", "lines 99999, net 100000, tax 0, total 100000", 99_800),
        ),
        (
            "UPDATE invoicing_invoice SET net_minor = 999, total_minor = 999"
            " WHERE number = 'INV-2026-000002'",
            ("INV-2026-000002", "lines 1000, net 999, tax 0, total 999", 99_799),
        ),
        (
            "DELETE FROM invoicing_invoiceline WHERE kind = 'TOP_UP'",
            ("INV-2026-000002", "lines 0, net 1000, tax 0, total 1000", 99_800),
        ),
    ],
    ids=["a line changed", "net and total changed", "no lines left"],
)
def test_an_invoice_that_does_not_add_up_is_named(books, statement, told):
    destroy(statement)

    number, detail, still_open = told
    assert found() == [("invoices_add_up", f"invoice {number}", detail), *owed(books, still_open)]


@damage
@pytest.mark.parametrize(
    ("change", "detail", "still_open"),
    [
        ("amount_minor = 1001", "1001 paid of 1000 (minor units)", 99_400),
        ("currency = 'EUR'", "600 paid of 1000 (minor units)", 99_800),
    ],
)
def test_a_payment_that_is_too_much_or_in_another_currency_is_named(
    books, change, detail, still_open
):
    destroy(f"UPDATE invoicing_payment SET {change} WHERE reference = 'wire INV-2026-000002'")

    assert found() == [
        ("invoices_are_not_overpaid", "invoice INV-2026-000002", detail), *owed(books, still_open)
    ]  # fmt: skip


@damage
def test_a_payment_that_the_journal_does_not_know_is_named(books):
    """Z4: 100,000 and 1,000 billed, 600 paid of each; now 100 more of the second."""
    destroy(
        "UPDATE invoicing_payment SET amount_minor = 700 WHERE reference = 'wire INV-2026-000002'"
    )

    assert found() == owed(books, 99_700)


@damage
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE invoicing_invoice SET sequence = 3, number = 'INV-2026-000003'"
            " WHERE sequence = 2",
            [
                ("invoice INV-2026-000003", "follows number 1, dated 2026-03-01 after 2026-01-01"),
                ("series INV-2026", "its counter is 2, its last number 3"),
            ],
        ),
        (
            "UPDATE invoicing_invoice SET issue_date = '2025-12-31' WHERE sequence = 2",
            [("invoice INV-2026-000002", "follows number 1, dated 2025-12-31 after 2026-01-01")],
        ),
        (
            "ALTER TABLE invoicing_invoice"
            " DROP CONSTRAINT invoicing_invoice_number_reads_as_counted;"
            "UPDATE invoicing_invoice SET number = 'INV-2026-000009' WHERE sequence = 2",
            [("invoice INV-2026-000009", "is number 2 of INV-2026")],
        ),
        (
            "UPDATE invoicing_numberseries SET last = 7",
            [("series INV-2026", "its counter is 7, its last number 2")],
        ),
        (
            "DELETE FROM invoicing_numberseries",
            [("series INV-2026", "its counter is 0, its last number 2")],
        ),
    ],
    ids=["a gap", "dates decrease", "another number", "the counter is ahead", "no counter"],
)
def test_a_gap_in_the_numbers_is_named(books, statement, told):
    """I2, invariant 9. (Under another number its entry isn't found any more: that is told besides.)"""
    destroy(statement)

    gaps = [breach for breach in found() if breach[0] == "numbers_have_no_gap"]
    assert gaps == [("numbers_have_no_gap", where, detail) for where, detail in told]


@damage
def test_the_first_document_of_a_series_that_is_gone_is_a_gap(books):
    destroy(
        "WITH gone AS (SELECT id FROM invoicing_invoice WHERE sequence = 1),"
        " lines AS (DELETE FROM invoicing_invoiceline WHERE invoice_id IN (SELECT id FROM gone)),"
        " taxes AS (DELETE FROM invoicing_invoicetax WHERE invoice_id IN (SELECT id FROM gone)),"
        " paid AS (DELETE FROM invoicing_payment WHERE invoice_id IN (SELECT id FROM gone))"
        " DELETE FROM invoicing_invoice WHERE id IN (SELECT id FROM gone)"
    )

    where = [breach for breach in found() if breach[0] == "numbers_have_no_gap"]
    assert where == [
        ("numbers_have_no_gap", "invoice INV-2026-000002",
         "follows number 0, dated 2026-03-01 after "),
    ]  # fmt: skip


@pytest.mark.django_db
def test_every_check_of_the_floor_is_run():
    names = [name for name, _ in verification.verify()]

    floor = [
        "credit_notes_take_back_what_they_say",
        "invoices_add_up",
        "invoices_are_not_overpaid",
        "numbers_have_no_gap",
        "receivables_are_what_is_open",
        "refund_liability_is_what_is_not_refunded",
        "used_credits_are_taxed_once",
        "void_invoices_gave_their_credits_back",
    ]
    assert [name for name in names if name in floor] == floor


@pytest.mark.django_db
def test_an_invoice_of_nothing_does_not_hide_what_is_wrong_with_its_customer(damaged_books):
    """Its customer owes no memo, so deferred revenue and blocks are compared all the same."""
    contract = cast.sign()
    cast.run_due(START)
    cast.buy(contract.holder, price_minor=0, when=START)
    [pool] = contract.holder.pools.filter(customer_id=contract.customer_id)

    cast.grant(pool, 100, source="nobody was billed for", cost=500)

    posting.run(START)
    [breach] = cast.breaches(START)
    assert breach.check == "deferred_revenue_is_the_value_of_blocks"
    assert breach.detail == (
        "its blocks are worth 100500, deferred revenue is 100000 (minor units)"
    )


@pytest.mark.django_db
def test_what_is_owed_for_a_term_to_come_is_no_breach():
    """V3: receivable at the due date, credits at the start."""
    contract = cast.sign()
    cast.sign(contract.customer, code="c2", starts_on=date(2026, 6, 1), due_on=date(2026, 2, 1))
    cast.run_due(cast.at("2026-03-01"))

    assert cast.breaches(APRIL) == []


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["2026-01-01", "2026-03-01", "2026-06-01", "2026-07-01"])
def test_money_and_credits_are_compared_to_the_cent_though_one_comes_before_the_other(
    when, damaged_books
):
    """Due before the term begins, begun before it is due: a credit too many is found all the same."""
    now = cast.at(when)
    contract = cast.sign(starts_on=date(2026, 6, 1), due_on=date(2026, 2, 1))
    cast.sign(contract.customer, code="c2", due_on=date(2026, 9, 1))
    cast.sign(contract.customer, code="c3", cancellable=True)
    cast.run_due(now)
    assert cast.breaches(now) == []

    cast.grant(cast.open_pool(contract.customer), 1, source="nobody was billed for", cost=1)

    assert [breach.check for breach in cast.breaches(now)] == [
        "deferred_revenue_is_the_value_of_blocks"
    ]
