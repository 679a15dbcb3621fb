"""Answers with what every report is made of: tables with figures as they are, checks, notes, pictures.

Figures stay integers until a page or a file writes them: money in minor units of the report's currency,
credits as whole numbers, shares as exact fractions.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from creditops.lib import calendar, clock
from creditops.lib.refusals import Refusal
from ledger import books

Cell = str | int | Fraction | date | None


class Shape(enum.Enum):
    """What stands in a column; a name is a short text that stays on one line."""

    TEXT = "text"
    NAME = "name"
    MONEY = "money"
    COUNT = "count"
    DAY = "day"
    PERCENT = "percent"


@dataclass(frozen=True)
class Column:
    """A column: its head, and what stands in it."""

    title: str
    shape: Shape = Shape.TEXT

    @property
    def is_figure(self) -> bool:
        """Whether it is set to the right."""
        return self.shape in (Shape.MONEY, Shape.COUNT, Shape.PERCENT)


def texts(*titles: str) -> tuple[Column, ...]:
    """Columns of text."""
    return tuple(Column(title) for title in titles)


def codes(*titles: str) -> tuple[Column, ...]:
    """Columns of short names: codes, reps, plans."""
    return tuple(Column(title, Shape.NAME) for title in titles)


def moneys(*titles: str) -> tuple[Column, ...]:
    """Columns of money."""
    return tuple(Column(title, Shape.MONEY) for title in titles)


def counts(*titles: str) -> tuple[Column, ...]:
    """Columns of credits, or numbers of things."""
    return tuple(Column(title, Shape.COUNT) for title in titles)


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Attributes:
        rows: a cell per column.
        sums: a last row, if there is one.
        empty: what is said where there are no rows.
        links: addresses of the rows' first cells, in their order; "" is none.
        currency: of its money; None: the report's.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    sums: Sequence[Cell] = ()
    empty: str = "Nothing."
    links: Sequence[str] = ()
    currency: str | None = None


def summed(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], label: str = "Total"
) -> list[Cell]:
    """The sums of a table: of every column of money and credits, `label` in the first."""
    sums: list[Cell] = [label]
    for number, column in enumerate(columns[1:], start=1):
        adds = column.shape in (Shape.MONEY, Shape.COUNT)
        sums.append(sum_of(rows, number) if adds else "")
    return sums


def sum_of(rows: Sequence[Sequence[Cell]], column: int) -> int:
    """The sum of a column of whole numbers; cells without one count nothing."""
    return sum(cell for row in rows if isinstance(cell := row[column], int))


@dataclass(frozen=True)
class Check:
    """A sum of the report beside what the ledger says, in minor units; equal, or `why` they may not be."""

    what: str
    here: int
    account: str
    ledger: int
    why: str = ""

    @property
    def difference(self) -> int:
        """What is missing; 0: it ties."""
        return self.here - self.ledger


@dataclass(frozen=True)
class Picture:
    """A picture of a report: what it shows, and the drawing as safe HTML."""

    title: str
    drawing: str


@dataclass(frozen=True)
class Report:
    """A report, made."""

    currency: str
    tables: Sequence[Table]
    checks: Sequence[Check] = ()
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()

    @property
    def ties(self) -> bool:
        """Whether every check does."""
        return not any(check.difference for check in self.checks)


@dataclass(frozen=True)
class Asked:
    """What is asked: the days from `first` through `last` (a report as of a day takes `last`), as known at
    `known_at`, grouped `by` one of the report's groups. `remembered` says that somebody asked for a time of
    knowing: else it is now."""

    first: date
    last: date
    known_at: datetime
    by: str = ""
    remembered: bool = False

    @property
    def month(self) -> str:
        """The month of its last day, `2026-06`."""
        return f"{self.last:%Y-%m}"


class Span(enum.Enum):
    """Whether a report is over a time or as of a day."""

    TIME = "time"
    DAY = "day"


@dataclass(frozen=True)
class Kind:
    """A report that can be asked for.

    Attributes:
        name: in its address.
        about: a sentence for whoever opens it.
        make: answers it.
        groups: by what it can be grouped, name -> words; the first is the default.
        verb: what somebody has to be allowed beside reading reports; empty: nothing.
    """

    name: str
    title: str
    about: str
    span: Span
    make: Callable[[Asked], Report]
    groups: Mapping[str, str] = field(default_factory=dict)
    verb: str = ""


def read(kind: Kind, given: Mapping[str, str]) -> Asked:
    """What an address asks of a report: `month` or `from` and `to`, or `as_of`; `known_at`, `by`.

    By default the month that ended last, as known now. Raises Refusal `report_unreadable`.
    """
    now = clock.now()
    today = books.date_of(now, books.current(now))
    month = calendar.add_months(calendar.month_start(today), -1)
    try:
        if given.get("month"):
            month = date.fromisoformat(f"{given['month']}-01")
        end = calendar.add_months(month, 1) - timedelta(days=1)
        first = _day(given.get("from"), month)
        last = _day(given.get("as_of") or given.get("to"), max(first, end))
        known = given.get("known_at")
        known_at = _instant(known) if known else now
    except (ValueError, OverflowError) as error:
        raise Refusal(
            "report_unreadable", "Write days as 2026-06-30, a month as 2026-06.", unreadable=True
        ) from error
    if kind.span is Span.DAY:
        first = min(first, last)
    by = given.get("by") or next(iter(kind.groups), "")
    if (
        first > last
        or (kind.groups and by not in kind.groups)
        or not 1970 < first.year <= last.year < 9998
    ):
        raise Refusal(
            "report_unreadable", "The last day comes before the first, or there is no such group.",
            unreadable=True,
        )  # fmt: skip
    return Asked(first, last, min(known_at, now), by if kind.groups else "", bool(known))


def _day(text: str | None, default: date) -> date:
    return date.fromisoformat(text) if text else default


def _instant(text: str) -> datetime:
    """An instant; without an offset it is in UTC, as the desk's forms say."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=clock.now().tzinfo)
