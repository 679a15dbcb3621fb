"""What acts on usage are about: the book's event, a message of May that has no place, a backfill."""

from __future__ import annotations

from ledger import backfills, columns
from ledger.messages import uid
from ledger.models import UsageException
from tests import cast
from tests.cast import at
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """The message names a meter that nobody knows; the backfill is open."""
    lost = cast.usage("lost", 1, meter="unknown", time=at("2026-05-21"))
    cast.report(lost, when=at("2026-05-21"))
    waiting = UsageException.objects.get().pk
    spring = backfills.open_for("spring", by="Fiona", at=NOW)
    backfills.stage(spring, columns.of([cast.usage("old", 1, time=at("2026-03-01"))]))
    event = uid(book.event.customer_id, book.event.id)
    return {
        **dict.fromkeys(("correct-usage", "void-usage"), event),
        **dict.fromkeys(("let-in-exception", "write-off-exception"), waiting),
        **dict.fromkeys(("let-in-exceptions", "write-off-exceptions"), f"ids={waiting}"),
        **dict.fromkeys(("close-backfill", "reverse-backfill"), "spring"),
    }
