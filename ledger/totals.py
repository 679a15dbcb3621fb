"""Answers how many credits pools have now, without their blocks: one row each, whatever their history.

A pool's state keeps what its blocks come to, in the transaction of every change, and from when to when
that holds: from the newest instant that is counted to the next one at which the layout has to be made
anew. Outside of it (a block ended and no sweep came, a day's credits are not written, use lies some
minutes ahead) the books are read as for any other instant (`ledger/balances.py`); never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from creditops.lib import sql
from ledger import balances
from ledger.models import Pool


@dataclass(frozen=True)
class Totals:
    """A pool now, in whole credits.

    `left` is in the blocks that can be used, `available` that beside what is `held`; `overage` that of
    the running term, `overage_cap` how far it may go, None where none is allowed.
    """

    pool_id: int
    holder: str
    unit: str
    held: int
    left: int
    granted: int
    used: int
    expired: int
    voided: int
    overage: int
    overage_cap: int | None

    @property
    def available(self) -> int:
        """Credits that can be used, beside those on hold."""
        return max(0, self.left - self.held)


def of_pool(pool: Pool, at: datetime) -> Totals:
    """What a pool comes to at `at`, which is now."""
    return of_pools([pool], at)[0]


def of_pools(pools: Sequence[Pool], at: datetime) -> list[Totals]:
    """What pools of one customer come to at `at`, which is now, holder and unit with them.

    One query where the counters say it; the same numbers as `balances.of_pools` of that instant.
    """
    found = of_counters(pools, at)
    return [*found.values()] if len(found) == len(pools) else _with_books(pools, found, at)


def of_counters(pools: Sequence[Pool], at: datetime) -> dict[int, Totals]:
    """By pool id what counters alone say; a pool that needs its books is missing."""
    if not pools:
        return {}
    asked = {"customer": pools[0].customer_id, "pools": [pool.id for pool in pools]}
    rows = {row[0]: row[1:] for row in sql.rows("ledger", "pool_totals", **asked, at=at)}
    unsure = [id_ for id_, row in rows.items() if not row[-1]]
    held = _held(pools[0].customer_id, unsure, at)
    return {
        pool.id: Totals(
            pool.id, pool.holder.code, pool.unit.code, held.get(pool.id, row[0]), *row[1:-1]
        )
        for pool in pools
        if (row := rows.get(pool.id)) is not None
    }


def _held(customer_id: int, pool_ids: Sequence[int], at: datetime) -> dict[int, int]:
    """What is held in these pools, where a hold may be over: of a day's holds at most (L19)."""
    if not pool_ids:
        return {}
    rows = sql.rows(
        "ledger", "held_as_of", customer=customer_id, pools=list(pool_ids), as_of=at, known_at=at
    )
    return dict.fromkeys(pool_ids, 0) | dict(rows)


def _with_books(pools: Sequence[Pool], found: dict[int, Totals], at: datetime) -> list[Totals]:
    """The same, the missing ones from their books."""
    missing = [pool for pool in pools if pool.id not in found]
    caps = balances.caps(missing, at)
    for known in balances.of_pools(missing, as_of=at, known_at=at):
        found[known.pool_id] = Totals(
            known.pool_id, known.holder, known.unit, known.held, known.left, known.granted,
            known.used, known.expired, known.voided, known.overage, caps.get(known.pool_id),
        )  # fmt: skip
    return [found[pool.id] for pool in pools]
