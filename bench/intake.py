"""Answers how much of PostgreSQL's bare speed is left for intake, with batches of three sizes.

Ours is the real way in, one process: events as decoded from JSON, deduplicated, rated, drawn oldest block
first, thresholds looked at, durable. It is held against storing the same rows in the plainest ways
(`bench/references.py`), turn by turn in one run; the books are recounted at the end
(`bench/recount.py`), and a difference leaves no ratio at all.
"""

from __future__ import annotations

import gc
import time
from datetime import datetime, timedelta
from itertools import islice

from django.utils.dateparse import parse_datetime

from bench import market, timing
from bench.recount import Recount
from bench.references import References
from bench.timing import Ratio
from creditops.database import scratch_process
from ledger import corrections, metering
from ledger.api import bodies
from ledger.api.bodies import NativeEvent, Sender
from ledger.models import UsageEvent

# Copies of the fifteen kinds of customers, and events per round by size of batch.
COPIES = 100
SIZES = {1_000: 3_000, 10_000: 20_000, 50_000: 50_000}
# Events before the first round: a market in use, most of whose users have been seen.
WARM_UP = 200_000

_SENDER = Sender(source="bench")


def measure() -> list[Ratio]:
    """Events stored a second, ours and the references', by size of batch."""
    return scratch_process.run(_measure)


def _measure() -> list[Ratio]:
    sold = market.open_market(COPIES)
    events = market.usage(sold)
    recount = Recount(sold)
    references = References()
    for _ in range(WARM_UP // max(SIZES)):
        _take_in(list(islice(events, max(SIZES))), recount)
    ratios = []
    for size, number in SIZES.items():
        ours: list[float] = []
        theirs: dict[str, list[float]] = {"insert": [], "copy": []}
        for _ in range(timing.ROUNDS):
            stored, taken = 0, {"ours": 0.0, "insert": 0.0, "copy": 0.0}
            for _ in range(max(1, number // size)):
                batch_id, seconds = _take_in(list(islice(events, size)), recount)
                rows = references.rows(batch_id)
                stored += rows.number
                taken["ours"] += seconds
                taken["insert"] += references.insert(rows)
                taken["copy"] += references.copy(rows)
            ours.append(stored / taken["ours"])
            for name, speeds in theirs.items():
                speeds.append(stored / taken[name])
        ratios += [
            Ratio(f"Intake by {size:,}", "events", ours, theirs["insert"], "INSERT ON CONFLICT"),
            Ratio(f"Intake by {size:,}", "events", ours, theirs["copy"], "COPY"),
        ]
    recount.compare()
    return ratios


def _take_in(batch: list[NativeEvent], recount: Recount) -> tuple[int, float]:
    """Take in a batch and correct some of it; returns its number and the seconds of taking in."""
    at = _latest(batch) + timedelta(seconds=1)
    gc.freeze()  # what the market and the recount remember is no work of the ledger's
    begun = time.perf_counter()
    receipt = metering.accept(bodies.read(batch, _SENDER), at=at, origin="bench")
    taken = time.perf_counter() - begun
    recount.take(batch)
    _correct(batch, recount, at)
    return receipt.batch_id, taken


def _correct(batch: list[NativeEvent], recount: Recount, at: datetime) -> None:
    """Correct one event of so many to half of what it cost."""
    for sent in batch[:: market.CORRECTED_EVERY]:
        event = UsageEvent.objects.select_related("pool", "customer").get(
            customer__code=sent.customer, key=sent.id
        )
        credits = event.credits // 2
        drawn = sum(credits for _, credits in recount.draws[sent.customer, sent.id])
        if not drawn or drawn != event.credits:
            continue  # refused, or corrected before
        corrections.correct(event, credits=credits, by="bench", reason="bench", at=at)
        recount.correct(sent.customer, sent.id, market.unit(sent.meter), credits)


def _latest(batch: list[NativeEvent]) -> datetime:
    latest = parse_datetime(max(event.time or "" for event in batch))
    if latest is None:
        raise ValueError("the market's events have times")
    return latest
