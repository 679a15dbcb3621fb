"""How usage arrives changes no balance: in which order, in which batches, whole or split, twice (L17).

That holds for accepted usage with the same eligible blocks and no overage before a grant; with scoped
blocks the order decides by nature. Expiries between arrivals change nothing either (L9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import due
from ledger import balances
from ledger.messages import Message
from ledger.models import Pool
from tests import cast

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# Used in these days, while every block lives; reported from then on, while some of them end.
FIRST, LAST = cast.at("2026-02-08"), cast.at("2026-02-19")
END = cast.at("2026-03-06")
HISTORIES = 10

# Per block: granted, used, expired.
Balances = dict[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Lot:
    """A block to be granted."""

    kind: str
    credits: int
    cost: int
    effective_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Use:
    """A usage event: credits, or tokens of which 1,000 cost 5 credits."""

    key: str
    meter: str
    quantity: int
    time: datetime


@given(random=st.randoms(use_true_random=False))
@seed(17)
@settings(
    max_examples=HISTORIES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
def test_order_batches_repetition_and_splitting_change_no_balance(random):
    lots = [_lot(random) for _ in range(random.randint(2, 5))]
    uses = _uses(random, sum(lot.credits for lot in lots))

    first = _play(lots, uses, random)

    assert _play(lots, uses, random) == first
    assert _play(lots, _split(uses, random), random) == first


def test_with_a_scoped_block_the_order_decides_by_nature():
    """The control: balances would show it if the order of arrival changed them."""
    pool = cast.open_pool(cast.customer())
    calls = rate_cards.publish(
        card="std", version="v1", items=[Item("call", 1)], effective_from=cast.START, by="Sam",
        at=cast.START,
    )  # fmt: skip
    agreements.follow_rates(pool.holder, calls.card, at=cast.START)
    meter = calls.items.get().meter_id
    cast.grant(pool, 10, source="all")
    cast.grant(pool, 10, source="calls", meters=[meter], end=LAST)
    call, other = cast.usage("u1", 10, meter="call"), cast.usage("u2", 10)

    used = []
    for order in ([call, other], [other, call]):
        with transaction.atomic():
            for at, message in zip((FIRST, LAST), order, strict=True):
                cast.report(message, when=at)
            used.append({name: u for name, (_, u, _) in _balances(pool, LAST).items()})
            transaction.set_rollback(True)

    assert used == [{"all": 10, "calls": 10}, {"all": 10, "calls": 0}]


def _lot(random: Random) -> Lot:
    return Lot(
        kind=random.choice(["paid", "paid", "bonus", "promo"]),
        credits=random.randint(1, 60),
        cost=random.randint(0, 900),
        effective_at=cast.START + DAY * random.randint(0, 20),
        expires_at=random.choice([None, LAST + DAY * random.randint(1, 15)]),
    )


def _uses(random: Random, credits: int) -> list[Use]:
    """Usage that the blocks can pay to the credit, in any order."""
    found: list[Use] = []
    tokens = 0
    while len(found) < 12:
        time = FIRST + (LAST - FIRST) * random.random()
        if random.randrange(3) == 0:
            wanted = random.randint(0, 900)
            if (tokens + wanted) * 5 // 1_000 > credits:
                break
            credits -= (tokens + wanted) * 5 // 1_000 - tokens * 5 // 1_000
            tokens += wanted
            found.append(Use(f"u{len(found)}", "tokens", wanted, time))
        else:
            wanted = random.choice([random.randint(0, 20), credits])
            if wanted > credits:
                break
            credits -= wanted
            found.append(Use(f"u{len(found)}", "credits", wanted, time))
    return found


def _split(uses: list[Use], random: Random) -> list[Use]:
    """Each event in two of the same instant."""
    found = []
    for use in uses:
        part = random.randint(0, use.quantity)
        found.append(replace(use, key=f"{use.key} a", quantity=part))
        found.append(replace(use, key=f"{use.key} b", quantity=use.quantity - part))
    return found


def _play(lots: list[Lot], uses: list[Use], random: Random) -> Balances:
    """Grant, report in some order and in some batches with expiries between, and report all again."""
    with transaction.atomic():
        pool = _sell(lots)
        arrivals = _arrivals(uses, random)
        for at, batch in arrivals:
            if random.randrange(2):
                assert due.run(at, now=at).failed == []
            outcomes = cast.report(*batch, when=at).outcomes
            assert {outcome.status for outcome in outcomes} == {"applied"}
        assert due.run(END, now=END).failed == []
        found = _balances(pool, END)
        again = [message for _, batch in arrivals for message in batch]
        random.shuffle(again)
        repeated = cast.report(*again, when=END).outcomes if again else []
        assert {outcome.status for outcome in repeated} <= {"duplicate"}
        assert _balances(pool, END) == found
        transaction.set_rollback(True)
    return found


def _arrivals(uses: list[Use], random: Random) -> list[tuple[datetime, list[Message]]]:
    """The batches in which usage is reported, day by day."""
    shuffled = random.sample(uses, len(uses))
    days: dict[datetime, list[Message]] = {}
    for use in shuffled:
        at = LAST + DAY * random.randint(0, 14)
        message = cast.usage(use.key, use.quantity, meter=use.meter, time=use.time)
        days.setdefault(at, []).append(message)
    return sorted(days.items(), key=lambda day: day[0])


def _sell(lots: list[Lot]) -> Pool:
    """Acme's open pool with these blocks, and what tokens cost."""
    pack = Item("tokens", 5, kind="pack", per=1_000)
    version = rate_cards.publish(
        card="std", version="v1", items=[pack], effective_from=cast.START, by="Sam", at=cast.START
    )
    pool = cast.open_pool(cast.customer())
    agreements.follow_rates(pool.holder, version.card, at=cast.START)
    for number, lot in enumerate(lots):
        cast.grant(
            pool,
            lot.credits,
            source=f"b{number}",
            cost=lot.cost,
            kind=lot.kind,
            when=lot.effective_at,
            end=lot.expires_at,
        )
    return pool


def _balances(pool: Pool, at: datetime) -> Balances:
    found = balances.of_pool(pool, as_of=at, known_at=at).blocks
    return {block.source: (block.granted, block.used, block.expired) for block in found}
