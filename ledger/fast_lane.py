"""Does the drawing of plain usage, by the column: whole runs of events placed on their lines at once.

An event is drawn here if nothing about it, its pool or its batch needs a closer look: it lies in its
lines' window, the general line and those of scopes have room for all of the pool's plain events, no
threshold is reached. What seats have left is judged before (`ledger/plain_seats.py`). Everything else takes
the way of single events (`ledger/drawdown.py`), which would have given every plain event the same place, and
every pool the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from creditops.lib.binary import NOTHING, Integers
from ledger import columns, drawdown
from ledger.line import GENERAL, HARD, LATE_AFTER, OBSERVE
from ledger.locked_pools import ENFORCEMENTS, Key, Pools
from ledger.messages import Drawn
from ledger.moving import INSUFFICIENT_CREDITS
from ledger.periods import Months
from ledger.plain_groups import Flags
from ledger.plain_usage import Plain
from ledger.seats import SEAT_LIMIT

_DAY = 86_400_000_000
_LAST = int(np.iinfo(np.int64).max)
# In place of a line: which one it is takes a closer look.
_UNSURE = -1


@dataclass(slots=True)
class Runs:
    """Runs of events drawn on one line, of one layout, posting date and revenue class each (`Drain`).

    `pool` is the place of its pool among the locked ones, `line` the number of the line there, `posted` the
    date's ordinal, `kind` the revenue class; times in microseconds since 1970.
    """

    pool: Integers
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
    """Plain events on their lines: the columns of `plain`, with the credits, the number of the line and the
    place there of each, the runs that they form and the places of the pools that they were drawn from.

    `refused` are those for which there were no credits.
    """

    plain: Plain
    credits: Integers
    number: Integers
    pos: Integers
    pools: Integers
    refused: Plain
    short: Plain
    runs: Runs | None = None

    @property
    def refusals(self) -> Sequence[tuple[str, Plain]]:
        """What was refused, by the code that says why."""
        return ((INSUFFICIENT_CREDITS, self.refused), (SEAT_LIMIT, self.short))

    def drawn(self, batch_id: int) -> Drawn:
        """What the batch's receipt says of them."""
        batch, index = self.plain.batch, self.plain.index.tolist()
        customers = self.plain.customer.tolist()
        return Drawn(batch_id, index, batch.source, batch.key, customers, self.credits.tolist())


@dataclass(frozen=True, slots=True)
class Fit:
    """What becomes of plain events: `drawn` are placed on their lines, `refused` find no credits, `short` too
    few on their seat, all others take a closer look.

    `course` is the line on which each goes: the place of its pool for the general one, those of scopes
    behind them.
    """

    drawn: Flags
    refused: Flags
    short: Flags
    course: Integers

    @property
    def closer(self) -> Flags:
        """Those that take a closer look."""
        found: Flags = ~(self.drawn | self.refused | self.short)
        return found


def pools(plain: Plain) -> set[tuple[int, int, int, int]]:
    """The pools of plain events: (customer, holder, unit, pool), ids each."""
    groups, first = plain.groups, plain.groups.pool_example
    unit = np.array([price.charge.unit_id for price in groups.prices], dtype=np.int64)
    rows = (
        groups.customer[first],
        groups.holder_ids()[first],
        unit[groups.price[first]],
        groups.pool[first],
    )
    return set(zip(*(row.tolist() for row in rows), strict=True))


def aside(plain: Plain, pools: Pools, at: datetime, slow: Collection[Key]) -> Flags:
    """Which plain events take a closer look because of their line: it has to be laid out, begins to count
    seats or only observes, isn't the right one for their time, several lines may pay, or they may have come
    too late.

    Args:
        slow: pools from which other events draw in between.
    """
    if not len(plain):
        return np.zeros(0, dtype=bool)
    states, now = pools.states, columns.microseconds(at)
    stale = (states.relay_at != NOTHING) & (states.relay_at <= now)
    closed = (
        pools.flags(slow)
        | (states.valid_from == NOTHING)
        | (states.layout_no == 0)
        | stale
        | (states.enforcement == ENFORCEMENTS.index(OBSERVE) + 1)
        | ((states.seats_since == NOTHING) & (states.seat_allowance != NOTHING))
    )
    oldest = np.maximum(states.valid_from, now - states.late_window_days * _DAY)
    until = np.where(states.valid_until == NOTHING, _LAST, states.valid_until)
    pool = pools.places(plain.groups.pool)[plain.group]
    found: Flags = (
        closed[pool]
        | (plain.time < oldest[pool])
        | (plain.time >= until[pool])
        | (_courses(plain, pools) == _UNSURE)
    )
    return found


