"""Answers what a balance costs beside the shortest query there is, on a contract with usage."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from bench import book, timing
from bench.timing import Ratio
from creditops.database import scratch_process
from ledger import balances, metering

EVENTS = 4_000
READS = 200


def measure() -> list[Ratio]:
    """Reads a second, ours and the limit's."""
    ours, limit = scratch_process.run(_measure)
    return [Ratio("Balance", "reads", ours, limit, "SELECT 1")]


def _measure() -> tuple[list[float], list[float]]:
    contract = book.open_contract()
    at = book.START + timedelta(seconds=EVENTS)
    metering.accept(book.usage(0, EVENTS), at=at, origin="bench")
    pool = balances.pools_of(contract.holder)[0]

    def ours(turn: int) -> None:
        for _read in range(READS):
            balances.of_pool(pool, as_of=at, known_at=at)

    return timing.in_turns(ours, _select_one, READS)


def _select_one(turn: int) -> None:
    for _read in range(READS):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()
