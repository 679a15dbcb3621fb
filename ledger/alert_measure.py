"""Answers what alerts measure: credits consumed in a term, and what is left, daily ones in neither (A1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from creditops.lib.calendar import TICK
from ledger import balances, pool_books
from ledger.balances import Balance
from ledger.line import DAILY
from ledger.models import Pool, Term


@dataclass(frozen=True)
class Measure:
    """Credits `consumed`, overage among them, and `left` to use; both without daily credits."""

    consumed: int
    left: int


def now(pool: Pool, at: datetime) -> Measure:
    """What alerts go by at `at`, the present."""
    with transaction.atomic():
        key = (pool.customer_id, pool.id)
        line = pool_books.lock([key], at)[key]
        pool_books.add_detail([line], at)
        return Measure(*line.measured(at))


def as_of(pool: Pool, *, as_of: datetime, known_at: datetime) -> Measure:
    """What alerts would have gone by at a past instant, as known at `known_at`."""
    found = balances.of_pool(pool, as_of=as_of, known_at=known_at)
    since = _since(pool, found, as_of)
    used = _used(found) + found.overage
    if since is not None:
        used -= _used(balances.of_pool(pool, as_of=since - TICK, known_at=known_at))
    return Measure(used, sum(block.left for block in found.blocks if block.kind != DAILY))


def _used(balance: Balance) -> int:
    return sum(block.used for block in balance.blocks if block.kind != DAILY)


def _since(pool: Pool, found: Balance, at: datetime) -> datetime | None:
    """From when on consumption counts: the term's start, or the grant of the oldest block that was
    alive at the last grant; None where nothing was ever granted."""
    running = balances.running_terms(pool.customer_id, [pool.holder_id], at).get(pool.holder_id)
    if running is not None:
        return Term.objects.get(customer_id=pool.customer_id, id=running).starts_at
    granted = [b for b in found.blocks if b.kind != DAILY and b.effective_at <= at]
    last = max((block.effective_at for block in granted), default=None)
    alive = (b for b in granted if last and (b.expires_at is None or last < b.expires_at))
    return min((block.effective_at for block in alive), default=None)
