"""Answers how long deferred credits may last: current within twelve months, or not (V21, Z3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from contracts import terms_of_sale
from creditops.lib import calendar
from creditops.lib.calendar import TICK
from ledger import balances, books, expiry
from ledger.balances import BlockBalance
from ledger.models import BlockChange, Holder, Pool, Term

_CURRENT_MONTHS = 12


@dataclass(frozen=True)
class Maturity:
    """Deferred revenue by its time band, in minor units of the books' currency."""

    current: int = 0
    non_current: int = 0


def of_all(as_of: date, *, at: datetime) -> Maturity:
    """The split at the end of the day `as_of`, as known at `at`; credits without an end are not
    current."""
    zone = books.current(at).time_zone
    instant = calendar.local_midnight(as_of + timedelta(days=1), zone) - TICK
    bound = calendar.local_midnight(
        calendar.add_months(as_of, _CURRENT_MONTHS) + timedelta(days=1), zone
    )
    current = total = 0
    pools = Pool.objects.select_related("holder__customer", "unit", "customer")
    for _, mine in groupby(pools.order_by("customer_id", "id"), key=lambda p: p.customer_id):
        own = list(mine)
        found = balances.of_pools(own, as_of=instant, known_at=at)
        for pool, balance in zip(own, found, strict=True):
            for block in balance.blocks:
                value = block.cost_minor - block.released_minor
                end = None if not value else _last_end(block, pool, instant)
                total += value
                current += value if end is not None and end <= bound else 0
    return Maturity(current, total - current)


def _last_end(block: BlockBalance, pool: Pool, at: datetime) -> datetime | None:
    """When the block ends at the latest, with one more rollover where that is allowed."""
    if block.expires_at is None or not _may_roll(block, pool.holder, at):
        return block.expires_at
    term = Term.objects.filter(
        customer_id=pool.customer_id, holder=pool.holder, ends_at=block.expires_at
    ).first()
    if term is None:
        return block.expires_at
    zone = pool.holder.time_zone
    following = calendar.local_midnight(
        calendar.add_months(calendar.local_date(term.ends_at, zone), 12), zone
    )
    oldest = calendar.expires_at(
        block.effective_at, "ANNIVERSARY", expiry.LONGEST_LIFE_MONTHS, zone
    )
    return max(block.expires_at, min(following, oldest))


def _may_roll(block: BlockBalance, holder: Holder, at: datetime) -> bool:
    if block.kind not in expiry.ROLLING_KINDS:
        return False
    rolled = BlockChange.objects.filter(
        customer_id=holder.customer_id, block_id=block.id, act=BlockChange.Act.ROLLOVER
    )
    return terms_of_sale.in_force(holder, at)["rollover"] != "NONE" and not rolled.exists()
