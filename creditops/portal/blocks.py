"""Answers how blocks of credits read on a page: what they are, how long they live, what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from creditops.lib import calendar
from ledger.balances import Balance, BlockBalance
from ledger.models import Block, BlockChange, Holder, Meter, Pool

_OF_TERM = re.compile(r"contract:.*:term:(\d+):(commitment|bonus)")
_KINDS = {
    Block.Kind.BONUS: "Bonus",
    Block.Kind.PROMO: "Promotional",
    Block.Kind.DAILY: "Daily free credits",
    Block.Kind.COMPENSATION: "Goodwill",
    Block.Kind.MIGRATION: "Carried over from before",
}


@dataclass(frozen=True)
class Row:
    """A block in a table. Credits are whole; days are local to its contract.

    `ended` are credits that expired or were taken back; `last_day` None: never expires.
    """

    label: str
    kind: str
    granted: int
    used: int
    left: int
    ended: int
    first_day: date
    last_day: date | None
    state: str
    rolled_over: bool
    only_for: Sequence[str]


@dataclass(frozen=True)
class Expiring:
    """What ends next: so many credits of these blocks, on their last day."""

    credits: int
    label: str
    last_day: date


def label(kind: str, source: str, holder_kind: str) -> str:
    """What a block is called: "Commitment of term 1", "Top-up", "Promotional"."""
    of_term = _OF_TERM.fullmatch(source)
    if of_term:
        return f"{of_term[2].capitalize()} of term {of_term[1]}"
    if kind == Block.Kind.PAID:
        return "Purchase" if holder_kind == Holder.Kind.OPEN else "Top-up"
    return _KINDS[Block.Kind(kind)]


def of_pools(pools: Sequence[Pool], balances: Sequence[Balance]) -> dict[int, list[Row]]:
    """The blocks of pools of one customer by pool id, those still in use first; two queries."""
    if not pools:
        return {}
    rolled = set(
        BlockChange.objects.filter(
            customer_id=pools[0].customer_id,
            act=BlockChange.Act.ROLLOVER,
            block_id__in=[block.id for balance in balances for block in balance.blocks],
        ).values_list("block_id", flat=True)
    )
    scoped = {id_ for balance in balances for block in balance.blocks for id_ in block.meters or ()}
    meters = dict(Meter.objects.filter(id__in=scoped).values_list("id", "name"))
    return {
        pool.id: [
            _row(block, pool, block.id in rolled, meters)
            for block in sorted(balance.blocks, key=lambda b: (b.left == 0, b.effective_at, b.id))
        ]
        for pool, balance in zip(pools, balances, strict=True)
    }


def expiring(rows: Sequence[Row]) -> Expiring | None:
    """The next day on which credits that are left would end; None if none of them ever does."""
    ending = [(row.last_day, row) for row in rows if row.left and row.last_day is not None]
    if not ending:
        return None
    day = min(day for day, _ in ending)
    first = [row for last_day, row in ending if last_day == day]
    return Expiring(
        sum(row.left for row in first), ", ".join(dict.fromkeys(row.label for row in first)), day
    )


def _row(block: BlockBalance, pool: Pool, rolled_over: bool, meters: Mapping[int, str]) -> Row:
    zone = pool.holder.time_zone
    return Row(
        label=label(block.kind, block.source, pool.holder.kind),
        kind=Block.Kind(block.kind).label,
        granted=block.granted,
        used=block.used,
        left=block.left,
        ended=block.expired + block.voided,
        first_day=calendar.local_date(block.effective_at, zone),
        last_day=None if block.expires_at is None else calendar.last_day(block.expires_at, zone),
        state=block.state,
        rolled_over=rolled_over,
        only_for=[meters[id_] for id_ in block.meters or ()],
    )
