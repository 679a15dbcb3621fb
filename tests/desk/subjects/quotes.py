"""What acts on quotes are about: a draft, one that was sent, one accepted that is no contract yet."""

from __future__ import annotations

from contracts.models import QuoteVersion
from tests import offers, staff
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """A quote in each of the states that an act needs."""
    days = {"starts_on": NOW.date(), "open_until": NOW.date()}
    draft = offers.draft(book.acme, when=NOW, **days)
    sent = offers.offered(book.acme, when=NOW, **days)
    return {
        "send-quote": draft.quote.code,
        **dict.fromkeys(("quote-link", "clone-quote", "answer-question"), sent.quote.code),
        "activate-quote": _waits(book, offers.offered(book.acme, when=NOW, **days)),
    }


def _waits(book: Book, version: QuoteVersion) -> str:
    """It is accepted, and another contract has the code that its own would have had."""
    staff.sign(book.acme, f"C-{version.quote.pk:06d}", when=NOW)
    offers.accept(version, when=NOW)
    version.quote.refresh_from_db()
    assert version.quote.waits_because
    return str(version.quote.code)
