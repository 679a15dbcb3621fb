"""Answers how much more usage two worker processes take in than one.

The customers are split between the two by a hash of their codes, so that nobody waits for the other's
lock. One and two take turns with the same market's usage, in batches of one size; what came first to one
of the sides is repeated to that one only, as a sender would.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from zlib import crc32

from bench import market, turns
from bench.crew import Beside
from bench.recount import Recount
from bench.timing import Ratio
from creditops.database import scratch_process
from ledger.api.bodies import NativeEvent

COPIES = 100
SIZE, EVENTS, WARM_UP = 5_000, 40_000, 50_000

Batch = Sequence[NativeEvent]


class Side:
    """Some workers, and their share of every round."""

    def __init__(self, workers: int) -> None:
        self.workers = [Beside(_take_in_all) for _ in range(workers)]
        self.largest_share = 0
        self.events = 0

    def run(self, events: Batch, recount: Recount, *, warm: bool = False) -> float:
        """Take in events; returns seconds, from the first batch's start to the last one's end."""
        shares = self._shares(events)
        for worker, batches in zip(self.workers, shares, strict=True):
            worker.order(batches)
            worker.answer()
        begun = time.perf_counter()
        for worker in self.workers:
            worker.order(None)
        for worker in self.workers:
            worker.answer()
        taken = time.perf_counter() - begun
        for batches in shares:
            for batch in batches:
                recount.take(batch)
        if not warm:
            self.events += len(events)
            self.largest_share += max(sum(map(len, batches)) for batches in shares)
        return taken

    def end(self) -> None:
        """Let the workers go."""
        for worker in self.workers:
            worker.end()

    def _shares(self, events: Batch) -> list[list[Batch]]:
        own: list[list[NativeEvent]] = [[] for _ in self.workers]
        for event in events:
            own[crc32(event.customer.encode()) % len(own)].append(event)
        return [list(_batches(share)) for share in own]


class Stream:
    """The market's usage, handed out to sides; what one had before never comes to another."""

    def __init__(self, events: Iterator[NativeEvent]) -> None:
        self._events = events
        self._had: dict[tuple[str, str], int] = {}

    def next(self, side: int, number: int) -> list[NativeEvent]:
        """So many events for a side."""
        found: list[NativeEvent] = []
        for event in self._events:
            if self._had.setdefault((event.customer, event.id), side) == side:
                found.append(event)
            if len(found) == number:
                break
        return found


def measure(events: int = EVENTS, rounds: int | None = None) -> list[Ratio]:
    """Events taken in a second by two workers, beside one."""
    return scratch_process.run(_measure, events, turns.rounds_of(rounds))


def _measure(events: int, rounds: int) -> list[Ratio]:
    sold = market.open_market(COPIES)
    recount, stream = Recount(sold), Stream(market.usage(sold))
    sides = [Side(1), Side(2)]
    for number, side in enumerate(sides):
        side.run(stream.next(number, WARM_UP), recount, warm=True)
    speeds: list[list[float]] = [[], []]
    for turn in range(rounds):
        for number in (0, 1) if turn % 2 else (1, 0):
            batch = stream.next(number, events)
            speeds[number].append(len(batch) / sides[number].run(batch, recount))
    for side in sides:
        side.end()
    recount.compare()
    share = sides[1].largest_share / sides[1].events
    name = f"Two workers, {share:.0%} of the events at the busier"
    return [Ratio(name, "events", speeds[1], speeds[0], "one worker")]


_waiting: list[Batch] = []


def _take_in_all(batches: list[Batch] | None) -> None:
    """In the worker: get batches ready, or take in those that are."""
    if batches is not None:
        _waiting[:] = batches
        return
    for batch in _waiting:
        turns.take_in(batch)


def _batches(share: Batch) -> Iterator[Batch]:
    """A share in batches of one size, about SIZE."""
    number = max(1, round(len(share) / SIZE))
    size = -(-len(share) // number)
    for first in range(0, len(share), size or 1):
        yield share[first : first + size]
