"""Does the taking in of batches by turns with storing the same rows, for benchmarks of many shapes.

Nothing but the intake itself is on the clock: neither the making of events nor counting them again.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from django.utils.dateparse import parse_datetime

from bench import timing
from bench.references import References
from bench.timing import Ratio
from ledger import metering
from ledger.api import bodies
from ledger.api.bodies import NativeEvent, Sender

_SENDER = Sender(source="bench")


class Model(Protocol):
    """A plain model of what events draw."""

    def take(self, batch: Sequence[NativeEvent]) -> None:
        """Count a batch."""


def take_in(batch: Sequence[NativeEvent]) -> tuple[int, float]:
    """Take in a batch, decoded, a second after its last event; returns its number and the seconds."""
    at = latest(batch) + timedelta(seconds=1)
    gc.freeze()  # what the benchmark remembers is no work of the ledger's
    begun = time.perf_counter()
    receipt = metering.accept(bodies.read(batch, _SENDER), at=at, origin="bench")
    return receipt.batch_id, time.perf_counter() - begun


def beside_insert(
    name: str, events: Iterator[NativeEvent], model: Model, *, size: int, batches: int, rounds: int
) -> Ratio:
    """Events taken in a second, beside an INSERT ON CONFLICT of the very rows that this stored.

    Args:
        events: without end.
        model: counts every batch.
        size: of a batch.
        batches: of a round.
    """
    references = References()
    ours, theirs = [], []
    for _ in range(rounds):
        stored, taken, inserted = 0, 0.0, 0.0
        for _ in range(batches):
            batch = list(islice(events, size))
            batch_id, seconds = take_in(batch)
            model.take(batch)
            rows = references.rows(batch_id)
            stored += rows.number
            taken += seconds
            inserted += references.insert(rows)
        ours.append(stored / taken)
        theirs.append(stored / inserted)
    return Ratio(name, "events", ours, theirs, "INSERT ON CONFLICT")


def warm_up(events: Iterator[NativeEvent], model: Model, number: int, size: int) -> None:
    """Take in so many events that are not measured: what is remembered and planned is there then."""
    for _ in range(-(-number // size)):
        batch = list(islice(events, size))
        take_in(batch)
        model.take(batch)


def rounds_of(given: int | None) -> int:
    """How many rounds to measure."""
    return given or timing.ROUNDS


def latest(batch: Sequence[NativeEvent]) -> datetime:
    """The time of a batch's last event."""
    found = parse_datetime(max(event.time or "" for event in batch))
    if found is None:
        raise ValueError("events of a benchmark have times")
    return found
