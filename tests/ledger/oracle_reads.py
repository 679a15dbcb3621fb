"""Answers what the oracle's entries say: balances of any instant, consumption, revenue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from fractions import Fraction
from math import floor

from tests.ledger.oracle import Oracle
from tests.ledger.oracle_rows import Block, Pool, Term


def as_of(pool: Pool, at: datetime, known: datetime) -> dict[str, tuple[int, int, int, int]]:
    """(used, expired, voided, left) per block as of `at`, as known at `known` (L16)."""
    found = {}
    for block in pool.blocks:
        if block.recorded_at > known:
            continue
        entries = [
            e
            for e in pool.entries
            if e.of is block and e.effective_at <= at and e.recorded_at <= known
        ]
        used, expired, voided = (
            sum(e.credits for e in entries if e.type == type_)
            for type_ in ("CONSUME", "EXPIRE", "REVOKE")
        )
        ends = [
            frozen_from or end
            for index, (effective, recorded, end, frozen_from) in enumerate(block.ends)
            if index == 0 or (effective <= at and recorded <= known)
        ]
        lives = block.effective_at <= at and (ends[-1] is None or at < ends[-1])
        left = block.granted - used - expired - voided if lives else 0
        found[block.source] = (used, expired, voided, left)
    return found


def overage_as_of(pool: Pool, at: datetime, known: datetime) -> int:
    """Overage of the term that holds `at`."""
    commitment = pool.commitment(pool.holder.term_at(at))
    return sum(
        e.credits
        for e in pool.entries
        if e.of is commitment and e.effective_at <= at and e.recorded_at <= known
    )


def consumption(pool: Pool, term: Term) -> dict[str, int]:
    """Net consumption of a term by kind of block, by event time (T8)."""
    found: dict[str, int] = {}
    for e in pool.entries:
        if e.type in ("CONSUME", "OVERAGE") and e.term is term:
            kind = e.of.kind if isinstance(e.of, Block) else "overage"
            found[kind] = found.get(kind, 0) + e.credits
    return {kind: credits for kind, credits in found.items() if credits}


def earnings(oracle: Oracle, pools: Iterable[Pool]) -> dict[tuple[date, str], int]:
    """Value per posting date and account: revenue, what runs over days, what is a provider's."""
    found: Counter[tuple[date, str]] = Counter()
    for pool in pools:
        for e in pool.entries:
            if e.type != "REVOKE":
                found[e.posting_date, e.account] += e.value
        for on, cents in _in_cents(pool.costs):
            found[on, "2010"] += cents
            found[on, "5000"] -= cents
    for on, amount in oracle.earned:
        found[on, "4000"] += amount
        found[on, "2120"] -= amount
    return {key: value for key, value in found.items() if value}


def _in_cents(costs: Iterable[tuple[date, Fraction]]) -> Iterator[tuple[date, int]]:
    """Each cost as the difference of two rounded sums, so that all add up (M4)."""
    total = Fraction(0)
    for on, cost in costs:
        yield on, _cents(total + cost) - _cents(total)
        total += cost


def _cents(amount: Fraction) -> int:
    return floor(amount * 100 + Fraction(1, 2))
