"""Answers where the locked pools of a batch stand: as columns, and as a line for whoever looks at one alone.

Most pools of a batch only have their counters moved on, which takes no object for each
(`ledger/fast_lane.py`). The line of a pool is made when somebody asks for it; from then on it is the one that
counts, and `refresh` and `push` carry over what one of the two does not know of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

import numpy as np
from django.db import transaction

from creditops.lib import binary, sql
from creditops.lib.binary import NOTHING, Integers
from ledger import columns
from ledger.line import HARD, OBSERVE, SOFT, Line, Rules, ScopeLine, Window
from ledger.models import PoolState

Key = tuple[int, int]

ENFORCEMENTS = (HARD, SOFT, OBSERVE)
_INSTANTS = ("valid_from", "valid_until", "relay_at", "daily_at", "lapse_at", "current_from")
# What lines change, and where they keep it.
_KEPT = {
    "layout_no": "layout_no",
    "valid_from": "window.since",
    "valid_until": "window.until",
    "relay_at": "relay_at",
    "enforcement": "rules.enforcement",
    "late_window_days": "rules.late_window.days",
    "consumed": "consumed",
    "limit_pos": "limit",
    "stop_pos": "stop",
    "held": "held",
    "alert_pos": "alert_pos",
    "seat_allowance": "rules.seat_allowance",
    "seats_since": "seats_since",
    "used": "used",
    "scoped_left": "scoped_left",
    "current_from": "current_from",
}


@dataclass(slots=True)
class States:
    """A column for each field of `PoolState`, in the order of `sql/lock_pools.sql`.

    `NOTHING` stands where there is no value; instants are microseconds since 1970, dates days,
    `enforcement` counts `ENFORCEMENTS` from 1 on.
    """

    customer_id: Integers
    pool_id: Integers
    layout_no: Integers
    term_id: Integers
    valid_from: Integers
    valid_until: Integers
    relay_at: Integers
    daily_at: Integers
    enforcement: Integers
    late_window_days: Integers
    consumed: Integers
    limit_pos: Integers
    stop_pos: Integers
    held: Integers
    lapse_at: Integers
    alert_pos: Integers
    scoped: Integers
    move_seq: Integers
    seat_allowance: Integers
    seats_since: Integers
    granted: Integers
    used: Integers
    expired: Integers
    voided: Integers
    scoped_left: Integers
    overage_cap: Integers
    current_from: Integers
    scope_lines: Integers

    def __len__(self) -> int:
        return len(self.pool_id)

    def value(self, name: str, place: int) -> Any:
        """One value, as the field of `PoolState` has it."""
        found = int(getattr(self, name)[place])
        if found == NOTHING:
            return None
        if name in _INSTANTS:
            return columns.instant(found)
        if name == "seats_since":
            return columns.DAY_1970 + timedelta(days=found)
        return ENFORCEMENTS[found - 1] if name == "enforcement" else found

    def keep(self, line: Line, place: int) -> None:
        """Take over what a line changed."""
        for name, where in _KEPT.items():
            getattr(self, name)[place] = _number(attrgetter(where)(line))


@dataclass(slots=True)
class Scopes:
    """A column for each field of `ScopeLine` that counts in drawing; `place` is the pool's in `States`.

    `meters` are those of the scope, one of `meter_sets` each.
    """

    place: Integers
    number: Integers
    consumed: Integers
    limit_pos: Integers
    beside: Integers
    meters: Integers
    meter_sets: Sequence[frozenset[int]]

    def __len__(self) -> int:
        return len(self.place)


@dataclass(slots=True, eq=False)
class Pools(Mapping[Key, Line]):
    """Locked pools; as a mapping, their lines by (customer id, pool id), without detail until it is read.

    Attributes:
        states, scopes: where they stand. In `scopes` the lines of one pool stand together.
        used_to: up to where on the line `states.used` has counted.
        scoped_used: per pool what was drawn on lines of scopes by the column.
    """

    states: States
    scopes: Scopes
    used_to: Integers = field(init=False)
    scoped_used: Integers = field(init=False)
    _order: Integers = field(init=False)
    _places: dict[Key, int] = field(init=False)
    _made: dict[int, Line] = field(init=False)

    def __post_init__(self) -> None:
        states = self.states
        self.used_to = states.consumed.copy()
        self.scoped_used = np.zeros(len(states), dtype=np.int64)
        self._order = np.argsort(states.pool_id)
        keys = zip(states.customer_id.tolist(), states.pool_id.tolist(), strict=True)
        self._places = {key: place for place, key in enumerate(keys)}
        self._made = {}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._places)

    def __getitem__(self, key: Key) -> Line:
        place = self._places[key]
        if place not in self._made:
            self._made[place] = self._line(place)
        return self._made[place]

    @property
    def made(self) -> Sequence[Line]:
        """The lines that somebody asked for."""
        return list(self._made.values())

    def places(self, pools: Integers) -> Integers:
        """Where these pools, by their ids, stand in `states`."""
        found: Integers = self._order[
            np.searchsorted(self.states.pool_id, pools, sorter=self._order)
        ]
        return found

    def flags(self, keys: Iterable[Key]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which pools are among these."""
        found = np.zeros(len(self), dtype=bool)
        found[[self._places[key] for key in keys]] = True
        return found

    def refresh(self) -> None:
        """Take over into the columns what lines went through."""
        for place, line in self._made.items():
            self.states.keep(line, place)
            self.used_to[place] = line.used_to
        scoped = {place: line.scopes for place, line in self._made.items() if line.scopes}
        if scoped:
            self.scopes = _replaced(self.scopes, scoped)

    def push(self, places: Iterable[int]) -> None:
        """Take over into lines what the columns of these pools went through."""
        for place in self._made.keys() & set(places):
            line, states = self._made[place], self.states
            line.consumed = int(states.consumed[place])
            line.current_from = states.value("current_from", place)
            rows = range(*np.searchsorted(self.scopes.place, (place, place + 1)))
            for scope, row in zip(line.scopes, rows, strict=True):
                scope.consumed = int(self.scopes.consumed[row])
            line.use_scoped(int(self.scoped_used[place]))

    def advance(self, places: Integers, recorded_at: datetime) -> None:
        """Write the counters of pools of which nothing else changed; their drains are written."""
        if not len(places):
            return
        states, scopes = self.states, self.scopes
        counted = np.minimum(states.consumed, states.limit_pos) - self.used_to
        binary.run(
            "ledger",
            "advance_lines",
            customers=binary.bigints(states.customer_id[places]),
            pools=binary.bigints(states.pool_id[places]),
            consumed=binary.bigints(states.consumed[places]),
            used=binary.bigints((states.used + self.scoped_used + np.maximum(counted, 0))[places]),
            scoped=binary.bigints(self.scoped_used[places]),
            current_from=binary.bigints(
                np.maximum(states.current_from[places], columns.microseconds(recorded_at))
            ),
        )
        moved = np.zeros(len(states), dtype=bool)
        moved[places] = self.scoped_used[places] > 0
        rows = np.flatnonzero(moved[scopes.place])
        if len(rows):
            of = scopes.place[rows]
            binary.run(
                "ledger",
                "advance_scope_lines",
                customers=binary.bigints(states.customer_id[of]),
                pools=binary.bigints(states.pool_id[of]),
                numbers=binary.bigints(scopes.number[rows]),
                consumed=binary.bigints(scopes.consumed[rows]),
            )

    def _line(self, place: int) -> Line:
        line = line_of(_Row(self.states, place))
        scopes = self.scopes
        for row in range(*np.searchsorted(scopes.place, (place, place + 1))):
            numbers = (scopes.number, scopes.consumed, scopes.limit_pos, scopes.beside)
            meters = scopes.meter_sets[scopes.meters[row]]
            _add_scope(line, meters, *(int(column[row]) for column in numbers))
        return line


