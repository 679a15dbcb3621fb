"""Does the drawing of plain usage, by the column: whole runs of events placed on their lines at once.

An event is drawn here if nothing about it, its pool or its batch needs a closer look: it lies in its
lines' window, the general line and those of scopes have room for all of the pool's plain events, no
threshold is reached, no seat is counted. Everything else takes the way of single events
(`ledger/drawdown.py`), which would have given every plain event the same place, and every pool the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from creditops.lib import calendar
from creditops.lib.binary import Integers
from ledger import columns, drawdown
from ledger.line import GENERAL, OBSERVE, Course, Line
from ledger.messages import Drawn
from ledger.periods import Months
from ledger.plain_groups import Flags
from ledger.plain_usage import Plain

Key = tuple[int, int]

# Clocks of the world have always differed by whole multiples of this.
_STEP = 30_000_000
_LAST = int(np.iinfo(np.int64).max)
_EVER, _NEVER = (-_LAST, _LAST), (_LAST, 0)
# In place of the number of a line: which one it is takes a closer look.
_UNSURE = -1


@dataclass(slots=True)
class Runs:
    """Runs of events drawn on one line, of one layout, posting date and revenue class each (`Drain`).

    `line` is which of the lines, `posted` the date's ordinal, `kind` the revenue class; times in
    microseconds since 1970.
    """

    line: Integers
    pos: Integers
    pos_end: Integers
    events: Integers
    posted: Integers
    kind: Sequence[str]
    since: Integers
    until: Integers


@dataclass(slots=True)
class Placed:
    """Plain events on their lines: the columns of `plain`, with the credits and place of each, the runs
    that they form and what they moved on: pools, and the lines of these."""

    plain: Plain
    credits: Integers
    number: Integers
    pos: Integers
    runs: Runs | None = None
    courses: Sequence[tuple[Line, Course]] = ()

    @property
    def pools(self) -> list[Line]:
        """The pools that were drawn from, each once."""
        return list({id(line): line for line, _ in self.courses}.values())

    def drawn(self, batch_id: int) -> Drawn:
        """What the batch's receipt says of them."""
        batch, index = self.plain.batch, self.plain.index.tolist()
        customers = self.plain.customer.tolist()
        return Drawn(batch_id, index, batch.source, batch.key, customers, self.credits.tolist())


def pools(plain: Plain) -> set[tuple[int, int, int, int]]:
    """The pools of groups of plain events: (customer, holder, unit, pool), ids each."""
    groups = plain.groups
    unit = np.array([price.charge.unit_id for price in groups.prices], dtype=np.int64)[groups.price]
    rows = np.stack((groups.customer, groups.holder_ids(), unit, groups.pool), axis=1)
    return set(map(tuple, rows.tolist()))


def aside(plain: Plain, lines: Mapping[Key, Line], at: datetime, slow: Collection[Key]) -> Flags:
    """Which plain events take a closer look because of their line: it has to be laid out, counts seats
    or only observes, isn't the right one for their time, several lines may pay, or they may have come too
    late.

    Args:
        lines: locked, by (customer id, pool id).
        slow: pools from which other events draw in between.
    """
    if not len(plain):
        return np.zeros(0, dtype=bool)
    groups = plain.groups
    first, last = (columns.instant(int(end)) for end in (plain.time.min(), plain.time.max()))
    spans = [_NEVER if key in slow else _span(lines[key], at, first, last) for key in groups.pools]
    of_group = np.array(spans, dtype=np.int64).reshape(-1, 2)[groups.pool_number]
    since, until = of_group[:, 0][plain.group], of_group[:, 1][plain.group]
    found: Flags = (
        (plain.time < since) | (plain.time >= until) | (_numbers(plain, lines) == _UNSURE)
    )
    return found


def _span(line: Line, at: datetime, first: datetime, last: datetime) -> tuple[int, int]:
    """The times, from and before, of events that may go on a line without a closer look, as far as events
    lie between `first` and `last`."""
    window, rules = line.window, line.rules
    if (
        window.since is None
        or line.stale(at)
        or rules.enforcement == OBSERVE
        or line.seats_since is not None
        or rules.seat_allowance is not None
    ):
        return _NEVER
    oldest = max(window.since, at - rules.late_window)
    if oldest <= first and (window.until is None or last < window.until):
        return _EVER
    end = _LAST if window.until is None else columns.microseconds(window.until)
    return columns.microseconds(oldest), end


def fits(plain: Plain, lines: Mapping[Key, Line], slow: Collection[Key]) -> tuple[Flags, Integers]:
    """Which plain events may be drawn here: those of pools that can take all of theirs. And the number of the
    line on which each goes.

    Args:
        lines: locked, by (customer id, pool id).
        slow: pools from which other events draw in between.
    """
    number = _numbers(plain, lines)
    if not len(plain):
        return np.zeros(0, dtype=bool), number
    pool = plain.groups.pool_number[plain.group]
    order = np.lexsort((number, pool))
    starts = _starts(pool[order], number[order])
    totals = np.add.reduceat(plain.credits[order], starts).tolist()
    asked: dict[int, dict[int, int]] = {}
    for of, line, total in zip(
        pool[order][starts].tolist(), number[order][starts].tolist(), totals, strict=True
    ):
        asked.setdefault(of, {})[line] = total
    good = np.zeros(len(plain.groups.pools), dtype=bool)
    for of, credits in asked.items():
        key = plain.groups.pools[of]
        good[of] = key not in slow and _takes(lines[key], credits)
    return good[pool], number


