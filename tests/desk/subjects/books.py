"""What acts on the books are about: May with an open point, a month that is closed, an account."""

from __future__ import annotations

from datetime import date

from ledger import closing
from tests import cast
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """The books are signed; nothing was ever posted in December, which is closed."""
    cast.sign_books()
    closing.close_month(date(2025, 12, 1), by="Fiona", at=NOW)
    return {
        **dict.fromkeys(("begin-close", "close-month"), "2026-05"),
        "reopen-month": "2025-12",
        "let-pass": "2026-05/exceptions",
        **dict.fromkeys(("change-account", "name-account"), "1000"),
    }
