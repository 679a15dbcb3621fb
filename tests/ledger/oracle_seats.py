"""What the oracle knows of seats (L18): what a user has drawn in a month, event by event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from tests.ledger.oracle_holds import Holding
from tests.ledger.oracle_rows import Event, Pool


class Seating(Holding):
    """Allowances per user and local month, inside each pool."""

    events: dict[tuple[str, str], Event]

    def seat_left(self, pool: Pool, user: str, time: datetime, now: datetime) -> int | None:
        """What is left of a user's allowance in the month of `time`; None where there are no seats."""
        allowance = self.setting(pool.holder, "seat_allowance", now)
        if allowance is None:
            return None
        month = _month(pool, time)
        return max(
            0, allowance - self._used(pool, user, month) - self._set_aside(pool, user, month, now)
        )

    def seat_is_short(self, event: Event, need: Mapping[str, int], now: datetime) -> bool:
        """Whether an event asks for more than its user's seat has; late use passes."""
        user, holder = event.message.user, event.holder
        if event.late or user is None or holder is None:
            return False
        for unit, credits in need.items():
            left = self.seat_left(holder.pool(unit), user, event.time, now)
            if credits and left is not None and credits > left:
                return True
        return False

    def _used(self, pool: Pool, user: str, month: date) -> int:
        return sum(
            event.credits.get(pool.unit, 0)
            for event in self.events.values()
            if event.holder is pool.holder
            and event.said.status == "applied"
            and event.message.user == user
            and _month(pool, event.time) == month
        )

    def _set_aside(self, pool: Pool, user: str, month: date, now: datetime) -> int:
        return sum(
            hold.credits
            for hold in self.holds
            if hold.pool is pool
            and hold.user == user
            and hold.ended is None
            and now < hold.expires_at
            and _month(pool, hold.held_at) == month
        )


def _month(pool: Pool, instant: datetime) -> date:
    return pool.holder.day(instant).replace(day=1)
