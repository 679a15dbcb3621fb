"""Answers which plain events find too little on their seat, by the column, and what the others draw there.

An allowance is judged event by event in the order of their times (`ledger/drawdown.py`). Where a seat has
enough for all of its events that is one sum; only the events of the others are gone through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from creditops.lib import binary, calendar
from creditops.lib.binary import NOTHING, Integers
from ledger import columns
from ledger.line import LATE_AFTER
from ledger.locked_pools import Pools
from ledger.plain_groups import Flags
from ledger.plain_usage import Plain

_NO_SEAT = -1


@dataclass(frozen=True, slots=True)
class Seated:
    """Plain events on their seats: a user of a pool in a month.

    Attributes:
        seat: which of the seats each event draws on; -1 where its pool counts none, or nobody is named.
        short: events for which their seat has too little left.
        customer, pool, month, user: of each seat; ids, and the month's first day in days since 1970.
    """

    seat: Integers
    short: Flags
    customer: Integers
    pool: Integers
    month: Integers
    user: Integers

    def drawn(self, chosen: Flags, credits: Integers) -> tuple[Integers, ...]:
        """What the chosen events draw of each seat, as `seats.Seats.draw_all` counts it; `credits` of
        each event."""
        counted = chosen & (self.seat != _NO_SEAT)
        sums = np.zeros(len(self.user), dtype=np.int64)
        np.add.at(sums, self.seat[counted], credits[counted])
        seats = np.flatnonzero(sums)
        key = (self.customer[seats], self.pool[seats], self.month[seats], self.user[seats])
        return (*key, sums[seats])


def judge(plain: Plain, pools: Pools) -> Seated:
    """Find the seats of plain events and judge them, if all these events, and nobody else, draw from the
    pools of seats; one query where there are seats.

    Args:
        plain: events whose users have their numbers.
        pools: theirs, locked, their columns up to date.
    """
    states = pools.states
    place = pools.places(plain.groups.pool)[plain.group]
    since = states.seats_since[place]
    chosen = np.flatnonzero((since != NOTHING) & (plain.user > 0))
    month = _months(plain, chosen)
    counted = month >= since[chosen]
    chosen, month = chosen[counted], month[counted]
    seat, (of_pool, of_month, of_user) = _numbered(place[chosen], month, plain.user[chosen])
    seated = Seated(
        np.full(len(plain), _NO_SEAT), np.zeros(len(plain), dtype=bool),
        states.customer_id[of_pool], states.pool_id[of_pool], of_month, of_user,
    )  # fmt: skip
    if len(chosen):
        seated.seat[chosen] = seat
        allowance = states.seat_allowance[of_pool]
        left = np.where(allowance == NOTHING, NOTHING, allowance - _taken(seated, plain))
        _refuse(plain, seated, left)
    return seated


def _refuse(plain: Plain, seated: Seated, left: Integers) -> None:
    """Mark the events for which their seat has too little, in the order of their times; late use passes
    (L18, L20). `left` of each seat, `NOTHING` where there is no allowance."""
    credits, at = plain.credits, columns.microseconds(plain.at)
    asked = np.zeros(len(left), dtype=np.int64)
    on = seated.seat != _NO_SEAT
    np.add.at(asked, seated.seat[on], credits[on])
    tight = (left != NOTHING) & (asked > left)
    looked_at = np.flatnonzero(np.append(tight, False)[seated.seat])  # without a seat: the last
    in_order = looked_at[np.lexsort((plain.index[looked_at], plain.time[looked_at]))]
    rest = left.tolist()
    late = at - plain.time > LATE_AFTER // columns.MICROSECOND
    for event, seat, cost, passes in zip(
        in_order.tolist(), seated.seat[in_order].tolist(), credits[in_order].tolist(),
        late[in_order].tolist(), strict=True,
    ):  # fmt: skip
        if cost and not passes and cost > rest[seat]:
            seated.short[event] = True
        else:
            rest[seat] -= cost


def _taken(seated: Seated, plain: Plain) -> Integers:
    """What is gone of each seat already."""
    with binary.columns(
        "ledger",
        "seats_taken",
        customers=binary.bigints(seated.customer),
        pools=binary.bigints(seated.pool),
        months=binary.bigints(seated.month),
        users=binary.bigints(seated.user),
        now=plain.at,
    ) as found:
        [taken] = found()
    return taken


def _months(plain: Plain, chosen: Integers) -> Integers:
    """The first day of each chosen event's month in its holder's zone (T4), in days since 1970."""
    groups = plain.groups
    zones = [payer.time_zone if payer else "" for payer in groups.payers]
    payer = groups.payer[plain.group[chosen]]
    found = np.zeros(len(chosen), dtype=np.int64)
    named = sorted({zones[each] for each in np.unique(payer).tolist()})
    numbers = np.array([named.index(zone) if zone in named else -1 for zone in zones])
    for number, zone in enumerate(named):
        own = numbers[payer] == number
        day, days = columns.days(plain.time[chosen[own]], zone)
        starts = [(calendar.month_start(each) - columns.DAY_1970).days for each in days]
        found[own] = np.array(starts, dtype=np.int64)[day]
    return found


def _numbered(*keys: Integers) -> tuple[Integers, Integers]:
    """Which of the distinct tuples each one is, and their columns."""
    order = np.lexsort(keys)
    table = np.stack(keys)[:, order]
    begins = np.append(True, (np.diff(table) != 0).any(axis=0))[: len(order)]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(begins) - 1
    return number, table[:, begins]
