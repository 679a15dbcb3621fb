"""What acts on money that arrived are about: a receipt on account, a line of a bank statement."""

from __future__ import annotations

from invoicing import bank_lines, receipts
from invoicing.models import BankLine
from tests.staff import NOW, Book

_STATEMENT = b"date,amount,reference\n2026-06-01,5.00,thanks"


def of(book: Book) -> dict[str, object]:
    """Neither says what it is for."""
    spare = receipts.Arrival(book.acme, 700, "USD", "transfer", "spare-wire")
    receipts.record(spare, shares=[], by="Fiona", at=NOW)
    bank_lines.take(_STATEMENT, currency="USD", by="Fiona", at=NOW)
    return {
        **dict.fromkeys(("apply-receipt", "pay-back"), "spare-wire"),
        "place-bank-line": BankLine.objects.get().pk,
    }
