"""Answers what happened to credits: grants, draws, expiries, reversals, in order of recording (L1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import sql
from ledger.models import Pool


@dataclass(frozen=True)
class Movement:
    """One entry of the ledger. `credits` > 0 come in, < 0 leave; `value` in minor units of the
    block's currency, `functional` of the books'; None where nothing was released."""

    pool_id: int
    type: str
    block_id: int | None
    block_source: str | None
    credits: int
    at: datetime
    recorded_at: datetime
    posting_date: date | None
    value: int | None
    functional: int | None


def of_pools(pools: Sequence[Pool]) -> list[Movement]:
    """Every movement of pools of one customer."""
    if not pools:
        return []
    rows = sql.rows(
        "ledger",
        "movements",
        customer=pools[0].customer_id,
        pools=[pool.id for pool in pools],
    )
    return [Movement(*row) for row in rows]
