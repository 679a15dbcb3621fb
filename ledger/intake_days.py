"""Answers what became of everything received, per day and meter, and whether it adds up (S65).

received = applied + recorded + duplicates + conflicts + refused + held + exceptions. What was received
is what each delivery wrote when it came; the parts are counted from the rows, so that the two can differ
only if something was lost or made up. Days are those of receipt, in UTC. What a person lets in later is
received again, with the delivery of that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from creditops.lib import sql
from ledger import messages

# Meters that nobody knows stand together under this name.
UNKNOWN_METER = ""
_RECEIVED = "received"


@dataclass
class Fates:
    """Messages of one day and meter: `parts` by status; of those set aside how many were let in or
    written off since (`ended`)."""

    day: date
    meter: str
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(messages.STATUSES, 0))
    ended: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return sum(self.parts.values())


@dataclass
class Day:
    """A day: what its deliveries said they brought, and where it is."""

    day: date
    received: int = 0
    meters: list[Fates] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """Received, but nowhere; below zero: somewhere, but never received. 0 always."""
        return self.received - sum(fates.received for fates in self.meters)


def of(first: date, last: date) -> Sequence[Day]:
    """The days from `first` through `last` on which something was received, the newest first.

    One query; it reads all usage of these days.
    """
    since = datetime.combine(first, time(), UTC)
    until = datetime.combine(last + timedelta(days=1), time(), UTC)
    days: dict[date, Day] = {}
    fates: dict[tuple[date, str], Fates] = {}
    for day, meter, status, number, ended in sql.rows(
        "ledger", "intake_days", since=since, until=until
    ):
        whole = days.setdefault(day, Day(day))
        if status == _RECEIVED:
            whole.received = number
            continue
        if (day, meter) not in fates:
            fates[day, meter] = Fates(day, meter)
            whole.meters.append(fates[day, meter])
        fates[day, meter].parts[status] = number
        fates[day, meter].ended += ended
    for whole in days.values():
        whole.meters.sort(key=lambda each: each.meter)
    return sorted(days.values(), key=lambda each: each.day, reverse=True)
