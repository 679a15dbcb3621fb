"""Answers how many credits there are: now from one row, at any instant from the books (L16, S67)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from creditops.lib import money, sql
from ledger import block_values, books, daily_rules, limits
from ledger.block_values import Standing, Value
from ledger.daily_rules import Day
from ledger.line import DAILY, SOFT
from ledger.models import CapLift, Holder, OverageBasis, Pool, PoolTerm, Term, UsageEvent

FROZEN = "frozen"


@dataclass(frozen=True)
class BlockBalance:
    """A block as of an instant. Credits are whole; `cost_minor` is what the block's credits cost when
    they came to the cost layer in force, of which `value_left_minor` is not released yet; both in the
    block's `currency`. `functional_left_minor` is what of it the books still defer, in theirs.

    `id` is 0 for a day's credits whose block nobody has written yet (L15).
    """

    id: int
    pool_id: int
    kind: str
    meters: Sequence[int] | None
    priority: int
    source: str
    granted: int
    effective_at: datetime
    expires_at: datetime | None
    frozen_from: datetime | None
    used: int
    expired: int
    voided: int
    cost_minor: int
    value_left_minor: int
    unit_cost: Fraction
    currency: str
    functional_left_minor: int
    as_of: datetime

    @property
    def rest(self) -> int:
        """Credits that did not leave the block, usable or not."""
        return self.granted - self.used - self.expired - self.voided

    @property
    def left(self) -> int:
        """Credits that can be used: the rest while the block lives and is not frozen, else 0."""
        until = self.frozen_from or self.expires_at
        alive = self.effective_at <= self.as_of and (until is None or self.as_of < until)
        return self.rest if alive else 0

    @property
    def state(self) -> str:
        """scheduled, active, exhausted, frozen, expired or voided."""
        if self.as_of < self.effective_at:
            return "scheduled"
        if self.left:
            return "active"
        if self.voided and not self.rest:
            return "voided"
        if self.frozen_from is not None and self.as_of >= self.frozen_from and self.rest:
            return FROZEN
        return "exhausted" if not self.rest and not self.expired else "expired"

    @property
    def released_minor(self) -> int:
        """The value that has left the block (M4), since it came to its cost layer."""
        return self.cost_minor - self.value_left_minor


@dataclass(frozen=True)
class Balance:
    """A pool as of an instant, in whole credits.

    `available` is what is left beside what is `held` for work under way; `overage` that of the term
    at the instant.
    """

    pool_id: int
    holder: str
    unit: str
    available: int
    held: int
    granted: int
    used: int
    expired: int
    voided: int
    overage: int
    blocks: list[BlockBalance]

    @property
    def left(self) -> int:
        """Credits in the blocks that can be used, those on hold included."""
        return sum(block.left for block in self.blocks)


def of_pool(pool: Pool, *, as_of: datetime, known_at: datetime) -> Balance:
    """The balance of a pool as of `as_of`, as known at `known_at`; both included."""
    return of_pools([pool], as_of=as_of, known_at=known_at)[0]


def of_pools(pools: Sequence[Pool], *, as_of: datetime, known_at: datetime) -> list[Balance]:
    """The balances of pools of one customer; a constant number of queries."""
    if not pools:
        return []
    customer = pools[0].customer_id
    ids = [pool.id for pool in pools]
    asked = {"customer": customer, "pools": ids, "as_of": as_of, "known_at": known_at}
    blocks: dict[int, list[BlockBalance]] = {}
    rows = sql.rows("ledger", "block_balances", **asked)
    rounding = books.current(known_at).rounding
    values = block_values.of((_standing(row, row[15]) for row in rows), rounding)
    in_books = block_values.of((_standing(row, row[19]) for row in rows), rounding)
    for row in rows:
        found = _block(row, values[row[0]], in_books[row[0]], as_of)
        blocks.setdefault(row[1], []).append(found)
    overage = {
        (pool, term): credits
        for pool, term, credits in sql.rows("ledger", "overage_as_of", **asked)
    }
    terms = running_terms(customer, [pool.holder_id for pool in pools], as_of)
    held = dict(sql.rows("ledger", "held_as_of", **asked))
    for day in daily_rules.unwritten(pools, known_at):
        blocks.setdefault(day.rule.pool_id, []).append(_of_day(day, as_of))
    return [
        _balance(
            pool,
            blocks.get(pool.id, []),
            held.get(pool.id, 0),
            overage.get((pool.id, terms.get(pool.holder_id)), 0),
        )
        for pool in pools
    ]


def running_terms(customer_id: int, holder_ids: Sequence[int], at: datetime) -> dict[int, int]:
    """The id of the term that holds `at`, per holder that has one."""
    return dict(
        Term.objects.filter(
            customer_id=customer_id, holder_id__in=holder_ids, starts_at__lte=at, ends_at__gt=at
        ).values_list("holder_id", "id")
    )


def caps(pools: Sequence[Pool], at: datetime) -> dict[int, int]:
    """The overage cap of each pool's term at `at`, by pool id; missing where none is allowed."""
    if not pools:
        return {}
    keys = {pool.id: limits.key_of(pool.holder, pool.customer.code) for pool in pools}
    settings = limits.of(keys.values(), at)
    running = running_terms(pools[0].customer_id, [pool.holder_id for pool in pools], at)
    committed = PoolTerm.objects.filter(
        customer_id=pools[0].customer_id, pool__in=list(keys), term__in=list(running.values())
    )
    lifted = CapLift.objects.filter(
        customer_id=pools[0].customer_id,
        pool__in=list(keys),
        term__in=list(running.values()),
        effective_at__lte=at,
    ).order_by("id")
    found, graced = {}, _grace_bases(pools, list(running.values()))
    for row in committed.select_related("term", "pool__holder", "pool__unit"):
        of_holder = settings[keys[row.pool_id].holder_id]
        if of_holder.rules.enforcement == SOFT:
            base = graced.get(row.pool_id)
            found[row.pool_id] = cap_by(of_holder, row, at) if base is None else of_holder.cap(base)
    return found | {lift.pool_id: lift.cap for lift in lifted if lift.pool_id in found}