@dataclass(frozen=True, slots=True)
class _Row:
    """One state of `States`, to be read like a `PoolState`."""

    states: States
    place: int

    def __getattr__(self, name: str) -> Any:
        return self.states.value(name, self.place)


def lock(keys: Iterable[Key], now: datetime, meanwhile: Callable[[], None] | None = None) -> Pools:
    """Lock these pools, (customer id, pool id) each; `meanwhile` is done while the database looks for them.

    Holds that are over at `now` lapse with it, so they never count, whenever a sweep comes (L19).
    The locks are taken in the order of their keys, so two callers can't wait for each other; they
    end with the transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("pools are locked inside a transaction")
    ordered = sorted(set(keys))
    with binary.columns(
        "ledger",
        "lock_pools",
        customers=binary.bigints([customer for customer, _ in ordered]),
        pools=binary.bigints([pool for _, pool in ordered]),
        enforcements=list(ENFORCEMENTS),
        none=NOTHING,
    ) as found:
        if meanwhile is not None:
            meanwhile()
        states = States(*found())
    pools = Pools(states, _scopes(states))
    _lapse_holds(states, now)
    return pools


def line_of(state: PoolState | _Row) -> Line:
    """The line of a state, without scopes and detail."""
    return Line(
        state.customer_id,
        state.pool_id,
        consumed=state.consumed,
        held=state.held,
        lapse_at=state.lapse_at,
        seats_since=state.seats_since,
        limit=state.limit_pos,
        stop=state.stop_pos,
        layout_no=state.layout_no,
        move_seq=state.move_seq,
        term_id=state.term_id,
        window=Window(state.valid_from, state.valid_until),
        relay_at=state.relay_at,
        daily_at=state.daily_at,
        alert_pos=state.alert_pos,
        scoped=bool(state.scoped),
        granted=state.granted,
        used=state.used,
        used_to=state.consumed,
        expired=state.expired,
        voided=state.voided,
        scoped_left=state.scoped_left,
        overage_cap=state.overage_cap,
        current_from=state.current_from,
        rules=Rules(
            enforcement=state.enforcement,
            late_window=timedelta(days=state.late_window_days),
            seat_allowance=state.seat_allowance,
        ),
    )


def add_scopes(line: Line) -> None:
    """Read the lines of scopes of one that was merely read; between the two readings usage may come."""
    for _, meters, number, consumed, limit, beside in binary.rows(
        "ledger",
        "pool_scope_lines",
        customers=binary.bigints([line.customer_id]),
        pools=binary.bigints([line.pool_id]),
    ):
        _add_scope(line, _meters(meters), number, consumed, limit, beside)


def _add_scope(
    line: Line, meters: frozenset[int], number: int, consumed: int, limit: int, beside: int
) -> None:
    line.scopes.append(
        ScopeLine(
            number=number,
            meters=meters,
            consumed=consumed,
            limit=limit,
            layout_no=line.layout_no,
            beside=bool(beside),
        )
    )


def _meters(told: str) -> frozenset[int]:
    return frozenset(map(int, told.split(",")))


def _scopes(states: States) -> Scopes:
    """Read the lines of scopes; after the lock, so that they are what the lock's last owner left."""
    with_scopes = np.flatnonzero(states.scope_lines > 0)
    rows: list[tuple[Any, ...]] = []
    if len(with_scopes):
        rows = binary.rows(
            "ledger",
            "pool_scope_lines",
            customers=binary.bigints(states.customer_id[with_scopes]),
            pools=binary.bigints(states.pool_id[with_scopes]),
        )
    meters = {row[1]: _meters(row[1]) for row in rows}
    number = {text: number for number, text in enumerate(meters)}
    columns_of = np.array(
        [(place, line, consumed, limit, beside, number[text])
         for place, text, line, consumed, limit, beside in rows],
        dtype=np.int64,
    ).reshape(-1, 6)  # fmt: skip
    columns_of[:, 0] = with_scopes[columns_of[:, 0] - 1]
    return _of_rows(columns_of, list(meters.values()))