def place(
    plain: Plain, number: Integers, lines: Mapping[Key, Line], months: Months, zone: str
) -> Placed:
    """Draw plain events that fit, each line's in the order of their times.

    Args:
        number: of the line on which each goes.
    """
    credits, pool = plain.credits, plain.groups.pool_number[plain.group]
    if not len(plain):
        return Placed(plain, credits, number, credits)
    order = np.lexsort((plain.index, plain.time, number, pool))
    taken = credits[order]
    ends = np.cumsum(taken)
    starts = _starts(pool[order], number[order])
    firsts = order[starts]
    drawn = [lines[plain.groups.pools[of]] for of in pool[firsts].tolist()]
    courses: list[tuple[Line, Course]] = [
        (line, line.courses[which] if which else line)
        for line, which in zip(drawn, number[firsts].tolist(), strict=True)
    ]
    sizes = np.diff(np.append(starts, len(order)))
    before = ends[starts] - taken[starts]
    shift = np.array([course.consumed for _, course in courses], dtype=np.int64) - before
    pos = np.empty(len(plain), dtype=np.int64)
    pos[order] = ends - taken + np.repeat(shift, sizes)
    last = starts + sizes - 1
    newest, received = plain.time[order][last].tolist(), columns.microseconds(plain.at)
    for (line, course), end, time in zip(
        courses, (ends[last] + shift).tolist(), newest, strict=True
    ):
        if course is not line:
            line.use_scoped(end - course.consumed)
        course.consumed = end
        if time > received:
            line.has_seen(columns.instant(time))
    run = np.repeat(np.arange(len(starts)), sizes)
    runs = _runs(plain, order, taken, pos[order], run, months, zone)
    return Placed(plain, credits, number, pos, runs, courses)


def _takes(line: Line, asked: Mapping[int, int]) -> bool:
    """Whether a pool can take so many credits, by the number of the line, without a closer look at anything:
    whatever comes first, holds are kept aside and no threshold is reached."""
    general = asked.get(GENERAL, 0)
    if general > line.room:
        return False
    if line.alert_pos is not None and line.consumed + sum(asked.values()) >= line.alert_pos:
        return False
    beside = {number: credits for number, credits in asked.items() if number != GENERAL}
    return not beside or _scopes_take(line, beside, general)


def _scopes_take(line: Line, asked: Mapping[int, int], general: int) -> bool:
    """Whether the lines of a pool's scopes can take so many credits, by their numbers, and its general line
    those that it is asked for, holds kept aside."""
    if _UNSURE in asked:
        return False
    if any(credits > line.courses[number].rest for number, credits in asked.items()):
        return False
    drawn = any(asked.values())
    return not (drawn and line.held and line.held > line.rest - general)


def _numbers(plain: Plain, lines: Mapping[Key, Line]) -> Integers:
    """The number of the line on which each event goes."""
    groups = plain.groups
    with_scopes = np.array([bool(lines[key].scopes) for key in groups.pools], dtype=bool)
    found = np.full(len(groups.pool), GENERAL)
    meters = groups.meter_ids()
    for group in np.flatnonzero(with_scopes[groups.pool_number]).tolist():
        line = lines[groups.pools[groups.pool_number[group]]]
        course = line.course_of(int(meters[group]))
        found[group] = _UNSURE if course is None else course.number
    return found[plain.group]


def _starts(pool: Integers, number: Integers) -> Integers:
    """Where another line begins, along events in the order of pools and of their lines."""
    return np.flatnonzero(np.diff(pool, prepend=-1) | np.diff(number, prepend=_UNSURE - 1))


def _runs(
    plain: Plain,
    order: Integers,
    taken: Integers,
    pos: Integers,
    line: Integers,
    months: Months,
    zone: str,
) -> Runs | None:
    """The runs in which events that cost something were drawn, as `Line.advance` would make them.

    Args:
        order: the events in the order of line and time; the columns after it are in that order.
        taken, pos: credits and place of each.
        line: the number of the line it was drawn on.
    """
    drawn = np.flatnonzero(taken > 0)
    if not len(drawn):
        return None
    classes = [drawdown.revenue_class([price.charge]) for price in plain.groups.prices]
    kinds = sorted(set(classes))
    of_price = np.array([kinds.index(each) for each in classes], dtype=np.int64)
    kind = of_price[plain.groups.price][plain.group][order][drawn]
    day, days = _days(plain.time, zone)
    ordinals = [months.posting_date(each).toordinal() for each in days]
    posted = np.array(ordinals, dtype=np.int64)[day][order][drawn]
    changes = np.diff(np.stack((line[drawn], posted, kind))) != 0
    begins = np.flatnonzero(np.append(True, changes.any(axis=0)))
    ends = np.append(begins[1:], len(drawn)) - 1
    time = plain.time[order][drawn]
    return Runs(
        line[drawn[begins]],
        pos[drawn[begins]],
        pos[drawn[ends]] + taken[drawn[ends]],
        ends - begins + 1,
        posted[begins],
        [kinds[k] for k in kind[begins].tolist()],
        time[begins],
        time[ends],
    )


def dates(plain: Plain, zone: str) -> set[date]:
    """The dates of plain events in a zone."""
    return set(_days(plain.time, zone)[1])


def _days(time: Integers, zone: str) -> tuple[Integers, list[date]]:
    """Per event which of the dates is its own, and the dates."""
    steps, step = np.unique(time // _STEP, return_inverse=True)
    found = [calendar.local_date(columns.instant(s * _STEP), zone) for s in steps.tolist()]
    return step, found
