"""Does the drawing of a batch: by the column where that is enough, event by event where it is not.

Both ways lead to the same rows. In a pool the events that don't go on its line are drawn first, then the
others in the order of their times (`ledger/drawdown.py`); a pool's plain events go all together by the
column, if by then its line can take them all (`ledger/fast_lane.py`), or one by one like the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ledger import (
    drawdown,
    fast_lane,
    plain_seats,
    plain_usage,
    resolving,
    thresholds,
    usage_rows,
)
from ledger.drawdown import Drawing
from ledger.fast_lane import Placed
from ledger.limits import HolderKey
from ledger.line import Line
from ledger.locked_pools import Pools
from ledger.periods import Months
from ledger.plain_usage import Plain
from ledger.rating import RunningSum
from ledger.remembered import Memory
from ledger.resolving import Event
from ledger.seats import Seat, Seats, seat_of

# Customer, holder, unit and pool, ids each.
PoolRow = tuple[int, int, int, int]


@dataclass(slots=True)
class Batch:
    """What a batch draws from.

    Attributes:
        lines: of the locked pools.
        pools: all of them.
        months: the locked accounting months.
        zone: the books' zone, for posting dates.
        id, at: of the batch.
        memory: what is remembered of customers and their users.
        admitted: a person let these events in.
        seats: those of the batch's users.
        drawings: of the holders whose events are looked at one by one.
    """

    lines: Pools
    pools: Collection[PoolRow]
    months: Months
    zone: str
    id: int
    at: datetime
    memory: Memory
    admitted: bool = False
    seats: Seats = field(init=False)
    drawings: dict[HolderKey, Drawing] = field(default_factory=dict)
    _own: dict[int, list[PoolRow]] | None = None

    def __post_init__(self) -> None:
        self.seats = Seats(self.at)

    def _pools_of(self, holder_id: int) -> Sequence[PoolRow]:
        """The pools of a holder, in the order of their keys."""
        if self._own is None:
            self._own = {}
            for row in sorted(self.pools):
                self._own.setdefault(row[1], []).append(row)
        return self._own.get(holder_id, ())

    def draw(self, plain: Plain, events: Sequence[Event]) -> tuple[Placed, list[Event]]:
        """Draw new events.

        Args:
            plain: those that are plain.
            events: all others; those with a status are left alone.

        Returns the plain ones that were placed or refused by the column, and those that became single
        events.
        """
        aside = fast_lane.aside(plain, self.lines, self.at, self._asked(events))
        single, plain = plain.events(aside), plain.only(~aside)
        plain_usage.name_users(plain, self.memory)
        resolving.set_aside_too_late(single, self.at)
        fresh = _by_holder(event for event in (*events, *single) if not event.status)
        self._begin(fresh)
        rest = {holder: self.drawings[holder].draw_beside(own) for holder, own in fresh.items()}
        for drawing in self.drawings.values():
            for line in drawing.lines.values():
                if line.layouts:
                    thresholds.watch(line, self.at)
        between = self._asked(event for own in rest.values() for event in own)
        self.lines.refresh()
        seated = plain_seats.judge(plain, self.lines)
        fit = fast_lane.fits(plain, self.lines, between | self.seats.pools, seated.short)
        late = plain.events(fit.closer)
        joining = _by_holder(late)
        self._begin({h: own for h, own in joining.items() if h not in self.drawings})
        begun = {h: own for h, own in joining.items() if h in rest}
        self.seats.read(self._seats_asked(begun))
        self._prepare(begun)
        for holder, own in joining.items():
            rest.setdefault(holder, []).extend(own)
        for holder, own in rest.items():
            self.drawings[holder].draw_on_lines(own)
        placed = fast_lane.place(plain, fit, self.lines, self.months, self.zone)
        self.seats.draw_all(*seated.drawn(fit.drawn, plain.credits))
        return placed, single + late

    def _begin(self, fresh: Mapping[HolderKey, Sequence[Event]]) -> None:
        """Make ready to look at events one by one."""
        if not fresh:
            return
        rows = [row for holder in fresh for row in self._pools_of(holder.holder_id)]
        sums = usage_rows.read_sums((row[3] for row in rows), (row[0] for row in rows))
        self.seats.read(self._seats_asked(fresh))
        for holder, events in fresh.items():
            self.drawings[holder] = self._drawing(holder, events, sums)
        self._prepare(fresh)

    def _prepare(self, asked: Mapping[HolderKey, Sequence[Event]]) -> None:
        drawdown.prepare([(self.drawings[h], events) for h, events in asked.items()], self.at)

    def _drawing(
        self,
        holder: HolderKey,
        events: Sequence[Event],
        sums: Mapping[int, Mapping[str, RunningSum]],
    ) -> Drawing:
        own = self._pools_of(holder.holder_id)
        return Drawing(
            holder=holder,
            lines={unit: self.lines[customer, pool] for customer, _, unit, pool in own},
            sums={
                (pool, item): total
                for _, _, _, pool in own
                for item, total in sums.get(pool, {}).items()
            },
            seats=self.seats,
            months=self.months,
            zone=self.zone,
            batch_id=self.id,
            now=self.at,
            horizon=min(event.time for event in events),
            admitted=self.admitted,
        )

    def _seats_asked(
        self, fresh: Mapping[HolderKey, Sequence[Event]]
    ) -> Iterator[tuple[Line, Seat]]:
        """The seats that these events may draw on, in pools that count them."""
        for holder, mine in fresh.items():
            own = [self.lines[row[0], row[3]] for row in self._pools_of(holder.holder_id)]
            for line in own:
                if line.seats_since is None:
                    continue
                for event in mine:
                    if event.message.user:
                        yield line, seat_of(line, event.time, event.message.user, holder.time_zone)

    def _asked(self, events: Iterable[Event]) -> set[tuple[int, int]]:
        """The pools from which new events draw one by one: (customer id, pool id)."""
        asked = {
            (event.holder.holder_id, charge.unit_id)
            for event in events
            if not event.status and event.holder is not None
            for charge in event.charges
        }
        return {
            (customer, pool)
            for holder, wanted in asked
            for customer, _, unit, pool in self._pools_of(holder)
            if unit == wanted
        }


def _by_holder(events: Iterable[Event]) -> dict[HolderKey, list[Event]]:
    found: dict[HolderKey, list[Event]] = {}
    for event in events:
        if event.holder is not None:
            found.setdefault(event.holder, []).append(event)
    return found
