"""Answers what intake is measured on: a market of customers and its usage, the same in every run.

Few customers use most (Zipf). Of the events 1 % come hours late, 5 % draw from credits that are for one
meter only, 1 % are refused since their customer has nothing left, 1 % are repetitions, half of them of
something long ago, and 0.5 % are corrected later. Ten of twelve meters draw AI credits, two draw data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from django.db import connections, transaction

from accounts import customers
from ledger import books, grants, holders, tariffs, units
from ledger.api.bodies import NativeEvent
from ledger.grants import Grant
from ledger.tariffs import Price

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
CARDS, METERS, DATA_METERS = 5, 10, 2
# What this meter costs is paid by a block of its own first, where there is one.
SCOPED_METER = "m0"
# Each original is a kind of customer on one of the cards; the others are copies of them.
KINDS = ("plain", "scoped", "empty")
CORRECTED_EVERY = 200
_EMPTY_SHARE, _SCOPED_SHARE, _LATE_SHARE, _REPEATED_SHARE = 0.01, 0.05, 0.01, 0.01
_SEED, _SKEW = 1, 1.05
# Blocks of a customer in draw order: kind, credits, cost in minor units.
_BLOCKS = (("promo", 2_000, 0), ("paid", 40_000, 40_000), ("paid", 4_000_000_000, 4_000_000_000))
# Everything that makes a customer, and which of its columns hold numbers that a copy has anew.
_COPIED = {
    "accounts_customer": "id",
    "ledger_holder": "customer_id id",
    "ledger_holdertariff": "customer_id id holder_id",
    "ledger_term": "customer_id id holder_id",
    "ledger_pool": "customer_id id holder_id",
    "ledger_costlayer": "customer_id id",
    "ledger_poolterm": "customer_id id term_id pool_id overage_layer_id",
    "ledger_block": "customer_id id pool_id term_id",
    "ledger_blockchange": "customer_id id block_id",
    "ledger_blocklayer": "customer_id id block_id layer_id",
    "ledger_blockstate": "customer_id block_id pool_id",
    "ledger_poolstate": "customer_id pool_id term_id",
    "ledger_scopeline": "customer_id id pool_id",
    "ledger_layout": "customer_id id pool_id term_id",
    "ledger_segment": "customer_id id pool_id block_id layer_id",
    "ledger_termuse": "customer_id id pool_id term_id",
}
_NAMED = {"accounts_customer": "code", "ledger_holder": "code", "ledger_block": "source"}
_FAR = 1_000_000


@dataclass(frozen=True)
class Market:
    """Customers by kind, the most active first."""

    customers: int

    def code(self, rank: int) -> str:
        """The code of the customer with this rank."""
        return f"{self.kind(rank)}{self._original(rank)}.{rank // self._originals}"

    def kind(self, rank: int) -> str:
        """Of which kind that customer is."""
        return KINDS[self._original(rank) % len(KINDS)]

    def card(self, rank: int) -> int:
        """On which rate card."""
        return self._original(rank) // len(KINDS)

    def _original(self, rank: int) -> int:
        return rank % self._originals

    @property
    def _originals(self) -> int:
        return CARDS * len(KINDS)


def open_market(copies: int) -> Market:
    """Make the catalogue and so many copies of every kind of customer, in an empty book."""
    books.open_books(currency="USD", time_zone="UTC", at=START)
    for card in range(CARDS):
        _publish(card)
    for original in range(CARDS * len(KINDS)):
        _sign(f"{KINDS[original % len(KINDS)]}{original}", original // len(KINDS))
    _copy(copies)
    return Market(CARDS * len(KINDS) * copies)


def rate(card: int, meter: str) -> int:
    """Credits for one of a meter's quantity."""
    return 1 + card + int(meter[1:])


def unit(meter: str) -> str:
    """The credit unit that a meter draws."""
    return units.CREDITS if meter[0] == "m" else "DATA"


