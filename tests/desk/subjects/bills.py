"""What acts on bills are about: invoices open, disputed, paid late; a credit note; what is to be billed."""

from __future__ import annotations

from creditops.lib import policies
from invoicing import billing, credit_notes, disputes, receipts
from invoicing.models import Invoice
from ledger import holders
from tests import cast, staff
from tests.cast import START
from tests.staff import NOW, Book

_INTEREST = {"reference_pct": "2.15", "margin_pct": "8", "fixed": "40"}
_OF_INVOICE = (
    "credit-note", "void-invoice", "write-off-invoice", "record-payment", "open-dispute",
    "charge-card",
)  # fmt: skip


def of(book: Book) -> dict[str, object]:
    """C-1's invoice is open and overdue. What Beta owes nobody billed: its work is never caught up with."""
    bought = cast.buy(holders.pay_as_you_go(book.acme, NOW), source="spare", when=NOW)
    note = credit_notes.credit(bought.invoice, credits=1, by="Fiona", reason="test", at=NOW)
    staff.sign(cast.customer("beta"), "C-beta", when=NOW)
    return {
        "bill": "C-beta",
        **dict.fromkeys(_OF_INVOICE, book.invoice.number),
        "settle-dispute": _disputed(book).number,
        "bill-interest": _paid_late(book).number,
        "refund": note.number,
    }


def _disputed(book: Book) -> Invoice:
    invoice = _billed(book, "C-disputed")
    disputes.open_(invoice, reason="not ours", by="Fiona", at=NOW)
    return invoice


def _paid_late(book: Book) -> Invoice:
    """Due in January, paid in June; interest is agreed."""
    policies.change(
        policies.customer_scope(book.acme.code), {"late_interest": _INTEREST}, effective_at=NOW,
        recorded_at=NOW, by="Fiona", approved_by="Fiona",
    )  # fmt: skip
    invoice = _billed(book, "C-late")
    receipts.record_for(
        invoice, amount_minor=invoice.total_minor, currency="USD", method="transfer",
        reference="late-wire", by="Fiona", at=NOW,
    )  # fmt: skip
    return invoice


def _billed(book: Book, code: str) -> Invoice:
    invoice = billing.bill(staff.sign(book.acme, code), until=START, at=START)
    assert invoice is not None
    return invoice