def _grace_bases(pools: Sequence[Pool], terms: Sequence[int]) -> dict[int, int]:
    """Of which credits the cap is a share now, by pool id, where it is not the commitment any more."""
    rows = OverageBasis.objects.filter(
        customer_id=pools[0].customer_id, pool__in=[pool.id for pool in pools], term__in=terms
    )
    return dict(rows.order_by("no").values_list("pool_id", "base"))


def cap_by(settings: limits.Limits, committed: PoolTerm, at: datetime) -> int:
    """The overage cap of a term by these settings at `at`, but for lifts (O1)."""
    if settings.overage_base == limits.COMMITMENT:
        return settings.cap(committed.commitment)
    return settings.cap(available_in(committed.pool, committed.term, at))


def available_in(pool: Pool, term: Term, at: datetime) -> int:
    """What blocks gave in a term, as known now, and have left at `at` if it runs; not daily ones."""
    used = consumption(pool, term)
    given = sum(credits for kind, credits in used.items() if kind not in ("overage", DAILY))
    if not term.starts_at <= at < term.ends_at:
        return given
    blocks = of_pool(pool, as_of=at, known_at=at).blocks
    return given + sum(block.left for block in blocks if block.kind != DAILY)


def pools_of(holder: Holder) -> list[Pool]:
    """The pools of a holder, with unit and holder."""
    return list(
        Pool.objects.filter(customer_id=holder.customer_id, holder=holder)
        .select_related("unit", "holder", "customer")
        .order_by("id")
    )


def consumption(pool: Pool, term: Term) -> dict[str, int]:
    """Net credits used in a term by kind of block, and `overage`; by event time (T8)."""
    rows = sql.rows(
        "ledger", "term_consumption", customer=pool.customer_id, pool=pool.id, term=term.id
    )
    return dict(rows)


def observed(holder: Holder) -> int:
    """Credits that were rated but not drawn while the holder was only observed (S6)."""
    recorded = UsageEvent.objects.filter(
        customer_id=holder.customer_id, holder=holder, status=UsageEvent.Status.RECORDED
    )
    return sum(recorded.values_list("credits", flat=True))


def commitment_of(pool: Pool, term: Term) -> PoolTerm | None:
    """What the pool's term obliges to, if it does."""
    return PoolTerm.objects.filter(customer_id=pool.customer_id, pool=pool, term=term).first()


def overage_of(pool: Pool, term: Term) -> int:
    """Net overage of a term, as known now."""
    return consumption(pool, term).get("overage", 0)


def _standing(row: Sequence[Any], cost: int) -> Standing:
    """How a row of `block_balances` stands on its cost layer, which cost so much."""
    id_, granted, used, expired, voided = row[0], row[6], *row[10:13]
    layer, quantity, gone = row[13], row[14], row[17]
    rest = granted - used - expired - voided
    return Standing(id_, layer, quantity, cost, came=granted - gone, rest=rest)


def _block(row: Sequence[Any], own: Value, in_books: Value, as_of: datetime) -> BlockBalance:
    """A row of `block_balances` with its values. What is recognised in proportion to use is booked in the
    books' currency only: in its own, the block has released the same share."""
    recognised = row[18]
    left, functional_left = own.left_minor, in_books.left_minor
    if recognised is not None:
        functional_left = in_books.cost_minor - int(recognised)
        left = functional_left
        if in_books.cost_minor != own.cost_minor:
            share = Fraction(functional_left * own.cost_minor, in_books.cost_minor or 1)
            left = money.round_half_up(share)
    carried = (own.cost_minor, left, own.unit_cost)
    return BlockBalance(*(*row[:13], *carried, row[16], functional_left, as_of))


def _of_day(day: Day, as_of: datetime) -> BlockBalance:
    """A day's credits that have no block yet, as that block will be."""
    return BlockBalance(
        id=0,
        pool_id=day.rule.pool_id,
        kind=DAILY,
        meters=None,
        priority=daily_rules.PRIORITY,
        source=day.source,
        granted=day.rule.credits,
        effective_at=day.begins,
        expires_at=day.ends,
        frozen_from=None,
        used=0,
        expired=0,
        voided=0,
        cost_minor=0,
        value_left_minor=0,
        unit_cost=Fraction(0),
        currency="",
        functional_left_minor=0,
        as_of=as_of,
    )


def _balance(pool: Pool, blocks: list[BlockBalance], held: int, overage: int) -> Balance:
    return Balance(
        pool_id=pool.id,
        holder=pool.holder.code,
        unit=pool.unit.code,
        available=max(0, sum(block.left for block in blocks) - held),
        held=held,
        granted=sum(block.granted for block in blocks),
        used=sum(block.used for block in blocks),
        expired=sum(block.expired for block in blocks),
        voided=sum(block.voided for block in blocks),
        overage=overage,
        blocks=blocks,
    )
