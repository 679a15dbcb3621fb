"""Answers what waits for somebody: counts for badges and for home, by one statement per page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from creditops.lib import clock, sql
from ledger import books
from ledger.set_aside import Asked

# Nobody reads a badge further than this.
COUNTED_MAX = 1_000


@dataclass(frozen=True)
class Calls:
    """How many of what wait."""

    failed_work: int
    failed_mail: int
    approvals: int
    late: int
    unmatched: int
    other: int
    conflicts: int
    held: int
    refused: int
    charges: int
    overdue: int
    unpaid_plans: int

    @property
    def set_aside(self) -> int:
        """Messages that somebody has to look at; refused ones are final."""
        return self.late + self.unmatched + self.other + self.conflicts + self.held


def now(at: datetime) -> Calls:
    """What waits at `at`."""
    today = books.date_of(at, books.current(at))
    nothing = Asked()
    (row,) = sql.rows(
        "creditops.desk", "calls", at=at, today=today, most=COUNTED_MAX,
        **{name: nothing.parameters(at)[name] for name in ("late", "unmatched", "refused_since")},
    )  # fmt: skip
    return Calls(*row)


def of(request: HttpRequest) -> Calls:
    """What waits, asked once per request."""
    known: Calls | None = getattr(request, "calls", None)
    if known is None:
        known = now(clock.now())
        request.calls = known  # type: ignore[attr-defined]
    return known
