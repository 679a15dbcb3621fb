"""Answers what seats have left, and keeps their count: per user and month of the holder's zone (L18).

A seat is an allowance inside the pool, not a block: what one does not use stays with all. From the
first use under an allowance on, a pool counts the use of every user, so a change of the setting, or
its end, forgets nothing; the count can be made again from the events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F

from creditops.lib import binary, calendar
from ledger.line import LATE_AFTER, Line
from ledger.models import SeatUse, UsageEvent

SEAT_LIMIT = "seat_limit"

# A seat in a month: pool id, the month's first day, the user as events name them.
Seat = tuple[int, date, str]


@dataclass(frozen=True, slots=True)
class Use:
    """What a seat has used in a month, and what is held for it."""

    used: int = 0
    held: int = 0


@dataclass(slots=True)
class Seats:
    """The seats that a batch draws on: read at once, counted in memory, written with the batch."""

    now: datetime
    uses: dict[Seat, Use] = field(default_factory=dict)
    drawn: dict[tuple[int, Seat], int] = field(default_factory=dict)

    def left(self, line: Line, seat: Seat) -> int | None:
        """Credits of its allowance that the seat has left; None where everybody has the pool."""
        allowance = line.rules.seat_allowance
        if allowance is None or line.seats_since is None or seat[1] < line.seats_since:
            return None
        use = self.uses.get(seat, Use())
        drawn = self.drawn.get((line.customer_id, seat), 0)
        return max(0, allowance - use.used - use.held - drawn)

    def draw(self, line: Line, seat: Seat, credits: int) -> None:
        """Count what a seat draws, where seats are counted."""
        if credits and line.seats_since is not None and seat[1] >= line.seats_since:
            key = (line.customer_id, seat)
            self.drawn[key] = self.drawn.get(key, 0) + credits

    def begin(
        self, lines: Iterable[Line], zone: str, users: Iterable[tuple[datetime, str]]
    ) -> None:
        """Count from now on the use of these locked lines per user, where an allowance is new.

        What was used earlier in the month counts too. One statement per pool, once in its life.
        """
        new = [
            line
            for line in lines
            if line.rules.seat_allowance is not None and line.seats_since is None
        ]
        for line in new:
            _begin(line, zone, self.now)
        if new:
            self.read(
                (line, seat_of(line, time, user, zone)) for line in new for time, user in users
            )

    def read(self, wanted: Iterable[tuple[Line, Seat]]) -> None:
        """Read these seats; one query for all of them."""
        asked = sorted({(line.customer_id, *seat) for line, seat in wanted})
        if not asked:
            return
        rows = binary.rows(
            "ledger",
            "seat_uses",
            customers=[customer for customer, _, _, _ in asked],
            pools=[pool for _, pool, _, _ in asked],
            months=[month for _, _, month, _ in asked],
            users=[user for _, _, _, user in asked],
            now=self.now,
        )
        for pool, month, user, used, held in rows:
            self.uses[pool, month, user] = Use(used, held)

    def write(self) -> None:
        """Write what was drawn; the users' names are known by now."""
        rows = sorted(self.drawn.items())
        if rows:
            binary.run(
                "ledger",
                "add_seat_uses",
                customers=[customer for (customer, _), _ in rows],
                pools=[seat[0] for (_, seat), _ in rows],
                months=[seat[1] for (_, seat), _ in rows],
                users=[seat[2] for (_, seat), _ in rows],
                credits=[credits for _, credits in rows],
            )


def seat_of(line: Line, time: datetime, user: str, zone: str) -> Seat:
    """The seat that a user of a pool has at `time`; months begin at midnight in `zone` (T4)."""
    return line.pool_id, calendar.month_start(calendar.local_date(time, zone)), user


def correct(line: Line, event: UsageEvent, change: int) -> None:
    """Give a corrected event's credits back to its seat, or take what it lacked (L20)."""
    if event.user_id is None or line.seats_since is None:
        return
    month = calendar.month_start(calendar.local_date(event.event_time, event.holder.time_zone))
    if month < line.seats_since:
        return
    seat = {"pool_id": line.pool_id, "period": month, "user_id": event.user_id}
    SeatUse.objects.get_or_create(customer_id=line.customer_id, **seat, defaults={"credits": 0})
    SeatUse.objects.filter(customer_id=line.customer_id, **seat).update(
        credits=F("credits") + change
    )


def _begin(line: Line, zone: str, now: datetime) -> None:
    # Just after a month's end, use of its last minutes is not late yet and has its month's seat.
    line.seats_since = calendar.month_start(calendar.local_date(now - LATE_AFTER, zone))
    binary.run(
        "ledger",
        "begin_seats",
        customer=line.customer_id,
        pool=line.pool_id,
        zone=zone,
        month=line.seats_since,
        first=calendar.local_midnight(line.seats_since, zone),
    )
