"""Answers what an event costs with a hundred times the history: intake into a full book beside an almost
empty one.

Two books on one server, the same customers and rate card in both. One has taken in a few events, the other
a hundred times as many, made by one statement on the same lines: batches, events, drains and counters. Then
both take in the same batches by turns; one event of a hundred comes again, from anywhere in the history.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

from django.db import connections, transaction

from bench import history, timing
from bench.timing import Ratio
from creditops.database import scratch, scratch_process
from ledger import grants, metering, remembered, repetition, units
from ledger.api import bodies
from ledger.api.bodies import NativeEvent, Sender
from ledger.grants import Grant
from ledger.models import Block, Pool

EVENTS = 10_000
TIMES = 100
CUSTOMERS = 20
# Events in a batch, and how many batches of that size a round has.
SIZES = {1_000: 5, 10_000: 2}

_SENDER = Sender(source="bench")
_AGAIN_EVERY = 100
_ENOUGH = 10**12
_EACH = 100
_OLD_MAX = 100
_LATER = history.START + timedelta(days=60)
_STATEMENT = (Path(__file__).parent / "sql" / "growth.sql").read_text()


def measure(events: int = EVENTS) -> list[Ratio]:
    """Events taken in a second with a hundred times `events` behind, beside the same with `events`."""
    return scratch_process.run(_measure, events)


def _measure(events: int) -> list[Ratio]:
    little = connections["default"].settings_dict["NAME"]
    much = scratch.fresh_name("growth")
    scratch.create(much, scratch.template("empty"))
    try:
        for name, wanted in ((little, events), (much, TIMES * events)):
            with _in(name):
                make(wanted)
        return [_round(little, much, events, size, number) for size, number in SIZES.items()]
    finally:
        scratch.drop(much)


def make(events: int, *, each: int = _EACH, step: str = "1 second", credits: int = _ENOUGH) -> None:
    """Open the books of all customers, with a block of so many credits each, and give them a history of about
    so many events, `each` of a pool in a batch, a batch every `step`."""
    pools = history._open_books(tuple(f"c{number:02d}" for number in range(CUSTOMERS)))
    for pool in pools:
        _grant(pool, credits)
    batches = max(1, round(events / (each * len(pools))))
    asked = {
        "since": history.START,
        "batches": batches,
        "each": each,
        "step": step,
        "source": repetition.source_ids({_SENDER.source}, remembered.memory())[_SENDER.source],
        "meter": units.find_meter(history.METER).id,
    }
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(_STATEMENT, asked)
        cursor.execute(
            "UPDATE ledger_poolstate SET consumed = consumed + %s, used = used + %s WHERE layout_no > 0",
            [batches * each, batches * each],
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    print(f"  growth: {batches * each * len(pools):,} events of history", file=sys.stderr)


def _grant(pool: Pool, credits: int) -> None:
    wanted = Grant(
        kind=Block.Kind.PAID, credits=credits, source="all", effective_at=history.START,
        expires_at=history.END, cost_minor=credits, cost_functional_minor=credits, currency="USD",
        by="bench",
    )  # fmt: skip
    grants.issue(pool, [wanted], at=history.START)


def _round(little: str, much: str, events: int, size: int, number: int) -> Ratio:
    speeds: dict[str, list[float]] = {little: [], much: []}
    for turn in range(timing.ROUNDS):
        order = (little, much) if turn % 2 else (much, little)
        for name in order:
            speeds[name].append(_take_in(name, size, number, turn))
    return Ratio(
        f"Intake by {size:,} with {TIMES * events:,} events behind",
        "events", speeds[much], speeds[little], f"the same with {events:,}",
    )  # fmt: skip


def _take_in(name: str, size: int, number: int, turn: int) -> float:
    """Events a second of so many batches; the first one, which finds a new connection, is not counted."""
    draw = Random(f"{size}/{turn}")
    with _in(name):
        old = _old_keys(draw, size * number // _AGAIN_EVERY + 1)
        batches = [_batch(size, f"{size}/{turn}/{n}", draw, old) for n in range(number + 1)]
        taken = 0.0
        for place, batch in enumerate(batches):
            gc.collect()
            begun = time.perf_counter()
            receipt = metering.accept(bodies.read(batch, _SENDER), at=_LATER, origin="bench")
            taken += time.perf_counter() - begun if place else 0
            lost = {o.status for o in receipt.outcomes} - {"applied", "duplicate", "conflict"}
            if lost:
                raise RuntimeError(f"events were not taken in but {lost}")
    return size * number / taken


def _batch(size: int, name: str, draw: Random, old: list[tuple[str, str]]) -> list[NativeEvent]:
    """New events of all customers, and some that come again."""
    at = (_LATER - timedelta(minutes=1)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    made = []
    for place in range(size):
        customer, key = f"c{draw.randrange(CUSTOMERS):02d}", f"{draw.getrandbits(128):032x}"
        if place % _AGAIN_EVERY == 0:
            customer, key = old[draw.randrange(len(old))]
        made.append(
            NativeEvent(id=key, meter=history.METER, customer=customer, source=_SENDER.source,
                        time=at, quantity=1)
        )  # fmt: skip
    return made


def _old_keys(draw: Random, number: int) -> list[tuple[str, str]]:
    """(customer, key) of events from anywhere in the history, from some batches each."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM ledger_eventbatch WHERE origin = 'history'")
        [(first, last)] = cursor.fetchall()
        ids = [
            (draw.randint(first, last) << 16) + draw.randrange(_EACH * CUSTOMERS)
            for _ in range(min(number, _OLD_MAX))
        ]
        cursor.execute(
            "SELECT c.code, e.key FROM ledger_usageevent AS e JOIN accounts_customer AS c"
            " ON c.id = e.customer_id WHERE e.id = ANY (%s)",
            [ids],
        )
        return list(cursor.fetchall())


@contextmanager
def _in(name: str) -> Iterator[None]:
    """For the time of the block all connections lead to this book."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
    yield
