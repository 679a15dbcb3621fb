"""Answers how long a check takes while another process takes in usage as fast as it can, and while none does.

Three acts by turns on one connection: the check as the ledger answers it, the same through the API below
HTTP (a request without a socket), and `SELECT 1`, which is what asking the server costs at all. Between
them the asker rests, so that it is no load itself. The load's books are recounted at the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import median

import msgspec
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts import keys
from accounts.models import ApiKey
from bench import market, timing, turns
from bench.crew import Beside
from bench.market import Market
from bench.recount import Recount
from creditops.database import scratch_process
from creditops.lib import clock
from ledger import availability
from ledger.api.bodies import NativeEvent
from ledger.messages import Message

COPIES = 100
SIZE, BATCHES = 5_000, 8
TIMES = 200
REST = 0.002
METER = "m1"
# It waits for the load's lock on the pool, for as long as a batch takes, so it is asked more rarely.
SCOPED, SCOPED_EVERY = "Check with a scoped block", 10

Spread = tuple[float, float]


@dataclass(frozen=True)
class Latency:
    """What an act costs in milliseconds, p50 and p99, beside `SELECT 1`: under load and idle."""

    name: str
    loaded: Spread
    idle: Spread
    least_loaded: Spread
    least_idle: Spread

    def __str__(self) -> str:
        told = [
            f"p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} ms {when} ({ours[0] / least[0]:.1f} and "
            f"{ours[1] / least[1]:.1f} of SELECT 1)"
            for when, ours, least in (
                ("under intake", self.loaded, self.least_loaded),
                ("idle", self.idle, self.least_idle),
            )
        ]
        return f"{self.name}: {'; '.join(told)}"


def measure(times: int = TIMES, rounds: int | None = None) -> list[Latency]:
    """Milliseconds of checks, so many of each kind in every round."""
    return scratch_process.run(_measure, times, turns.rounds_of(rounds))


def _measure(times: int, rounds: int) -> list[Latency]:
    sold = market.open_market(COPIES)
    events = list(islice(market.usage(sold), SIZE * BATCHES))
    going = get_context("fork").Event()
    load = Beside(lambda batches: _take_in_while(going, events, batches))
    # The rows and plans that the load meets first, and what it remembers, are no part of it.
    going.set()
    taken = _loaded(load, 0, going.clear)
    at = turns.latest(events) + timedelta(seconds=2)
    acts = _acts(sold, at)
    for act in acts.values():
        for _ in range(timing.WARM_UP):
            act()
    idle: list[dict[str, Spread]] = []
    loaded: list[dict[str, Spread]] = []
    for _ in range(rounds):
        idle.append(_ask(acts, times))
        going.set()
        taken = _loaded(load, taken, partial(_ask_until, acts, times, loaded, going.clear))
    load.end()
    _recount(sold, events, taken)
    return [
        Latency(
            name,
            *(_median(spreads, name) for spreads in (loaded, idle)),
            *(_median(spreads, "SELECT 1") for spreads in (loaded, idle)),
        )
        for name in acts
        if name != "SELECT 1"
    ]


def _loaded(load: Beside, taken: int, work: Callable[[], object]) -> int:
    """Do `work`, which clears the flag, under load; returns how many batches have been taken in by then."""
    load.order(taken)
    work()
    done = load.answer()
    if not isinstance(done, int) or done <= taken:
        raise RuntimeError("no usage was taken in meanwhile, so nothing was under load")
    return done


def _take_in_while(going: Event, events: list[NativeEvent], taken: int) -> int:
    """In the other process: take in batches, one at least, as long as the flag is up."""
    while True:
        turns.take_in(_batch(events, taken))
        taken += 1
        if not going.is_set():
            return taken


def _batch(events: list[NativeEvent], number: int) -> list[NativeEvent]:
    """The load's batch of this number: the same events again and again, each time under new keys."""
    turn, place = divmod(number, max(1, len(events) // SIZE))
    chosen = events[SIZE * place : SIZE * (place + 1)]
    return [msgspec.structs.replace(event, id=f"{turn:x}.{event.id}") for event in chosen]


def _recount(sold: Market, events: list[NativeEvent], batches: int) -> None:
    recount = Recount(sold)
    for number in range(batches):
        recount.take(_batch(events, number))
    recount.compare()


def _acts(sold: Market, at: datetime) -> dict[str, Callable[[], object]]:
    """What is asked, by name; the customers are the most active ones of their kinds, in turns."""
    codes = {
        kind: cycle([sold.code(n) for n in range(sold.customers) if sold.kind(n) == kind][:50])
        for kind in ("plain", "scoped")
    }
    _, secret = keys.create(
        name="asker", scopes=[ApiKey.Scope.USAGE_READ], by="bench", at=clock.now()
    )
    # In this process, which ends with its book.
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def check(kind: str) -> None:
        message = Message(
            source="check",
            key="check",
            customer=next(codes[kind]),
            meter=METER,
            quantity=Decimal(5),
            user="u1",
        )
        if not availability.check(message, at).allowed:
            raise RuntimeError("a customer who has credits was refused")

    def through_api() -> None:
        body = json.dumps({"customer": next(codes["plain"]), "meter": METER, "quantity": 5})
        answer = client.post("/api/v1/check", body, content_type="application/json", secure=True)
        if answer.status_code != 200 or not answer.json()["allowed"]:
            raise RuntimeError(f"the API's check was answered {answer.status_code}")

    def select_one() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()

    return {
        "Check": lambda: check("plain"),
        SCOPED: lambda: check("scoped"),
        "Check through the API": through_api,
        "SELECT 1": select_one,
    }


def _ask(acts: dict[str, Callable[[], object]], times: int) -> dict[str, Spread]:
    """p50 and p99 of every act in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(times):
        for name, act in acts.items():
            if name == SCOPED and turn % SCOPED_EVERY:
                continue
            time.sleep(REST)
            begun = time.perf_counter()
            act()
            taken[name].append(1_000 * (time.perf_counter() - begun))
    return {name: timing.percentiles(each) for name, each in taken.items()}


def _ask_until(
    acts: dict[str, Callable[[], object]],
    times: int,
    found: list[dict[str, Spread]],
    enough: Callable[[], object],
) -> None:
    """Ask, note the answer, and let the load end."""
    found.append(_ask(acts, times))
    enough()


def _median(rounds: list[dict[str, Spread]], name: str) -> Spread:
    return median(each[name][0] for each in rounds), median(each[name][1] for each in rounds)
