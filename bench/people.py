"""Answers what one large account costs: 160,000 people, half of whom use nothing and 200 most.

Once all draw from one pool, once everybody has a seat in it: an allowance of the month, counted per
person. Both beside the plainest way to store the same rows; both recounted person by person.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import accumulate
from random import Random

from django.db import connection, connections

from accounts import customers
from bench import market, turns
from bench.recount import Differs
from bench.timing import Ratio
from creditops.database import scratch_process
from creditops.lib import policies
from ledger import books, grants, holders, tariffs, units
from ledger.api.bodies import NativeEvent
from ledger.grants import Grant
from ledger.tariffs import Price

PEOPLE, EXTREME, EXTREME_SHARE = 160_000, 200, 0.65
SIZE, BATCHES, WARM_UP = 10_000, 2, 40_000
# Some of the extreme reach it before the end; nobody else does.
ALLOWANCE = 20_000
CUSTOMER, METER, RATE = "large", "answer", 3
_SEED = 2
# What every person has used, and how much the pool says was used.
_USED = """
SELECT u.name, count(*) FILTER (WHERE e.status = 'a'), count(*) FILTER (WHERE e.status = 'r'),
       sum(e.credits) FILTER (WHERE e.status = 'a')
FROM ledger_usageevent AS e JOIN ledger_username AS u ON u.customer_id = e.customer_id AND u.id = e.user_id
GROUP BY u.name
"""


class People:
    """What every person drew, event by event, with no look at the ledger's own code."""

    def __init__(self, allowance: int | None) -> None:
        self._allowance = allowance
        self._seen: set[str] = set()
        self.used: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def take(self, batch: Sequence[NativeEvent]) -> None:
        """Count a batch: inside of it events draw in the order of their times."""
        fresh = []
        for event in batch:
            if event.id not in self._seen:
                self._seen.add(event.id)
                fresh.append(event)
        for event in sorted(fresh, key=lambda event: event.time or ""):
            self._draw(event.user or "", RATE * int(event.quantity or 0))

    def compare(self) -> None:
        """Raise Differs unless the ledger says the same of every person, and of the pool."""
        with connection.cursor() as cursor:
            cursor.execute(_USED)
            found = {name: (on, off, int(used or 0)) for name, on, off, used in cursor.fetchall()}
            cursor.execute("SELECT consumed FROM ledger_poolstate")
            [[consumed]] = cursor.fetchall()
            cursor.execute(
                "SELECT u.name, s.credits FROM ledger_seatuse AS s"
                " JOIN ledger_username AS u ON u.customer_id = s.customer_id AND u.id = s.user_id"
            )
            seats = dict(cursor.fetchall())
        expected = {
            name: (self.applied[name], self.refused[name], self.used[name])
            for name in {*self.applied, *self.refused}
        }
        if found != expected:
            wrong = next(n for n in {*found, *expected} if found.get(n) != expected.get(n))
            raise Differs(f"{wrong}: {found.get(wrong)}, and not {expected.get(wrong)}")
        if consumed != self.used.total():
            raise Differs(f"the pool: {consumed} used, and not {self.used.total()}")
        if self._allowance is not None and seats != dict(self.used):
            raise Differs("the seats' counts are not what their people used")

    def _draw(self, user: str, credits: int) -> None:
        if self._allowance is not None and self.used[user] + credits > self._allowance:
            self.refused[user] += 1
            return
        self.applied[user] += 1
        self.used[user] += credits


def measure(people: int = PEOPLE, rounds: int | None = None) -> list[Ratio]:
    """Events stored a second, pooled and per seat, ours and the reference's."""
    asked = (people, turns.rounds_of(rounds))
    return [
        scratch_process.run(_measure, "Pooled", None, *asked),
        scratch_process.run(_measure, "Per seat", ALLOWANCE, *asked),
    ]


def usage(people: int) -> Iterator[NativeEvent]:
    """Events without end, a hundred a second: everybody who uses anything at all comes once, first."""
    draw = Random(_SEED)
    active = people // 2
    extreme = min(EXTREME, active)
    weights = [EXTREME_SHARE / extreme] * extreme
    weights += [(1 - EXTREME_SHARE) / max(1, active - extreme)] * (active - extreme)
    bounds = list(accumulate(weights))
    number = 0
    while True:
        user = number if number < active else bisect(bounds, draw.random() * bounds[-1])
        number += 1
        time = market.START + timedelta(days=10, milliseconds=10 * number)
        yield NativeEvent(
            id=f"{draw.getrandbits(128):032x}",
            meter=METER,
            customer=CUSTOMER,
            source="bench",
            time=time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            quantity=min(int(draw.paretovariate(1.2)), 1_000),
            user=f"person{min(user, active - 1)}",
        )


def _measure(name: str, allowance: int | None, people: int, rounds: int) -> Ratio:
    _sign(allowance)
    _name_everybody(people)
    events, model = usage(people), People(allowance)
    turns.warm_up(events, model, max(WARM_UP, people // 2), SIZE)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    ratio = turns.beside_insert(
        f"{name}, {people:,} people by {SIZE:,}",
        events,
        model,
        size=SIZE,
        batches=BATCHES,
        rounds=rounds,
    )
    model.compare()
    return ratio


def _sign(allowance: int | None) -> None:
    """One customer with one contract and credits enough."""
    start = market.START
    books.open_books(currency="USD", time_zone="UTC", at=start)
    unit, meter = units.ensure(units.CREDITS), units.ensure_meter(METER)
    price = Price(METER, "fixed", meter, "", {}, unit, credits=RATE)
    tariffs.publish(name="card", version="1", prices=[price], effective_from=start, at=start)
    buyer = customers.create(
        code=CUSTOMER, name=CUSTOMER, currency="USD", time_zone="UTC", at=start
    )
    holder = holders.add(buyer, code=CUSTOMER, time_zone="UTC", at=start)
    holders.begin_term(holder, starts_at=start, ends_at=market.END)
    tariffs.assign(holder, name="card", starts_at=start, source="bench")
    if allowance is not None:
        policies.change(
            f"customer:{CUSTOMER}",
            {"seat_allowance": allowance},
            effective_at=start,
            recorded_at=start,
            by="bench",
        )
    block = Grant(
        kind="paid",
        credits=4_000_000_000,
        source="block",
        effective_at=start,
        expires_at=market.END,
        cost_minor=4_000_000_000,
        cost_functional_minor=4_000_000_000,
        currency="USD",
        by="bench",
    )
    grants.issue(holders.pool(holder, unit, start), [block], at=start)


def _name_everybody(people: int) -> None:
    """Everybody has a number, also who never uses anything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_username (customer_id, name)"
            " SELECT c.id, 'person' || n FROM accounts_customer AS c, generate_series(0, %s - 1) AS n",
            [people],
        )
