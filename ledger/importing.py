"""Does the import of usage files: batch by batch through the same intake as the API.

Each batch is one transaction, and an event's identity makes it once-only: an import that was killed
is simply started again, and what was stored counts as duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from accounts import customers
from ledger import messages, metering, units, usage_files
from ledger.messages import Message
from ledger.usage_files import Layout, Rejected, Row

BATCH = 5_000


@dataclass
class Progress:
    """What an import has done so far. `statuses` counts messages by what became of them, `codes` the
    reasons of exceptions and refusals; `credits` were drawn by applied ones."""

    rows: int = 0
    credits: int = 0
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(messages.STATUSES, 0))
    codes: dict[str, int] = field(default_factory=dict)
    rejected: int = 0


def import_file(
    path: Path,
    layout: Layout,
    *,
    now: Callable[[], datetime],
    reject: Callable[[Rejected], None],
    tell: Callable[[Progress], None],
) -> Progress:
    """Import a file of usage.

    Args:
        path, layout: the file and how to read it.
        now: the clock, asked once per batch.
        reject: called with each row that can't be read.
        tell: called after each batch.

    Returns the counts. Raises Refusal before the first row for a file, column, customer or meter
    that does not exist.
    """
    _check_names(layout)
    progress = Progress()
    for batch in _batches(usage_files.read(path, layout)):
        readable = [row for _, row in batch if isinstance(row, Message)]
        for _, row in batch:
            if isinstance(row, Rejected):
                progress.rejected += 1
                reject(row)
        progress.rows += len(batch)
        if readable:
            receipt = metering.accept(readable, at=now(), origin=f"import:{path.name}"[:200])
            _count(progress, receipt.outcomes)
        tell(progress)
    return progress


def _count(progress: Progress, outcomes: Iterable[messages.Outcome]) -> None:
    for outcome in outcomes:
        progress.statuses[outcome.status] += 1
        if outcome.code:
            progress.codes[outcome.code] = progress.codes.get(outcome.code, 0) + 1
        if outcome.status == messages.APPLIED:
            progress.credits += outcome.credits or 0


def _batches(rows: Iterable[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    batch: list[tuple[int, Row]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _check_names(layout: Layout) -> None:
    """Customer and meter of the whole file exist, or not a single row is read."""
    if "meter" not in layout.columns:
        units.find_meter(layout.meter)
    if "customer" not in layout.columns:
        customers.find(layout.customer)
