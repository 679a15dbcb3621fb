"""Answers what seats have left, and keeps their count: per user and month of the holder's zone (L18).

A seat is an allowance inside the pool, not a block: what one does not use stays with all. From the
first use under an allowance on, a pool counts the use of every user, so a change of the setting, or
its end, forgets nothing; the count can be made again from the events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from django.db.models import F

from creditops.lib import binary, calendar
from creditops.lib.binary import Integers
from ledger import columns, end_users
from ledger.line import LATE_AFTER, Line
from ledger.models import SeatUse, UsageEvent
from ledger.remembered import Memory

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
    _by_column: list[tuple[Integers, ...]] = field(default_factory=list)

    @property
    def pools(self) -> set[tuple[int, int]]:
        """The pools of whose seats some drew one by one, (customer id, pool id) each."""
        return {(customer, pool) for customer, (pool, _, _) in self.drawn}

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

    def draw_all(
        self,
        customers: Integers,
        pools: Integers,
        months: Integers,
        users: Integers,
        credits: Integers,
    ) -> None:
        """Count what many seats draw, each once and in no pool of `pools`; months are days since 1970,
        users go by their numbers."""
        self._by_column.append((customers, pools, months, users, credits))

    def write(self, memory: Memory) -> None:
        """Write what was drawn; the users have their numbers by now. `memory` is this session's."""
        parts = [self._one_by_one(memory), *self._by_column]
        arrays = [binary.bigints(np.concatenate(each)) for each in zip(*parts, strict=True)]
        if arrays[0].number:
            customers, pools, months, users, credits = arrays
            binary.run(
                "ledger",
                "add_seat_uses",
                customers=customers,
                pools=pools,
                months=months,
                users=users,
                credits=credits,
            )

    def _one_by_one(self, memory: Memory) -> tuple[Integers, ...]:
        """What was drawn seat by seat, as `draw_all` is told it."""
        customers = [customer for customer, _ in self.drawn]
        seats = [seat for _, seat in self.drawn]
        users = end_users.numbers(customers, [user for _, _, user in seats], memory)
        months = [(month - columns.DAY_1970).days for _, month, _ in seats]
        drawn = (customers, [pool for pool, _, _ in seats], months, users, self.drawn.values())
        return tuple(np.fromiter(each, np.int64, len(seats)) for each in drawn)


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
