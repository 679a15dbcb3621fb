"""Answers which days a pool has free credits for, and which of those days nobody has made blocks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from creditops.lib import calendar
from ledger.models import DailyGrant, Pool, PoolState

# Daily credits are drawn before all others (L4).
PRIORITY = 10
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """The credits of one local day that have no block yet: usable in `[begins, ends)`."""

    rule: DailyGrant
    source: str
    begins: datetime
    ends: datetime


def days(
    pool: Pool, rules: Sequence[DailyGrant], since: datetime | None, now: datetime
) -> list[Day]:
    """The days from the one that begins at `since` through that of `now`, rule by rule in each.

    `since` None: none.
    """
    if since is None:
        return []
    zone = pool.holder.time_zone
    first, today = calendar.local_date(since, zone), calendar.local_date(now, zone)
    every = [first + DAY * number for number in range((today - first).days + 1)]
    return [
        Day(
            rule,
            source(rule, day),
            calendar.local_midnight(day, zone),
            calendar.local_midnight(day + DAY, zone),
        )
        for day in every
        for rule in rules
        if rule.first_day <= day and (rule.last_day is None or day <= rule.last_day)
    ]


def unwritten(pools: Sequence[Pool], at: datetime) -> list[Day]:
    """The days begun by `at` whose blocks nobody has made yet, of pools of one customer; they are
    read with the others, so that a balance does not depend on a sweep."""
    customer = pools[0].customer_id
    behind = PoolState.objects.filter(
        customer_id=customer, pool__in=[pool.id for pool in pools], daily_at__lte=at
    )
    since = dict(behind.values_list("pool_id", "daily_at"))
    rules = of_pools(list(since), customer) if since else []
    return [
        day
        for pool in pools
        if pool.id in since
        for day in days(pool, [r for r in rules if r.pool_id == pool.id], since[pool.id], at)
    ]


def of_pools(pool_ids: Sequence[int], customer_id: int) -> list[DailyGrant]:
    """The rules of these pools of one customer, in the order in which they were made."""
    return list(DailyGrant.objects.filter(customer_id=customer_id, pool__in=list(pool_ids)))


def source(rule: DailyGrant, day: date) -> str:
    """The source of a day's block, unique under the customer."""
    return f"{rule.source}@{day}"
