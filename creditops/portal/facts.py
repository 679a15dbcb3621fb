"""Answers what the rows say about pools, before it is put into words and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts import rate_words
from contracts.models import Contract
from creditops.portal import blocks
from ledger import balances, daily_balances, holds, limits
from ledger.balances import Balance
from ledger.daily_balances import DayBalance
from ledger.limits import Limits
from ledger.models import Hold, Pool, PoolTerm, Term, TermUse

# Without a term a picture looks this far back.
_LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True)
class Facts:
    """One pool at an instant.

    Attributes:
        cap: how far overage may go; None: not at all.
        term: the running one, or the last one of a contract that is over; None without a contract.
        holds: credits set aside for work under way, by their end.
        committed: what the pool's term obliges to.
        days: the balance day by day, for the picture.
        counted_before: without a term, the credits used before alerts began to measure.
    """

    pool: Pool
    balance: Balance
    limits: Limits
    cap: int | None
    term: Term | None
    committed: PoolTerm | None
    contract: Contract | None
    block_rows: Sequence[blocks.Row]
    holds: Sequence[Hold]
    days: Sequence[DayBalance]
    rate_card: rate_words.Card | None
    counted_before: int
    at: datetime

    @property
    def running(self) -> bool:
        """Whether the pool can be used now: its term runs, or it needs none."""
        return self.term is None or self.term.ends_at > self.at

    @property
    def today(self) -> date:
        """The last day that the balances tell of."""
        return self.days[-1].day


def of_pools(pools: Sequence[Pool], at: datetime) -> list[Facts]:
    """The facts of pools of one customer at `at`; a constant number of queries."""
    if not pools:
        return []
    customer_id = pools[0].customer_id
    found = balances.of_pools(pools, as_of=at, known_at=at)
    keys = {pool.id: limits.key_of(pool.holder, pool.customer.code) for pool in pools}
    settings = limits.of(keys.values(), at)
    caps = balances.caps(pools, at)
    terms = _terms(customer_id, at)
    committed = {
        (row.pool_id, row.term_id): row for row in PoolTerm.objects.filter(customer_id=customer_id)
    }
    contracts = Contract.objects.filter(customer_id=customer_id).select_related("locked_price")
    by_holder = {contract.holder_id: contract for contract in contracts}
    bases = TermUse.objects.filter(customer_id=customer_id, term_id=0).values_list("pool", "base")
    counted_before = dict(bases)
    rows = blocks.of_pools(pools, found)
    since = {pool.id: _since(pool, terms.get(pool.holder_id), at) for pool in pools}
    days = daily_balances.of_pools(pools, found, since=since, at=at)
    held = holds.open_in(customer_id, [pool.id for pool in pools], at)
    rate_cards = rate_words.cards(pools, at)
    return [
        Facts(
            pool=pool,
            balance=balance,
            limits=settings[pool.holder_id],
            cap=caps.get(pool.id),
            term=(term := terms.get(pool.holder_id)),
            committed=committed.get((pool.id, term.id)) if term else None,
            contract=by_holder.get(pool.holder_id),
            block_rows=rows[pool.id],
            holds=[hold for hold in held if hold.pool_id == pool.id],
            days=days[pool.id],
            rate_card=rate_cards.get(pool.id),
            counted_before=counted_before.get(pool.id, 0),
            at=at,
        )
        for pool, balance in zip(pools, found, strict=True)
    ]


def _terms(customer_id: int, at: datetime) -> dict[int, Term]:
    """The last term that has begun, by holder id."""
    begun = Term.objects.filter(customer_id=customer_id, starts_at__lte=at).order_by("number")
    return {term.holder_id: term for term in begun}


def _since(pool: Pool, term: Term | None, at: datetime) -> datetime:
    return term.starts_at if term else max(pool.opened_at, at - _LOOKED_BACK)
