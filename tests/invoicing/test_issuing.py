"""Invoices are issued: numbered, frozen, posted, in one transaction (I1, I2, V3, JE-02, JE-16)."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from creditops.lib import locks
from creditops.lib.models import OutboxMessage
from creditops.lib.refusals import Refusal
from creditops.lib.tables import WrittenOnce
from invoicing import issuing, payments, seller, tax_rates
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine, NumberSeries, Payment
from ledger import books
from ledger.models import Block, JournalEntry
from tests import cast
from tests.invoicing import racing

NOW = cast.at("2026-03-01 12:00")
WRITTEN = (Invoice, InvoiceLine, NumberSeries, JournalEntry, OutboxMessage)
RACERS = 4

pytestmark = pytest.mark.django_db


def line(amount_minor=1_000, kind=InvoiceLine.Kind.PURCHASE, **fields) -> Line:
    return Line(kind=kind, text="credits", amount_minor=amount_minor, **fields)


def issue(*lines, when=NOW, source="order 1", buyer=None, **fields) -> Invoice:
    document = Document(
        customer=buyer or cast.customer(), lines=lines or [line()], currency="USD",
        due_date=date(2026, 3, 31), source=source, **{"receivable_at": when} | fields,
    )  # fmt: skip
    return issuing.issue(document, at=when)


def test_the_document_states_its_facts_and_its_sums():
    invoice = issue(line(3_333), line(3_334, credits=10, unit_price="3.334"))

    assert (invoice.number, invoice.issue_date) == ("INV-2026-000001", date(2026, 3, 1))
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (6_667, 0, 6_667)
    assert list(invoice.lines.values_list("position", "amount_minor", "unit_price")) == [
        (1, 3_333, ""),
        (2, 3_334, "3.334"),
    ]


def test_an_invoice_asks_the_database_for_each_fact_once(django_assert_max_num_queries):
    """Seller, rates and lines are read once, whatever needs them."""
    seller.define(name="Northlight", country="DE")
    tax_rates.define(country="DE", rate_pct="19", at=cast.START)
    buyer = cast.customer(country="DE", tax_id="DE9")
    issue(buyer=buyer, source="before it")

    with django_assert_max_num_queries(28):
        issue(line(), line(kind=InvoiceLine.Kind.OTHER), buyer=buyer)


def test_seller_and_buyer_are_frozen_as_they_were():
    """I1, I16: an issued document is immutable, whoever moves or is renamed afterwards."""
    seller.define(name="Northlight")
    buyer = cast.customer(legal_name="Acme Inc.", country="US", tax_id="US1")
    invoice = issue(buyer=buyer)

    seller.define(name="Southlight")
    buyer.legal_name = "Beta Inc."
    buyer.save()

    found = Invoice.objects.get(pk=invoice.pk)
    assert found.seller["name"] == "Northlight"
    assert (found.buyer["name"], found.buyer["vat_id"]) == ("Acme Inc.", "US1")


def test_tax_is_posted_beside_the_deferred_revenue():
    """A24, JE-02: 33.33 + 33.33 + 33.34 and 19.00 of tax."""
    seller.define(name="Northlight", country="DE")
    tax_rates.define(country="DE", rate_pct="19", at=cast.START)

    invoice = issue(
        line(3_333), line(3_333), line(3_334), buyer=cast.customer(country="DE", tax_id="DE9")
    )

    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (10_000, 1_900, 11_900)
    assert (invoice.tax_category, invoice.tax_rate) == ("S", "19")
    assert cast.journal(NOW) == [
        "2026-03-01 JE-02 debit 1100 119.00, credit 2100 100.00, credit 2200 19.00"
    ]


def test_overage_comes_out_of_the_unbilled_and_the_rest_is_deferred():
    """JE-16."""
    issue(line(15_000, InvoiceLine.Kind.OVERAGE), line(115_000, InvoiceLine.Kind.COMMITMENT))

    assert cast.journal(NOW) == [
        "2026-03-01 JE-16 debit 1100 1300.00, credit 1150 150.00, credit 2100 1150.00"
    ]


def test_an_invoice_of_nothing_is_numbered_and_posts_nothing():
    """I5, M8; and nothing is owed by it that `verify` would have to wait for."""
    invoice = issue(line(0))

    assert invoice.number == "INV-2026-000001"
    assert issuing.is_receivable(invoice)
    assert not JournalEntry.objects.exists()


def test_an_invoice_before_its_right_is_unconditional_is_a_memo():
    """V3: posted at the instant, not before, and once."""
    invoice = issue(receivable_at=cast.at("2026-04-01"))
    cast.run_due(cast.at("2026-04-01") - cast.SECOND)
    assert not issuing.is_receivable(invoice)

    cast.run_due(cast.at("2026-05-01"))
    issuing.receivable_due(invoice.number, cast.at("2026-04-01"), cast.at("2026-05-01"))

    assert cast.journal(NOW) == ["2026-04-01 JE-02 debit 1100 10.00, credit 2100 10.00"]


def test_the_date_of_issue_is_that_of_the_books_zone_and_gives_the_year():
    """T7: New Year's Eve in London is the new year in the books in Berlin."""
    books.open_books(currency="USD", time_zone="Europe/Berlin", at=NOW)

    invoice = issue(when=cast.at("2026-12-31 23:30"))

    assert (invoice.number, invoice.issue_date) == ("INV-2027-000001", date(2027, 1, 1))
    assert cast.journal(NOW)[0].startswith("2027-01-01 ")


