"""Answers when things begin and end: months from an anchor, local midnights, lives of credits.

Rules T1 to T6. Every period is half-open, `[start, end)`; instants are UTC, dates are local to a zone.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

ValidityRule = Literal["CALENDAR_MONTH", "ANNIVERSARY"]

# The smallest step of an instant: databases and Python agree on microseconds (T1).
TICK = timedelta(microseconds=1)


def add_months(anchor: date, months: int) -> date:
    """`anchor` + `months`, the day clamped to the month's last, always from the anchor (T3).

    31 January + 1 is 28 February, + 2 is 31 March: never chain this from its own result.
    """
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(anchor.day, last))


def months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`: the largest n with add_months(start, n) <= end."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


def local_midnight(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC (T4).

    Where clocks jump over midnight it is the first instant after the gap; where midnight comes
    twice it is the earlier one.
    """
    return local_instant(datetime.combine(day, time()), zone)


def local_instant(wall: datetime, zone: str) -> datetime:
    """The instant of wall-clock time `wall` (naive) in `zone`, in UTC; gaps and folds as in T4."""
    info = ZoneInfo(zone)
    instant = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
    if instant.astimezone(info).replace(tzinfo=None) == wall:
        return instant
    # In a gap fold=0 lands after it by the gap's width and fold=1 before it: look for its end.
    before = wall.replace(tzinfo=info, fold=1).astimezone(UTC)
    after = instant
    offset_after = after.astimezone(info).utcoffset()
    while after - before > TICK:
        middle = before + (after - before) / 2
        if middle.astimezone(info).utcoffset() == offset_after:
            after = middle
        else:
            before = middle
    return after


def local_date(instant: datetime, zone: str) -> date:
    """The date that `instant` has in `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def last_day(end: datetime, zone: str) -> date:
    """The last usable local date of something that ends at `end`, exclusive (T2)."""
    return local_date(end - TICK, zone)


def day_before(day: date) -> date:
    """The day before: the last day of something that ends on `day`, exclusive."""
    return day - timedelta(days=1)


def days_passed(starts_on: date, ends_on: date, through: date) -> int:
    """How many days of `[starts_on, ends_on)` have passed with `through`."""
    return min(max((through - starts_on).days + 1, 0), (ends_on - starts_on).days)


def month_start(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def expires_at(purchased: datetime, rule: ValidityRule, months: int, zone: str) -> datetime:
    """When credits bought at `purchased` end, exclusive (T5).

    CALENDAR_MONTH counts the month of purchase as month 1 and ends at local midnight of the first
    day of month 1 + `months`; ANNIVERSARY ends at the same wall-clock time `months` later, clamped.
    """
    if rule == "CALENDAR_MONTH":
        first = month_start(local_date(purchased, zone))
        return local_midnight(add_months(first, months), zone)
    wall = purchased.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    end = add_months(wall.date(), months)
    return local_instant(wall.replace(year=end.year, month=end.month, day=end.day), zone)
