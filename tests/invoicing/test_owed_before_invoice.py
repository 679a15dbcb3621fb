"""What waits for its invoice is owed all the same: deferred revenue never falls below what is used (V3)."""

from __future__ import annotations

from datetime import date

import pytest

from contracts import amendments
from creditops.close import reconciliations
from creditops.lib import policies
from creditops.reports import owing
from creditops.reports.frame import Asked
from invoicing import billing, deferral, owed, payments
from invoicing.models import Invoice
from ledger import chart, closing, posting, statements
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

JAN, FEB = date(2026, 1, 31), date(2026, 2, 28)


@pytest.fixture
def reviewed() -> None:
    """Finance looks at every invoice before it goes out."""
    policies.change(
        policies.BOOKS, {billing.SETTING: billing.REVIEWED}, effective_at=START, recorded_at=START,
        by="Fiona", approved_by="Fiona",
    )  # fmt: skip


def let_out(contract, when) -> Invoice:
    made = billing.bill(contract, until=when, at=when)
    assert made is not None
    return made


def differences(last: date, when) -> dict[str, int]:
    posting.run(when)
    found = reconciliations.of(last.replace(day=1), last, known_at=when)
    return {each.code: each.difference for each in found if each.difference}


def checks(last: date, when) -> list[tuple[int, int]]:
    """What reports of what is owed say, beside the ledger."""
    asked = Asked(last.replace(day=1), last, when)
    made = owing.receivables(asked), owing.unbilled(asked)
    return [(check.here, check.ledger) for report in made for check in report.checks]


def test_an_invoice_that_is_held_is_owed_from_the_begin_of_its_term(reviewed):
    contract = cast.sign()
    cast.run_due(START)
    cast.send("u1", 40_000, when=at("2026-01-10"), contract="c1")
    later = at("2026-02-10")
    waiting = cast.journal(at("2026-02-01"))
    unbilled = owed.unbilled(JAN, known_at=at("2026-02-01"))
    let_out(contract, later)

    assert waiting == [
        "2026-01-01 JE-35 debit 1150 1000.00, credit 2100 1000.00",
        "2026-01-10 JE-05 debit 2100 400.00, credit 4000 400.00",
    ]
    assert unbilled == {(contract.customer_id, contract.holder_id): 100_000}
    assert cast.journal(later) == [
        "2026-01-01 JE-35 debit 1150 1000.00, credit 2100 1000.00",
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-01-01 JE-36 debit 2100 1000.00, credit 1150 1000.00",
        "2026-01-10 JE-05 debit 2100 400.00, credit 4000 400.00",
    ]
    # The right is of the first of January, so the report of that month knows the invoice of February.
    assert checks(JAN, later) == [(100_000, 100_000), (0, 0)]
    assert differences(JAN, later) == {}


def test_after_a_close_it_moves_to_the_receivables_on_the_day_of_its_invoice(reviewed):
    contract = cast.sign()
    cast.sign_books()
    cast.run_due(START)
    closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-05"))
    later = at("2026-02-10")
    let_out(contract, later)

    assert cast.journal(later) == [
        "2026-01-01 JE-35 debit 1150 1000.00, credit 2100 1000.00",
        "2026-02-10 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-02-10 JE-36 debit 2100 1000.00, credit 1150 1000.00",
    ]
    assert checks(JAN, later) == [(0, 0), (100_000, 100_000)]
    assert checks(FEB, later) == [(100_000, 100_000), (0, 0)]
    assert differences(JAN, later) == differences(FEB, later) == {}


def test_a_term_to_come_is_owed_when_it_begins_though_its_invoice_waits(reviewed):
    cast.sign(starts_on=date(2026, 3, 1), due_on=date(2026, 4, 1))
    cast.run_due(at("2026-02-28"))
    before = cast.journal(at("2026-02-28"))
    cast.run_due(at("2026-03-01"))

    assert before == []
    assert cast.journal(at("2026-03-01")) == [
        "2026-03-01 JE-35 debit 1150 1000.00, credit 2100 1000.00"
    ]


def test_one_invoice_for_two_terms_is_a_receivable_when_all_of_it_is_owed(reviewed):
    """Its second term is no liability of the year before."""
    contract = cast.sign(auto_renew=True)
    cast.run_due(START)
    cast.send("u1", 50_000, when=at("2026-01-10"), contract="c1")
    cast.run_due(at("2027-01-01"))
    later = at("2027-01-20")
    invoice = let_out(contract, later)

    assert [line.amount_minor for line in invoice.lines.all()] == [100_000, 50_000]
    assert cast.journal(later) == [
        "2026-01-01 JE-35 debit 1150 1000.00, credit 2100 1000.00",
        "2026-01-10 JE-05 debit 2100 500.00, credit 4000 500.00",
        "2027-01-01 JE-35 debit 1150 500.00, credit 2100 500.00",
        "2027-01-01 JE-02 debit 1100 1500.00, credit 2100 1500.00",
        "2027-01-01 JE-36 debit 2100 1000.00, credit 1150 1000.00",
        "2027-01-01 JE-36 debit 2100 500.00, credit 1150 500.00",
    ]
    assert differences(date(2026, 12, 31), later) == {}


def test_overage_beside_a_renewal_that_can_be_cancelled_makes_that_no_receivable():
    contract = cast.sign(cancellable=True, auto_renew=True)
    cast.run_due(START)
    first = Invoice.objects.get()
    payments.record(
        first, amount_minor=100_000, currency="USD", method="transfer", reference="wire 1",
        by="Fiona", at=START,
    )  # fmt: skip
    cast.send("u1", 110_000, when=at("2026-06-01"), contract="c1")
    cast.run_due(at("2027-01-01"))
    unpaid = Invoice.objects.get(contract=contract, issue_date=date(2027, 1, 1))

    assert unpaid.total_minor == 120_000
    assert statements.balance(statements.lines(), [chart.RECEIVABLES]) == 0
    posting.run(at("2027-01-01"))
    assert statements.balance(statements.lines(), [chart.UNBILLED]) == 10_000
    assert statements.balance(statements.lines(), [chart.DEFERRED_CREDITS]) == 0


def test_credits_that_were_added_later_are_not_missed_on_the_days_before():
    contract = cast.sign()
    cast.run_due(START)
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=START, recorded_at=START, by="Fiona",
        approved_by="Augusta",
    )  # fmt: skip
    when = at("2026-02-10")
    amendments.add(contract, amendments.Addition(5_000, 5_000), source="more", by="Sam", at=when)
    cast.run_due(when)

    assert deferral.apart_minor(JAN, known_at=when) == {}
    assert differences(JAN, when) == differences(FEB, when) == {}