def test_its_pdf_waits_in_the_outbox_once():
    issue()

    assert OutboxMessage.objects.get().payload == {"number": "INV-2026-000001"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"source": "order 1"}, "already_invoiced"), ({"lines": []}, "invoice_empty")],
)
def test_what_cannot_be_issued_is_refused_and_takes_no_number(fields, code):
    buyer = issue().customer
    before = [model.objects.count() for model in WRITTEN]
    usual = {"source": "order 2", "lines": [line()]}
    document = Document(
        customer=buyer, currency="USD", due_date=date(2026, 3, 31), **usual | fields
    )

    with pytest.raises(Refusal) as refused:
        issuing.issue(document, at=NOW)

    assert refused.value.code == code
    assert [model.objects.count() for model in WRITTEN] == before
    assert issue(source="order 3", buyer=buyer).number == "INV-2026-000002"


@pytest.mark.parametrize(
    ("place", "name"),
    [(issuing, "_write"), (issuing, "post"), (issuing.outbox, "add")],
    ids=["writing", "posting", "at the very end"],
)
def test_an_issue_that_fails_in_the_middle_leaves_no_gap(place, name, monkeypatch):
    """I2, invariant 9: the number goes back with everything else."""
    buyer = issue().customer
    before = [model.objects.count() for model in WRITTEN]

    def fail(*_args, **_named):
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(place, name, fail)
        with pytest.raises(RuntimeError):
            issue(source="order 2", buyer=buyer)

    assert [model.objects.count() for model in WRITTEN] == before
    assert issue(source="order 2", buyer=buyer).number == "INV-2026-000002"


@pytest.mark.django_db(transaction=True)
def test_invoices_issued_at_once_and_some_in_vain_are_numbered_without_a_gap():
    """I2: every second one fails after it took its number."""
    buyer = cast.customer()

    @transaction.atomic
    def work(number: int) -> str:
        made = issue(source=f"order {number}", buyer=buyer)
        if number % 2:
            raise RuntimeError("in vain")
        return made.number

    told = racing.at_once(8, work)

    kept = sorted(number for number in told if isinstance(number, str))
    assert kept == [f"INV-2026-00000{n}" for n in (1, 2, 3, 4)]
    assert [str(error) for error in told[1::2]] == ["in vain"] * 4


def posted_at_once(invoice: Invoice) -> list:
    return racing.at_once(RACERS, lambda _: issuing.post_receivable(invoice, owed_from=NOW, at=NOW))


@pytest.mark.django_db(transaction=True)
def test_a_receivable_is_posted_once_whoever_asks_at_once():
    invoice = issue(receivable_at=None)

    assert posted_at_once(invoice) == [None] * RACERS
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_only_the_unique_source_would_stop_the_second(monkeypatch):
    """The negative control: all but one break off with an error."""
    invoice = issue(receivable_at=None)
    together = racing.barrier(RACERS)
    is_receivable = issuing.is_receivable

    def answer_together(asked):
        known = is_receivable(asked)
        together.wait()
        return known

    monkeypatch.setattr(locks, "hold", lambda name: None)
    monkeypatch.setattr(issuing, "is_receivable", answer_together)
    told = posted_at_once(invoice)
    monkeypatch.undo()

    assert sum(isinstance(error, IntegrityError) for error in told) == RACERS - 1
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("model", [Invoice, InvoiceLine, Payment])
def test_nobody_changes_an_issued_document_or_a_payment(model):
    """I1: the program refuses kindly, the database by rights, and to the owner by a trigger."""
    payments.record(
        issue(), amount_minor=1, currency="USD", method="transfer", reference="r", by="F", at=NOW
    )
    table = model._meta.db_table

    with pytest.raises(WrittenOnce):
        model.objects.get().save()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connections["default"].cursor().execute(f"UPDATE {table} SET id = id")
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic(using="owner"):
        connections["owner"].cursor().execute(f"DELETE FROM {table}")

    assert not Block.objects.exists()
