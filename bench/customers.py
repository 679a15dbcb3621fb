"""Answers what it costs to take in the usage of 100,000 customers, few of whom use most (Zipf).

The market of `bench/market.py`, made that large by set-based copies, beside the plainest way to store the
same rows. A batch meets thousands of customers: what is read, locked and written per pool counts here.
"""

from __future__ import annotations

from bench import market, turns
from bench.recount import Recount
from bench.timing import Ratio
from creditops.database import scratch_process

CUSTOMERS = 100_000
SIZE, BATCHES, WARM_UP = 10_000, 2, 30_000


def measure(customers: int = CUSTOMERS, rounds: int | None = None) -> list[Ratio]:
    """Events stored a second, ours and the reference's."""
    return scratch_process.run(_measure, customers, turns.rounds_of(rounds))


def _measure(customers: int, rounds: int) -> list[Ratio]:
    sold = market.open_market(-(-customers // (market.CARDS * len(market.KINDS))))
    events, recount = market.usage(sold), Recount(sold)
    turns.warm_up(events, recount, WARM_UP, SIZE)
    name = f"Intake of {sold.customers:,} customers by {SIZE:,}"
    ratio = turns.beside_insert(name, events, recount, size=SIZE, batches=BATCHES, rounds=rounds)
    recount.compare()
    return [ratio]
