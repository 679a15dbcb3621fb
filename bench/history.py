"""Answers what history costs: reading a balance, and a check, with a long one beside none at all.

One server, two customers on one rate card: one with 1,000 blocks and a million events behind it, taken
in like any usage, one with a single block and none. Both are asked in turns.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import connections

from accounts import customers
from bench import timing
from bench.timing import Spread
from creditops.database import scratch_process
from ledger import availability, balances, books, grants, holders, metering, tariffs, totals, units
from ledger.grants import Grant
from ledger.messages import LARGEST_BATCH, Message
from ledger.models import Block, Holder, Pool
from ledger.tariffs import Price

EVENTS = 1_000_000
BLOCKS = 1_000
READS = 2_000

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
METER = "call"


def measure(events: int = EVENTS) -> list[Spread]:
    """Milliseconds of a read and of a check, after so many events and after none."""
    return scratch_process.run(_measure, events)


def _measure(events: int) -> list[Spread]:
    long, none = _open_books(("long", "none"))
    at = _live_through(long, events)
    _grant(none, number=1, size=BLOCKS, at=START, first=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    for pool in (long, none):
        _must_agree(pool, at)
    told = f"{BLOCKS:,} blocks and {events:,} events"
    return [
        Spread(name, told, *timing.spread(partial(ask, long, at), partial(ask, none, at), READS))
        for name, ask in (("Balance", _read), ("Check", _check))
    ]


def _open_books(codes: tuple[str, ...]) -> list[Pool]:
    """A rate card of one credit a call, and a contract on it for each of these customers."""
    books.open_books(currency="USD", time_zone="UTC", at=START)
    unit = units.ensure(units.CREDITS)
    price = Price(METER, "fixed", units.ensure_meter(METER), "", {}, unit, credits=1)
    tariffs.publish(name="calls", version="1", prices=[price], effective_from=START, at=START)
    made = []
    for code in codes:
        customer = customers.create(code=code, name=code, currency="USD", time_zone="UTC", at=START)
        holder = holders.add(customer, code=f"{code}-1", time_zone="UTC", at=START)
        holders.begin_term(holder, starts_at=START, ends_at=END)
        tariffs.assign(holder, name="calls", starts_at=START, source="bench")
        made.append(holders.pool(holder, unit, START))
    return made


def _live_through(pool: Pool, events: int) -> datetime:
    """Grant blocks and take in usage by turns, a call a second; returns the instant after it.

    Of the credits granted two thirds are used in the end, so two blocks of three are empty.
    """
    size = -(-3 * events // (2 * BLOCKS))
    batch = min(LARGEST_BATCH, -(-events // 100))
    turns = -(-events // batch)
    at = START
    for turn in range(turns):
        first, last = (-(-BLOCKS * number // turns) for number in (turn, turn + 1))
        _grant(pool, number=last - first, size=size, at=at, first=first)
        calls = range(batch * turn, min(events, batch * (turn + 1)))
        at = START + timedelta(seconds=calls[-1])
        receipt = metering.accept([_call(pool, n) for n in calls], at=at, origin="bench")
        if any(outcome.status != "applied" for outcome in receipt.outcomes):
            raise RuntimeError("the history was not taken in as usage")
        if turn % 10 == 9:
            print(f"  history: {calls[-1] + 1:,} of {events:,} events", file=sys.stderr)
    return at


def _grant(pool: Pool, *, number: int, size: int, at: datetime, first: int) -> None:
    wanted = [
        Grant(
            kind=Block.Kind.PAID,
            credits=size,
            source=f"block {n}",
            effective_at=at,
            expires_at=END,
            cost_minor=size,
            cost_functional_minor=size,
            currency="USD",
            by="bench",
        )
        for n in range(first, first + number)
    ]
    if wanted:
        grants.issue(pool, wanted, at=at)


def _call(pool: Pool, number: int) -> Message:
    return Message(
        source="bench",
        key=str(number),
        customer=pool.customer.code,
        meter=METER,
        time=START + timedelta(seconds=number),
        quantity=Decimal(1),
    )


def _must_agree(pool: Pool, at: datetime) -> None:
    """A number that comes fast and is wrong is not measured."""
    [fast], slow = totals.of_pools([pool], at), balances.of_pool(pool, as_of=at, known_at=at)
    if (fast.available, fast.used, fast.granted) != (slow.available, slow.used, slow.granted):
        raise RuntimeError(f"the balance of {pool.customer.code} is not what its books say")


def _read(pool: Pool, at: datetime) -> None:
    """What the API does for a balance, once it knows who asks."""
    totals.of_pools(balances.pools_of(Holder.objects.get(code=pool.holder.code)), at)


def _check(pool: Pool, at: datetime) -> None:
    availability.check(
        Message(source="", key="", customer=pool.customer.code, meter=METER, quantity=Decimal(5)),
        at,
    )