def usage(market: Market) -> Iterator[NativeEvent]:
    """Events without end, a hundred a second, as clients send them."""
    draw = Random(_SEED)
    ranks = {
        kind: [rank for rank in range(market.customers) if market.kind(rank) == kind]
        for kind in KINDS
    }
    weights = {
        kind: list(accumulate(1 / (1 + rank) ** _SKEW for rank in ranks[kind])) for kind in KINDS
    }
    meters = [f"m{n}" for n in range(1, METERS)] + [f"d{n}" for n in range(DATA_METERS)]
    sent: list[NativeEvent] = []
    number = 0
    while True:
        number += 1
        if sent and draw.random() < _REPEATED_SHARE:
            near = min(len(sent), 500)
            yield sent[-draw.randint(1, near if draw.random() < 0.5 else len(sent))]
            continue
        chance = draw.random()
        kind, meter = "plain" if draw.random() < 0.7 else "scoped", draw.choice(meters)
        if chance < _EMPTY_SHARE:
            kind = "empty"
        elif chance < _EMPTY_SHARE + _SCOPED_SHARE:
            kind, meter = "scoped", SCOPED_METER
        rank = draw.choices(ranks[kind], cum_weights=weights[kind])[0]
        time = START + timedelta(days=10, milliseconds=10 * number)
        if draw.random() < _LATE_SHARE:
            time -= timedelta(hours=draw.randint(1, 48))
        event = NativeEvent(
            id=f"{draw.getrandbits(128):032x}",
            meter=meter,
            customer=market.code(rank),
            source="bench",
            time=time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            quantity=int(draw.paretovariate(1.2)),
            user=f"u{min(int(draw.paretovariate(0.8)), 40)}",
        )
        sent.append(event)
        yield event


def blocks(kind: str, unit_code: str) -> list[tuple[str, int]]:
    """What a customer of a kind has: (source, credits) in draw order; a scoped block is the first."""
    if kind == "empty":
        return [("0", 10)]
    own = [(str(n), credits) for n, (_, credits, _) in enumerate(_BLOCKS, start=1)]
    scoped = kind == "scoped" and unit_code == units.CREDITS
    return [("0", 1_000_000_000), *own] if scoped else own


def _publish(card: int) -> None:
    meters = [f"m{n}" for n in range(METERS)] + [f"d{n}" for n in range(DATA_METERS)]
    prices = [
        Price(
            item=meter,
            kind="fixed",
            meter=units.ensure_meter(meter),
            property="",
            match={},
            unit=units.ensure(unit(meter)),
            credits=rate(card, meter),
        )
        for meter in meters
    ]
    tariffs.publish(name=f"card{card}", version="1", prices=prices, effective_from=START, at=START)


def _sign(original: str, card: int) -> None:
    """Make one customer with its credits; an empty one has next to none, and no contract."""
    kind = original.rstrip("0123456789")
    code = f"{original}.0"
    customer = customers.create(code=code, name=original, currency="USD", time_zone="UTC", at=START)
    if kind == "empty":
        holder, term = holders.pay_as_you_go(customer, START), None
    else:
        holder = holders.add(customer, code=code, time_zone="UTC", at=START)
        term = holders.begin_term(holder, starts_at=START, ends_at=END)
    tariffs.assign(holder, name=f"card{card}", starts_at=START, source="bench")
    scope = [units.find_meter(SCOPED_METER).id]
    for unit_code in (units.CREDITS, "DATA"):
        pool = holders.pool(holder, units.find(unit_code), START)
        costs = {str(n): (name, cost) for n, (name, _, cost) in enumerate(_BLOCKS, start=1)}
        granted = []
        for source, credits in blocks(kind, unit_code):
            name, cost = costs.get(source, ("promo", 0))
            granted.append(
                Grant(
                    kind=name,
                    credits=credits,
                    source=f"{code}/{unit_code}/{source}",
                    effective_at=START,
                    expires_at=END,
                    cost_minor=cost,
                    cost_functional_minor=cost,
                    currency="USD",
                    term=term,
                    meters=scope if source == "0" and kind == "scoped" else None,
                    by="bench",
                    reason="bench",
                )
            )
        grants.issue(pool, granted, at=START)


def _copy(copies: int) -> None:
    """Copy every customer so often, with all that it has, under numbers and names of its own."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table, numbers in _COPIED.items():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " ORDER BY ordinal_position",
                [table],
            )
            columns = [name for (name,) in cursor.fetchall()]
            shifted = {name: f"{name} + copy::bigint * {_FAR}" for name in numbers.split()}
            if table in _NAMED:
                name = _NAMED[table]
                shifted[name] = rf"regexp_replace({name}, '\.0', '.' || copy)"
            values = ", ".join(shifted.get(name, f'"{name}"') for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table},"
                " generate_series(1, %s - 1) AS copy",
                [copies],
            )
            if "id" in shifted:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))"
                )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ANALYZE")
