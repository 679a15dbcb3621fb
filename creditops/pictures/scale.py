"""Answers where figures lie on an axis, and which of them to write beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

from creditops.lib import calendar

_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)
_DAYS_OF_MONTH = 30
_SHORT_DAYS = 75


@dataclass(frozen=True)
class Scale:
    """Maps whole numbers `low`..`high` onto coordinates `start`..`end`, straight."""

    low: int
    high: int
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The coordinate of `value`."""
        span = max(self.high - self.low, 1)
        return self.start + (self.end - self.start) * (value - self.low) / span

    def of_day(self, day: date) -> float:
        """The coordinate of a day, where the scale is one of days."""
        return self(day.toordinal())


def days(first: date, last: date, start: float, end: float) -> Scale:
    """A scale of days."""
    return Scale(first.toordinal(), last.toordinal(), start, end)


def ticks(low: int, high: int, about: int = 4) -> list[int]:
    """Round whole numbers that span `low`..`high` in about that many steps of 1, 2 or 5."""
    rough = max((high - low) // about, 1)
    magnitude = 10 ** (len(str(rough)) - 1)
    step = next(f * magnitude for f in (1, 2, 5, 10) if f * magnitude >= rough)
    return list(range(low // step * step, high + step, step))


def day_ticks(first: date, last: date, about: int) -> list[date]:
    """First days of months, or of weeks in a short time: at most about that many."""
    length = (last - first).days
    if length <= _SHORT_DAYS:
        step = next(s for s in (1, 2, 7, 14, 28, _SHORT_DAYS) if length // s <= about)
        return [first + timedelta(days=n) for n in range(0, length + 1, step)]
    months = next(
        (s for s in _MONTH_STEPS if length // (s * _DAYS_OF_MONTH) <= about), _MONTH_STEPS[-1]
    )
    month = calendar.month_start(first)
    wanted = (calendar.add_months(month, n) for n in range(length))
    upto = takewhile(lambda day: day <= last, wanted)
    return [day for day in upto if day >= first and (day.month - 1 + 12 * day.year) % months == 0]


def short(number: int) -> str:
    """A number for an axis: 950, 12k, 1.5M."""
    for size, sign in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if abs(number) >= size:
            tenths = round(number * 10 / size)
            return f"{tenths / 10:.1f}".removesuffix(".0") + sign
    return str(number)


def day_labels(first: date, last: date, about: int) -> list[tuple[date, str]]:
    """The days of `day_ticks` with their words: a year stands at the first, and at each January."""
    ticks = day_ticks(first, last, about)
    if (last - first).days <= _SHORT_DAYS:
        return [(day, f"{day:%-d %b}") for day in ticks]
    return [
        (day, f"{day:%b %Y}" if n == 0 or ticks[n - 1].year != day.year else f"{day:%b}")
        for n, day in enumerate(ticks)
    ]


def in_words(day: date) -> str:
    """A day in a sentence: 3 Mar 2026."""
    return f"{day:%-d %b %Y}"
