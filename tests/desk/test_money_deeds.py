"""Money: what waits is billed, what arrives is recorded, what is taxed is said."""

from __future__ import annotations

from creditops.desk import addresses
from invoicing.models import Invoice, Payment, TaxRate
from ledger.models import JournalEntry
from tests import staff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

PAID = {"amount": "40.00", "method": "transfer", "reference": "wire-1"}


def test_a_payment_is_recorded_with_its_entry(book: Book, fiona):
    page = acts.rehearse(fiona, "record-payment", book.invoice.number, **PAID)
    done = acts.do(fiona, "record-payment", book.invoice.number, **PAID)

    assert acts.changes(page) == {
        f"Open of {book.invoice.number}": ("$100.00", "$60.00"),
        "Status": ("overdue", "overdue"),
    }
    paid = Payment.objects.get()
    assert (paid.amount_minor, paid.recorded_by, paid.paid_at) == (
        4_000, "controller@vendor.example", NOW,
    )  # fmt: skip
    entry = JournalEntry.objects.get(source="payment:wire-1")
    assert [(x.account.code, x.debit_minor, x.credit_minor) for x in entry.lines.all()] == [
        ("1000", 4_000, 0),
        ("1100", 0, 4_000),
    ]
    assert acts.said(done) == [
        f"Payment wire-1 of $40.00 for {book.invoice.number}. Written: 1 journal entry."
    ]


def test_the_whole_rest_is_offered(book: Book, fiona):
    acts.do(fiona, "record-payment", book.invoice.number, **PAID)

    form = fiona.get(addresses.of("record-payment", book.invoice.number)).context["form"]

    assert form["amount"].value() == "60.00"


def test_a_reference_is_recorded_once(book: Book, fiona):
    acts.do(fiona, "record-payment", book.invoice.number, **PAID)

    page = acts.do(fiona, "record-payment", book.invoice.number, **PAID)

    assert acts.errors(page) == ["Payment 'wire-1' was recorded already."]
    assert Payment.objects.count() == 1


def test_a_paid_invoice_takes_no_payment(book: Book, fiona):
    acts.do(fiona, "record-payment", book.invoice.number, **PAID | {"amount": "100"})

    page = fiona.get(addresses.of("record-payment", book.invoice.number))

    assert page.status_code == 409
    assert f"Nothing of {book.invoice.number} is open." in page.content.decode()


def test_what_waits_becomes_one_invoice(book: Book, fiona):
    staff.sign(book.acme, "C-2", when=at("2026-06-12"))

    page = acts.rehearse(fiona, "bill", "C-2", reason="asked for")
    done = acts.do(fiona, "bill", "C-2", reason="asked for")

    assert page.context["facts"] == [("Commitment", "$100.00")]
    assert [listing.title for listing in page.context["effect"].listings] == ["Invoice", "Journal"]
    made = Invoice.objects.get(contract__code="C-2")
    assert (made.total_minor, made.issued_at) == (10_000, NOW)
    assert acts.said(done) == [
        f"Invoice {made.number} over $100.00 is issued; its PDF waits. "
        f"Written: invoice {made.number}, 1 journal entry."
    ]


def test_nothing_is_billed_twice(book: Book, fiona):
    page = fiona.get(addresses.of("bill", "C-1"))

    assert page.status_code == 409
    assert "Nothing of C-1 waits to be billed by now." in page.content.decode()


def test_a_tax_rate_begins_now(book: Book, fiona):
    done = acts.do(fiona, "add-tax-rate", country="US", region="New York", rate_pct="8.875")

    made = TaxRate.objects.get(region="New York")
    assert (made.rate_pct, made.taxable_share_pct, made.effective_from) == ("8.875", "100", NOW)
    assert acts.said(done) == ["The tax table has 8.875 % in New York."]


def test_a_tax_rate_is_a_decimal(book: Book, fiona):
    page = acts.do(fiona, "add-tax-rate", country="US", rate_pct="a lot")

    assert acts.errors(page) == [
        "'a lot' is no decimal number. Write it with digits and a point, like 12.5."
    ]
    assert TaxRate.objects.count() == 1
