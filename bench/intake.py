"""Answers how much of PostgreSQL's bare speed is left for intake.

Ours is `metering.accept` in batches, one process: rated, drawn oldest block first, stored exactly
once. The limit is COPY of the event rows alone into a table without any key, a transaction a batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections, transaction

from bench import book, timing
from bench.timing import Ratio
from creditops.database import scratch_process
from ledger import metering

BATCH = 1_000
BATCHES = 4

_MAKE = "CREATE TABLE bare (LIKE ledger_usageevent)"
_READ = f"COPY (SELECT * FROM ledger_usageevent ORDER BY id LIMIT {BATCH}) TO STDOUT"
_WRITE = "COPY bare FROM STDIN"


def measure() -> list[Ratio]:
    """Events a second, ours and the limit's."""
    ours, limit = scratch_process.run(_measure)
    return [Ratio("Intake", "events", ours, limit, "COPY of their rows alone")]


def _measure() -> tuple[float, float]:
    book.open_contract()
    metering.accept(book.usage(0, BATCH), at=_when(BATCH), origin="bench")
    rows = _bare_rows()
    return timing.in_turns(_take_in, lambda turn: _copy(rows), BATCH * BATCHES)


def _take_in(turn: int) -> None:
    for batch in range(BATCHES):
        first = BATCH * (1 + turn * BATCHES + batch)
        metering.accept(book.usage(first, BATCH), at=_when(first + BATCH), origin="bench")


def _when(seconds: int) -> datetime:
    return book.START + timedelta(seconds=seconds)


def _bare_rows() -> bytes:
    """The stored rows of one batch, as COPY writes them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(_MAKE)
        with cursor.copy(_READ) as stream:
            return b"".join(bytes(part) for part in stream)


def _copy(rows: bytes) -> None:
    for _batch in range(BATCHES):
        with (
            transaction.atomic(using="owner"),
            connections["owner"].cursor() as cursor,
            cursor.copy(_WRITE) as stream,
        ):
            stream.write(rows)
