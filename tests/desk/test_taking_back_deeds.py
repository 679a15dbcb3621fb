"""What takes credits and money back, on the desk: shown in figures before it is done."""

from __future__ import annotations

from creditops.desk import addresses
from creditops.lib.models import Approval
from invoicing import payments
from invoicing.models import CreditNote, Invoice, InvoiceVoid, Refund, WriteOff
from tests import staff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book, Role

REASON = {"reason": "not needed"}


def pay(book: Book) -> None:
    payments.record(
        book.invoice, amount_minor=10_000, currency="USD", method="transfer", reference="wire-1",
        by="Fiona", at=at("2026-06-11"),
    )  # fmt: skip


def test_a_credit_note_shows_its_effect_in_credits_and_money(book: Book, fiona):
    typed = {"credits": "1,000", **REASON}
    page = acts.rehearse(fiona, "credit-note", book.invoice.number, **typed)
    assert not CreditNote.objects.exists()
    done = acts.do(fiona, "credit-note", book.invoice.number, **typed)

    assert acts.changes(page) == {
        f"Open of {book.invoice.number}": ("$100.00", "$90.00"),
        "Status": ("overdue", "overdue"),
        "Owed back to the customer": ("$0.00", "$0.00"),
        "Available, credits": ("10,200", "9,200"),
    }
    assert [listing.title for listing in page.context["effect"].listings] == [
        "Credit note", "Journal",
    ]  # fmt: skip
    note = CreditNote.objects.get()
    assert (note.total_minor, note.issued_by, note.issued_at) == (
        1_000, "controller@vendor.example", NOW,
    )  # fmt: skip
    assert acts.said(done) == [
        f"Credit note {note.number} over $10.00 for {book.invoice.number}. "
        f"Written: credit note {note.number}, 1 journal entry."
    ]


def test_whole_lines_are_named_by_their_numbers(book: Book, fiona):
    used = acts.do(fiona, "credit-note", book.invoice.number, lines="1", **REASON)
    unknown = acts.do(fiona, "credit-note", book.invoice.number, lines="1, x", **REASON)
    both = acts.do(fiona, "credit-note", book.invoice.number, lines="1", credits="1", **REASON)

    assert acts.errors(used) == [
        f"Only 9,700 credits of {book.invoice.number} are left unused; 10,000 can't be credited. "
        "What was used is corrected by its events."
    ]
    assert acts.errors(unknown) == ["'1, x' are no numbers of lines. Write them like 1, 2."]
    assert acts.errors(both) == ["Say either how many credits, or which lines of the invoice."]
    assert not CreditNote.objects.exists()


def test_an_invoice_whose_credits_were_used_is_not_made_void(book: Book, fiona):
    page = acts.do(fiona, "void-invoice", book.invoice.number, **REASON)

    assert acts.errors(page) == [
        f"{book.invoice.number} can't be made void: some of its credits were used, have expired or "
        "were taken back. Issue a credit note for what is left."
    ]


def test_an_untouched_invoice_is_made_void_and_says_so_ever_after(book: Book, fiona):
    staff.sign(book.acme, "C-2", when=at("2026-06-12"))
    acts.do(fiona, "bill", "C-2", reason="asked for")
    invoice = Invoice.objects.get(contract__code="C-2")

    done = acts.do(fiona, "void-invoice", invoice.number, **REASON)

    assert acts.said(done) == [f"{invoice.number} is void. Written: 1 journal entry."]
    assert InvoiceVoid.objects.get().voided_by == "controller@vendor.example"
    again = fiona.get(addresses.of("credit-note", invoice.number))
    assert again.status_code == 409
    assert f"{invoice.number} is void." in again.content.decode()


def test_a_refund_asks_a_second_person_who_carries_it_out(book: Book, fiona):
    pay(book)
    acts.do(fiona, "credit-note", book.invoice.number, credits="1000", **REASON)
    note = CreditNote.objects.get()

    done = acts.do(fiona, "refund", note.number)

    asked = Approval.objects.get(kind="money.refund")
    assert acts.said(done) == [
        f"Asked for a second person: Refund 10.00 USD of credit note {note.number} to "
        f"{book.acme.name}."
    ]
    assert not Refund.objects.exists()
    sales = staff.as_(staff.person(Role.SALES_MANAGER))
    assert sales.get(addresses.of("decide", asked.pk)).status_code == 409
    other = staff.as_(staff.person(Role.FINANCE))
    acts.do(other, "decide", asked.pk, decision="approve", reason="agreed")
    assert Refund.objects.get().amount_minor == 1_000
    assert fiona.get(addresses.of("refund", note.number)).status_code == 409


def test_a_write_off_asks_too(book: Book, fiona):
    done = acts.do(fiona, "write-off-invoice", book.invoice.number, reason="insolvent")

    assert acts.said(done) == [
        f"Asked for a second person: Write off 100.00 USD of invoice {book.invoice.number}, "
        f"{book.acme.name}."
    ]
    assert not WriteOff.objects.exists()


def test_an_invoice_is_written_by_hand(book: Book, fiona):
    typed = {
        "act": "desk:1", "discount": "3.00",
        "lines": "10.00 | 1,000 | | Credits for a trial\n20.00 | | | Training",
    }  # fmt: skip
    page = acts.rehearse(fiona, "new-invoice", "acme", **typed)
    acts.do(fiona, "new-invoice", "acme", **typed)

    assert [listing.title for listing in page.context["effect"].listings] == [
        "Invoice", "Blocks of credits", "Journal",
    ]  # fmt: skip
    made = Invoice.objects.get(source="desk:1")
    assert list(made.lines.values_list("text", "credits", "list_minor", "amount_minor")) == [
        ("Credits for a trial", 1_000, 1_000, 900),
        ("Training", None, 2_000, 1_800),
    ]


def test_a_line_that_cannot_be_read_is_told(book: Book, fiona):
    page = acts.do(fiona, "new-invoice", "acme", act="desk:1", lines="10.00 | many")

    assert acts.errors(page) == [
        "'10.00 | many' can't be read. Write a line like 1250.00 | 100,000 | 19 | Credits."
    ]


def test_sales_takes_nothing_back(book: Book, sam):
    for name in ("credit-note", "void-invoice", "write-off-invoice"):
        assert sam.get(addresses.of(name, book.invoice.number)).status_code == 403
