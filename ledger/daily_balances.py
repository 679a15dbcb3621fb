"""Answers how balances went day by day: the figures behind a burndown picture (S39, S61)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from creditops.lib import calendar, sql
from ledger.balances import Balance
from ledger.models import Pool

# A picture shows at most this many days; an earlier start is cut off.
LONGEST_DAYS = 800


@dataclass(frozen=True)
class DayBalance:
    """Credits left at the end of a local day, less the overage of the running term: may be below 0."""

    day: date
    credits: int


def of_pools(
    pools: Sequence[Pool],
    balances: Sequence[Balance],
    *,
    since: Mapping[int, datetime],
    at: datetime,
) -> dict[int, list[DayBalance]]:
    """Every day's balance of pools of one customer, by pool id, in days of their holders' zones.

    Args:
        pools: with their holders.
        balances: theirs as of `at`: what the last day shows.
        since: by pool id, from when on: the start of the running term, so that overage billed with
            an earlier one is no part of it.
        at: now.

    Computed back from the present balance; one query, however many pools and days.
    """
    if not pools:
        return {}
    since = {key: max(start, at - timedelta(days=LONGEST_DAYS)) for key, start in since.items()}
    changes: dict[int, dict[date, int]] = {pool.id: {} for pool in pools}
    for pool_id, day, credits in sql.rows(
        "ledger",
        "daily_balances",
        customer=pools[0].customer_id,
        pools=[pool.id for pool in pools],
        since=[since[pool.id] for pool in pools],
        zones=[pool.holder.time_zone for pool in pools],
        at=at,
    ):
        changes[pool_id][day] = credits
    return {
        pool.id: _days(pool, balance, changes[pool.id], since[pool.id], at)
        for pool, balance in zip(pools, balances, strict=True)
    }


def _days(
    pool: Pool, balance: Balance, changes: dict[date, int], since: datetime, at: datetime
) -> list[DayBalance]:
    zone = pool.holder.time_zone
    for day, credits in _unusable(balance, since, zone).items():
        changes[day] = changes.get(day, 0) - credits
    left = sum(block.left for block in balance.blocks) - balance.overage
    day, first = calendar.local_date(at, zone), calendar.local_date(since, zone)
    days = []
    while day >= first:
        days.append(DayBalance(day, left))
        left -= changes.get(day, 0)
        day -= timedelta(days=1)
    return days[::-1]


def _unusable(balance: Balance, since: datetime, zone: str) -> dict[date, int]:
    """Credits that ended without leaving their block: frozen, or their expiry is not posted yet."""
    ended: dict[date, int] = {}
    for block in balance.blocks:
        until = block.frozen_from or block.expires_at
        if until is not None and since < until <= block.as_of and block.rest:
            day = calendar.local_date(until, zone)
            ended[day] = ended.get(day, 0) + block.rest
    return ended
