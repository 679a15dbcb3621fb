"""Answers what waits for somebody: counts for badges and for home, by one statement per page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from creditops.lib import clock, sql
from ledger import books

# Nobody reads a badge further than this.
COUNTED_MAX = 1_000


@dataclass(frozen=True)
class Calls:
    """How many of what wait."""

    failed_work: int
    failed_mail: int
    approvals: int
    exceptions: int
    conflicts: int
    held: int
    charges: int
    overdue: int

    @property
    def set_aside(self) -> int:
        """Messages that somebody has to look at."""
        return self.exceptions + self.conflicts + self.held


def now(at: datetime) -> Calls:
    """What waits at `at`."""
    today = books.date_of(at, books.current(at))
    (row,) = sql.rows("creditops.desk", "calls", at=at, today=today, most=COUNTED_MAX)
    return Calls(*row)


def of(request: HttpRequest) -> Calls:
    """What waits, asked once per request."""
    known: Calls | None = getattr(request, "calls", None)
    if known is None:
        known = now(clock.now())
        request.calls = known  # type: ignore[attr-defined]
    return known