def fits(plain: Plain, pools: Pools, slow: Collection[Key], short: Flags) -> Fit:
    """Which plain events may be drawn here: those of pools that can take all of theirs. And which of them are
    refused without a closer look: those of pools that can take none.

    Args:
        slow: pools from which other events draw in between.
        short: events that their seat refuses, if their pool takes the others.
    """
    course = _courses(plain, pools)
    pool = pools.places(plain.groups.pool)[plain.group]
    asked = np.zeros(len(pools) + len(pools.scopes), dtype=np.int64)
    sure = course != _UNSURE
    asking = sure & ~short
    np.add.at(asked, course[asking], plain.credits[asking])
    open_ = ~pools.flags(slow)
    open_[pool[~sure]] = False
    drawn = _take(pools, asked) & open_
    refused = _refuse(pools, pool, plain) & open_ & ~drawn
    return Fit(drawn[pool] & ~short, refused[pool], drawn[pool] & short, course)


def _refuse(pools: Pools, pool: Integers, plain: Plain) -> Flags:
    """Which pools are for none of these events: hard limits that leave too little for the least of them, no
    scopes, no seats, which say no first, no threshold that was not told yet, and no late use, which is not
    refused (L8).

    `pool`: the place of each event's pool.
    """
    states = pools.states
    least = np.full(len(pools), _LAST)
    np.minimum.at(least, pool, plain.credits)
    age = columns.microseconds(plain.at) - plain.time
    late = np.zeros(len(pools), dtype=bool)
    late[pool[age > LATE_AFTER // columns.MICROSECOND]] = True
    hard = states.enforcement == ENFORCEMENTS.index(HARD) + 1
    told = (states.alert_pos == NOTHING) | (states.consumed < states.alert_pos)
    unscoped = np.bincount(pools.scopes.place, minlength=len(pools)) == 0
    seatless = states.seats_since == NOTHING
    found: Flags = hard & told & ~late & unscoped & seatless & (least > np.maximum(0, _room(pools)))
    return found


def _room(pools: Pools) -> Integers:
    """What each general line may still give (`Line.room`)."""
    states = pools.states
    held = np.maximum(0, states.held - states.scoped_left)
    room: Integers = states.stop_pos - states.consumed - held
    return room


def _take(pools: Pools, asked: Integers) -> Flags:
    """Which pools can give so many credits, by line, without a closer look at anything: whatever comes first,
    holds are kept aside and no threshold is reached."""
    states, scopes = pools.states, pools.scopes
    general, beside = asked[: len(pools)], asked[len(pools) :]
    scoped = np.zeros(len(pools), dtype=np.int64)
    np.add.at(scoped, scopes.place, beside)
    quiet = (states.alert_pos == NOTHING) | (states.consumed + general + scoped < states.alert_pos)
    rest = np.maximum(0, states.limit_pos - states.consumed)
    free = (scoped == 0) | (states.held == 0) | (states.held <= rest - general)
    found: Flags = (general <= _room(pools)) & quiet & free
    found[scopes.place[beside > np.maximum(0, scopes.limit_pos - scopes.consumed)]] = False
    return found


def place(plain: Plain, fit: Fit, pools: Pools, months: Months, zone: str) -> Placed:
    """Draw plain events that fit, each line's in the order of their times."""
    refused, short = plain.only(fit.refused), plain.only(fit.short)
    plain, course = plain.only(fit.drawn), fit.course[fit.drawn]
    credits = plain.credits
    if not len(plain):
        return Placed(plain, credits, course, credits, course, refused, short)
    states, scopes, lines = pools.states, pools.scopes, len(pools)
    order = np.lexsort((plain.index, plain.time, course))
    taken, on = credits[order], course[order]
    ends = np.cumsum(taken)
    starts = np.flatnonzero(np.diff(on, prepend=_UNSURE))
    last = np.append(starts[1:], len(order)) - 1
    before = np.concatenate((states.consumed, scopes.consumed))[on[starts]]
    shift = before - (ends[starts] - taken[starts])
    pos = np.empty(len(plain), dtype=np.int64)
    pos[order] = ends - taken + np.repeat(shift, last - starts + 1)
    drawn, after = on[starts], ends[last] + shift
    general = drawn < lines
    states.consumed[drawn[general]] = after[general]
    rows = drawn[~general] - lines
    scopes.consumed[rows] = after[~general]
    np.add.at(pools.scoped_used, scopes.place[rows], (after - before)[~general])
    pool = np.concatenate((np.arange(lines), scopes.place))
    _see(pools, pool[drawn], plain.time[order][last], plain.at)
    of_line = np.concatenate((np.full(lines, GENERAL), scopes.number))
    moved = np.unique(pool[drawn])
    pools.push(moved.tolist())
    runs = _runs(plain, order, taken, pos[order], on, months, zone)
    if runs is not None:
        runs.pool, runs.line = pool[runs.line], of_line[runs.line]
    return Placed(plain, credits, of_line[course], pos, moved, refused, short, runs)


def _see(pools: Pools, drawn: Integers, newest: Integers, at: datetime) -> None:
    """Note the newest time of each line's events: only from then on the counters are a balance (T8)."""
    ahead = newest > columns.microseconds(at)
    np.maximum.at(pools.states.current_from, drawn[ahead], newest[ahead])


def _courses(plain: Plain, pools: Pools) -> Integers:
    """The line on which each event goes: the place of its pool for the general one, those of scopes behind
    them (`Line.course_of`)."""
    groups, scopes = plain.groups, pools.scopes
    found = pools.places(groups.pool)
    if not len(scopes):
        return found[plain.group]
    first = np.searchsorted(scopes.place, found)
    number = np.searchsorted(scopes.place, found, side="right") - first
    meters = groups.meter_ids()
    for group in np.flatnonzero(number > 1).tolist():
        key = groups.pools[groups.pool_number[group]]
        course = pools[key].course_of(int(meters[group]))
        number_of = _UNSURE if course is None else course.number
        rows = first[group] + np.arange(number[group])
        if number_of != GENERAL:
            found[group] = (
                _UNSURE
                if number_of == _UNSURE
                else len(pools) + rows[scopes.number[rows] == number_of][0]
            )
    single = np.flatnonzero(number == 1)
    row = first[single]
    covers = _covers(pools, meters)[scopes.meters[row], single]
    beside = scopes.beside[row] > 0
    found[single[covers & beside]] = _UNSURE
    paying = covers & ~beside & (scopes.limit_pos[row] > scopes.consumed[row])
    found[single[paying]] = len(pools) + row[paying]
    return found[plain.group]


def _covers(pools: Pools, meters: Integers) -> Flags:
    """Per set of meters and group whether the set has the group's meter."""
    return np.stack([np.isin(meters, list(covered)) for covered in pools.scopes.meter_sets])


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
        line: the line it was drawn on, whatever numbers it.
    """
    drawn = np.flatnonzero(taken > 0)
    if not len(drawn):
        return None
    classes = [drawdown.revenue_class([price.charge]) for price in plain.groups.prices]
    kinds = sorted(set(classes))
    of_price = np.array([kinds.index(each) for each in classes], dtype=np.int64)
    kind = of_price[plain.groups.price][plain.group][order][drawn]
    day, days = columns.days(plain.time, zone)
    ordinals = [months.posting_date(each).toordinal() for each in days]
    posted = np.array(ordinals, dtype=np.int64)[day][order][drawn]
    changes = np.diff(np.stack((line[drawn], posted, kind))) != 0
    begins = np.flatnonzero(np.append(True, changes.any(axis=0)))
    ends = np.append(begins[1:], len(drawn)) - 1
    time = plain.time[order][drawn]
    return Runs(
        line[drawn[begins]],
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
    return set(columns.days(plain.time, zone)[1])
