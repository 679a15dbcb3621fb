"""Does the drawing of plain usage, by the column: whole runs of events placed on their lines at once.

An event is drawn here if nothing about it, its pool or its batch needs a closer look: it lies in its
line's window, the line has room for all of the pool's plain events, no threshold is reached, no seat is
counted. Everything else takes the way of single events (`ledger/drawdown.py`), which would have given
every plain event the same place, and every pool the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from creditops.lib import calendar, sql
from creditops.lib.binary import Integers
from ledger import columns, drawdown
from ledger.line import OBSERVE, Line
from ledger.messages import Drawn
from ledger.periods import Months
from ledger.plain_usage import Flags, Groups, Plain

Key = tuple[int, int]

# Clocks of the world have always differed by whole multiples of this.
_STEP = 30_000_000
_LAST = np.iinfo(np.int64).max


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
    that they form and the lines that they moved on."""

    plain: Plain
    credits: Integers
    pos: Integers
    runs: Runs | None = None
    lines: Sequence[Line] = ()

    def drawn(self, batch_id: int) -> Drawn:
        """What the batch's receipt says of them."""
        batch, index = self.plain.batch, self.plain.index.tolist()
        customers = self.plain.customer.tolist()
        return Drawn(batch_id, index, batch.source, batch.key, customers, self.credits.tolist())


def pools(plain: Plain) -> set[tuple[int, int, int, int]]:
    """The pools of plain events: (customer, holder, unit, pool), ids each."""
    groups = plain.groups
    unit = np.array([price.charge.unit_id for price in groups.prices], dtype=np.int64)[groups.price]
    rows = np.stack((groups.customer, groups.holder_ids(), unit, groups.pool), axis=1)
    return set(map(tuple, rows[np.unique(plain.group)].tolist()))


def aside(plain: Plain, lines: Mapping[Key, Line], at: datetime, slow: Collection[Key]) -> Flags:
    """Which plain events take a closer look because of their line: it has to be laid out, counts seats
    or only observes, isn't the right one for their time, a scoped block may pay before it, or they may
    have come too late.

    Args:
        lines: locked, by (customer id, pool id).
        slow: pools from which other events draw in between.
    """
    groups = plain.groups
    own, number = _pools_of(groups)
    spans = [(_LAST, 0) if key in slow else _span(lines[key], at) for key in own]
    of_group = np.array(spans, dtype=np.int64).reshape(-1, 2)[number]
    since, until = of_group[:, 0][plain.group], of_group[:, 1][plain.group]
    found: Flags = (plain.time < since) | (plain.time >= until)
    scoped = _scoped_meters([key for key in own if lines[key].scoped])
    if scoped:
        pairs = zip(groups.meter_ids().tolist(), groups.pool.tolist(), strict=True)
        in_scope = [meter in scoped.get(pool, ()) for meter, pool in pairs]
        found |= np.array(in_scope, dtype=bool)[plain.group]
    return found


def _pools_of(groups: Groups) -> tuple[list[Key], Integers]:
    """The pools of groups, and which of them each one's is."""
    _, first, number = np.unique(groups.pool, return_index=True, return_inverse=True)
    customers, ids = groups.customer[first].tolist(), groups.pool[first].tolist()
    return list(zip(customers, ids, strict=True)), number


def _span(line: Line, at: datetime) -> tuple[int, int]:
    """The times, from and before, of events that may go on a line without a closer look."""
    window = line.window
    if (
        window.since is None
        or line.stale(at)
        or line.rules.enforcement == OBSERVE
        or line.seats_since is not None
        or line.rules.seat_allowance is not None
    ):
        return _LAST, 0
    oldest = max(window.since, at - line.rules.late_window)
    end = _LAST if window.until is None else columns.microseconds(window.until)
    return columns.microseconds(oldest), end


def fits(plain: Plain, lines: Mapping[Key, Line], at: datetime, slow: Collection[Key]) -> Flags:
    """Which plain events may be drawn here: those of pools that can take all of theirs.

    Args:
        lines: locked, by (customer id, pool id).
        slow: pools from which other events draw in between.
    """
    credits, pool = plain.credits, plain.pool
    order = np.argsort(pool, kind="stable")
    starts = np.flatnonzero(np.diff(pool[order], prepend=-1))
    if not len(order):
        return np.zeros(0, dtype=bool)
    totals = np.add.reduceat(credits[order], starts)
    customer = plain.customer[order][starts]
    pools = list(zip(customer.tolist(), pool[order][starts].tolist(), strict=True))
    good = [
        key not in slow and _takes(lines[key], total, at)
        for key, total in zip(pools, totals.tolist(), strict=True)
    ]
    sizes = np.diff(np.append(starts, len(order)))
    found = np.empty(len(plain), dtype=bool)
    found[order] = np.repeat(np.array(good, dtype=bool), sizes)
    return found


def place(plain: Plain, lines: Mapping[Key, Line], months: Months, zone: str) -> Placed:
    """Draw plain events that fit, each pool's in the order of their times."""
    credits, pool = plain.credits, plain.pool
    if not len(plain):
        return Placed(plain, credits, credits)
    order = np.lexsort((plain.index, plain.time, pool))
    taken, owner = credits[order], pool[order]
    ends = np.cumsum(taken)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    firsts = order[starts]
    keys = zip(plain.customer[firsts].tolist(), owner[starts].tolist(), strict=True)
    of_pool = [lines[key] for key in keys]
    sizes = np.diff(np.append(starts, len(order)))
    before = ends[starts] - taken[starts]
    shift = np.array([line.consumed for line in of_pool], dtype=np.int64) - before
    pos = np.empty(len(plain), dtype=np.int64)
    pos[order] = ends - taken + np.repeat(shift, sizes)
    number = np.repeat(np.arange(len(starts)), sizes)
    last = starts + sizes - 1
    newest = plain.time[order][last].tolist()
    for line, end, time in zip(of_pool, (ends[last] + shift).tolist(), newest, strict=True):
        line.consumed = end
        line.has_seen(columns.instant(time))
    runs = _runs(plain, order, taken, pos[order], number, months, zone)
    return Placed(plain, credits, pos, runs, of_pool)


def _takes(line: Line, credits: int, at: datetime) -> bool:
    """Whether a line can take so many credits without a closer look at anything."""
    reached = line.consumed + credits
    return not (
        (line.scoped and line.held)
        or credits > line.room(at)
        or (line.alert_pos is not None and reached >= line.alert_pos)
    )


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
        order: the events in the order of pool and time; the columns after it are in that order.
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


def _scoped_meters(pools: Sequence[Key]) -> dict[int, list[int]]:
    if not pools:
        return {}
    rows = sql.rows(
        "ledger", "scoped_meters", customers=[c for c, _ in pools], pools=[p for _, p in pools]
    )
    return dict(rows)