def _of_rows(rows: Integers, meter_sets: Sequence[frozenset[int]]) -> Scopes:
    place, number, consumed, limit, beside, meters = rows.T.copy()
    return Scopes(place, number, consumed, limit, beside, meters, meter_sets)


def _replaced(scopes: Scopes, lines: Mapping[int, Sequence[ScopeLine]]) -> Scopes:
    """The same columns, those of some pools (by place) as their lines have them."""
    kept = np.flatnonzero(~np.isin(scopes.place, list(lines)))
    own = [(place, scope) for place, all_ in lines.items() for scope in all_]
    sets = list({*scopes.meter_sets, *(scope.meters for _, scope in own)})
    renumbered = np.array([sets.index(each) for each in scopes.meter_sets], dtype=np.int64)
    rows = np.array(
        [
            (
                place,
                scope.number,
                scope.consumed,
                scope.limit,
                scope.beside,
                sets.index(scope.meters),
            )
            for place, scope in own
        ],
        dtype=np.int64,
    )
    before = (scopes.place, scopes.number, scopes.consumed, scopes.limit_pos, scopes.beside)
    old = np.stack((*before, renumbered[scopes.meters]), axis=1)[kept]
    merged = np.concatenate((old, rows))
    order = np.lexsort((merged[:, 1], merged[:, 0]))
    return _of_rows(merged[order], sets)


def _lapse_holds(states: States, now: datetime) -> None:
    """End the holds of these pools that are over, and give their credits back."""
    over = (states.lapse_at != NOTHING) & (states.lapse_at <= columns.microseconds(now))
    places = np.flatnonzero(over).tolist()
    if not places:
        return
    by_pool = {int(states.pool_id[place]): place for place in places}
    for pool_id, held, lapse_at in sql.rows(
        "ledger",
        "lapse_holds",
        customers=states.customer_id[places].tolist(),
        pools=states.pool_id[places].tolist(),
        since=[states.value("lapse_at", place) for place in places],
        now=now,
    ):
        states.held[by_pool[pool_id]] = held
        states.lapse_at[by_pool[pool_id]] = _number(lapse_at)


def _number(value: int | str | date | datetime | None) -> int:
    """A value as a column has it."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        return columns.microseconds(value)
    if isinstance(value, date):
        return (value - columns.DAY_1970).days
    return ENFORCEMENTS.index(value) + 1 if isinstance(value, str) else value
