"""Answers what somebody who cancels still has: the credits, until when, what they would buy (S38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts import rate_words, subscriptions
from contracts.models import RateItem, Subscription
from creditops.lib import calendar
from ledger import balances
from ledger.tariffs import PriceBook

# So many examples of what credits buy are told.
_EXAMPLES = 6


@dataclass(frozen=True)
class Lot:
    """Credits that end on one day, the last on which they can be used."""

    credits: int
    last_day: date | None


@dataclass(frozen=True)
class Buys:
    """What the credits would still buy: so many of an action."""

    number: int
    what: str


@dataclass(frozen=True)
class Leaving:
    """What is left of a subscription that is to be cancelled."""

    subscription: Subscription
    left: int
    lots: Sequence[Lot]
    buys: Sequence[Buys]
    last_day: date | None


def of(found: Subscription, at: datetime) -> Leaving:
    """What the subscription still has at `at`."""
    pool = subscriptions.pool_of(found, at)
    blocks = [b for b in balances.of_pool(pool, as_of=at, known_at=at).blocks if b.left]
    left = sum(block.left for block in blocks)
    lots: dict[date | None, int] = {}
    for block in blocks:
        until = block.frozen_from or block.expires_at
        day = None if until is None else calendar.last_day(until, found.time_zone)
        lots[day] = lots.get(day, 0) + block.left
    term = subscriptions.running_term(found, at)
    return Leaving(
        subscription=found,
        left=left,
        lots=[Lot(n, day) for day, n in sorted(lots.items(), key=lambda x: (x[0] is None, x[0]))],
        buys=_buys(found, pool.unit_id, left, at),
        last_day=None if term is None else calendar.last_day(term.ends_at, found.time_zone),
    )


def _buys(found: Subscription, unit_id: int, left: int, at: datetime) -> list[Buys]:
    """So many of each action of its rate card, the dearest first: what few credits buy says most."""
    tariff = PriceBook.read([(found.customer_id, found.holder_id)]).tariff(found.holder_id, at)
    if tariff is None or not left:
        return []
    items = RateItem.objects.filter(version__tariff_id=tariff.id, unit_id=unit_id)
    fixed = [item for item in items if item.kind in ("fixed", "pack")]
    fixed.sort(key=lambda item: (-item.credits / item.per, item.id))
    return [
        Buys(left * item.per // item.credits, rate_words.item_name(item))
        for item in fixed[:_EXAMPLES]
    ]
