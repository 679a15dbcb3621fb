"""Answers what was deferred for blocks of credits over a time, block by block, and what still is (Z2).

By posting date, so that blocks add up to account 2100; as known at an instant, so that a report of long
ago can be made again as it was. Blocks whose value was spread over several share a cost layer: it moves
as one, and its value at the end is theirs in proportion to what is left of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from creditops.lib import money, sql
from ledger import books


@dataclass(frozen=True)
class _Row:
    """A block on one of its cost layers, as `sql/block_rolls.sql` tells it."""

    customer_id: int
    block_id: int
    pool_id: int
    holder_id: int
    kind: str
    breakage: str
    source: str
    granted: int
    effective_at: datetime
    granted_on: date
    expires_at: datetime | None
    rolled: bool
    layer_id: int
    pooled: bool
    no: int
    cost_minor: int
    quantity: int
    gone: int
    pooled_on: date
    left_on: date | None
    used_before: int
    used: int
    expired_before: int
    expired: int
    taken_before: int
    taken: int
    credits_used: int
    credits_expired: int
    credits_taken: int

    @property
    def before(self) -> int:
        """What left it before the time."""
        return self.used_before + self.expired_before + self.taken_before

    @property
    def during(self) -> int:
        """What left it in the time."""
        return self.used + self.expired + self.taken

    @property
    def rest(self) -> int:
        """Credits that are left of those that came to the layer."""
        return (
            self.granted - self.gone - self.credits_used - self.credits_expired - self.credits_taken
        )


@dataclass(frozen=True)
class BlockValue:
    """A block at the end of the time: credits that did not leave it, what is deferred for them, and what was
    booked as breakage of it so far; a block whose value was spread has its own part of that."""

    customer_id: int
    block_id: int
    pool_id: int
    holder_id: int
    kind: str
    breakage: str
    source: str
    granted: int
    used: int
    expired: int
    voided: int
    effective_at: datetime
    expires_at: datetime | None
    rolled: bool
    value_minor: int
    broken_minor: int

    @property
    def rest(self) -> int:
        """Credits that did not leave the block."""
        return self.granted - self.used - self.expired - self.voided


@dataclass(frozen=True)
class Roll:
    """The roll-forward of a cost layer: opening + billed - usage - breakage - credit notes + re-spread =
    closing; in minor units of the books' currency, what leaves is negative.

    `blocks` are those that draw on it: one, or several whose value was spread.
    """

    customer_id: int
    holder_id: int
    blocks: tuple[int, ...]
    sources: tuple[str, ...]
    opening: int
    billed: int
    usage: int
    breakage: int
    credit_notes: int
    respread: int

    @property
    def closing(self) -> int:
        """What is still deferred at the end."""
        return (
            self.opening
            + self.billed
            + self.usage
            + self.breakage
            + self.credit_notes
            + self.respread
        )

    @property
    def moved(self) -> bool:
        """Whether there is anything to tell."""
        return any(
            (self.opening, self.billed, self.usage, self.breakage, self.credit_notes, self.respread)
        )


@dataclass(frozen=True)
class Rolls:
    """All of them over a time, and every block at its end."""

    first: date
    last: date
    rolls: list[Roll]
    values: list[BlockValue]


def of(first: date, last: date, *, known_at: datetime, customer_id: int | None = None) -> Rolls:
    """The roll-forwards from `first` through `last`, as known at `known_at`; one query.

    Args:
        customer_id: of one customer only.
    """
    zone = books.current(known_at).time_zone
    rows = [
        _Row(*row)
        for row in sql.rows(
            "ledger", "block_rolls", first=first, last=last, known_at=known_at, zone=zone,
            customer=customer_id,
        )
    ]  # fmt: skip
    by_layer = sorted(rows, key=lambda row: (row.customer_id, row.layer_id, row.block_id))
    rolls = {
        layer: _roll(members, first, last)
        for layer, members in _grouped(by_layer, lambda row: (row.customer_id, row.layer_id))
    }
    values = dict(_values(rows, rolls, last))
    blocks = [
        _block(mine, values)
        for _, mine in _grouped(rows, lambda row: (row.customer_id, row.block_id))
    ]
    return Rolls(
        first,
        last,
        [roll for roll in rolls.values() if roll.moved],
        [block for block in blocks if block is not None],
    )


def at_end_of(day: date, *, known_at: datetime, customer_id: int | None = None) -> list[BlockValue]:
    """Every block at the end of a day by posting date, as known at `known_at`."""
    after = day + timedelta(days=1)
    return of(after, day, known_at=known_at, customer_id=customer_id).values


def _grouped(rows: Sequence[_Row], key: object) -> Iterator[tuple[tuple[int, int], list[_Row]]]:
    for found, members in groupby(rows, key=key):  # type: ignore[call-overload]
        yield found, list(members)


def _roll(members: Sequence[_Row], first: date, last: date) -> Roll:
    """One layer: a block's own begins with its cost, a pooled one with what came to it."""
    row = members[0]
    begun, ended = (row.pooled_on if row.pooled else row.granted_on), row.left_on
    before, during = sum(r.before for r in members), sum(r.during for r in members)
    carried = row.cost_minor - before - during
    there = row.cost_minor if begun < first else 0
    if ended is not None and ended < first:
        there -= carried
    came = row.cost_minor if first <= begun <= last else 0
    left = carried if ended is not None and first <= ended <= last else 0
    return Roll(
        customer_id=row.customer_id,
        holder_id=row.holder_id,
        blocks=tuple(r.block_id for r in members),
        sources=tuple(r.source for r in members),
        opening=there - before,
        billed=0 if row.pooled else came,
        usage=-sum(r.used for r in members),
        breakage=-sum(r.expired for r in members),
        credit_notes=-sum(r.taken for r in members),
        respread=(came if row.pooled else 0) - left,
    )


def _values(
    rows: Sequence[_Row], rolls: dict[tuple[int, int], Roll], last: date
) -> Iterator[tuple[tuple[int, int], int]]:
    """(customer, block) -> what is deferred for it at the end, on the layer that is in force then."""
    current = [row for row in rows if _in_force(row, last)]
    ordered = sorted(current, key=lambda row: (row.customer_id, row.layer_id, row.block_id))
    for layer, members in _grouped(ordered, lambda row: (row.customer_id, row.layer_id)):
        weights = [max(row.rest, 0) for row in members]
        if not any(weights):
            weights = [1, *[0] * (len(members) - 1)]
        shares = money.allocate(rolls[layer].closing, weights)
        for row, share in zip(members, shares, strict=True):
            yield (row.customer_id, row.block_id), share


def _in_force(row: _Row, last: date) -> bool:
    begun = row.pooled_on if row.pooled else row.granted_on
    return begun <= last and (row.left_on is None or row.left_on > last)


def _block(mine: Sequence[_Row], values: dict[tuple[int, int], int]) -> BlockValue | None:
    row = mine[0]
    value = values.get((row.customer_id, row.block_id))
    if value is None:
        return None
    return BlockValue(
        customer_id=row.customer_id,
        block_id=row.block_id,
        pool_id=row.pool_id,
        holder_id=row.holder_id,
        kind=row.kind,
        breakage=row.breakage,
        source=row.source,
        granted=row.granted,
        used=sum(r.credits_used for r in mine),
        expired=sum(r.credits_expired for r in mine),
        voided=sum(r.credits_taken for r in mine),
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        rolled=row.rolled,
        value_minor=value,
        broken_minor=sum(r.expired_before + r.expired for r in mine),
    )
