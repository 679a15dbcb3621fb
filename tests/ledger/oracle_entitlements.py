"""What the oracle knows of access that is bought with credits (V7, R6): revenue runs by the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from tests.ledger.oracle_rows import Event

DAY = timedelta(days=1)


@dataclass(eq=False)
class Access:
    """A feature, or licences, from a day to another, exclusive; `earned` at the ends of months."""

    event: Event
    starts_on: date
    ends_on: date
    bought_at: datetime
    done: set[datetime] = field(default_factory=set)
    earned: int = 0

    @property
    def value(self) -> int:
        return sum(draw.value for draws in self.event.draws.values() for draw in draws)

    def earn(self, until: datetime, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
        """Revenue up to `until` that was not earned yet: (last day, amount) for each end of a month."""
        for instant in self._instants(zone):
            if instant <= until and instant not in self.done:
                self.done.add(instant)
                day_before = (instant - timedelta(microseconds=1)).astimezone(zone).date()
                through = min(day_before, self.ends_on - DAY)
                days = (self.ends_on - self.starts_on).days
                passed = min(max((through - self.starts_on).days + 1, 0), days)
                total = floor(Fraction(self.value * passed, days) + Fraction(1, 2))
                yield through, total - self.earned
                self.earned = total

    def _instants(self, zone: ZoneInfo) -> list[datetime]:
        """The month ends of the books after the purchase, and its own end; that may be past already."""
        end = max(datetime.combine(self.ends_on, time(), zone), self.bought_at)
        found = []
        month = months_later_day(self.bought_at.astimezone(zone).date().replace(day=1), 1)
        while datetime.combine(month, time(), zone) < end:
            found.append(datetime.combine(month, time(), zone))
            month = months_later_day(month, 1)
        return [*found, end]


def months_later_day(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month (T3)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month0 + 1, number)
        except ValueError:
            continue
    raise AssertionError(day)
