"""Does the import of usage files: batch by batch through the same intake as the API.

Each batch is one transaction, together with the note how far the file has come (`import_runs`): an
import that was killed goes on where it stopped. An event's identity makes it once-only besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from django.db import transaction

from accounts import customers
from creditops.lib.refusals import Refusal
from ledger import backfills, import_runs, messages, metering, units, usage_files, usage_sources
from ledger.columns import Columns
from ledger.models import Backfill, ImportRun, Meter
from ledger.usage_files import Layout, Opened, Read, Row
from ledger.usage_sources import Rejected

SMALLEST_BATCH, FIRST_BATCH, LARGEST_BATCH = 1_000, 5_000, messages.LARGEST_BATCH
# Pools are locked as long as a batch takes, so that batches grow and shrink towards this.
SECONDS_PER_BATCH = 0.8
# Fate of rows that wait in a backfill.
STAGED = "staged"


class Rejects(Protocol):
    """Where rows that can't be read are told."""

    def begin(self, size: int) -> bool:
        """Keep the first `size` bytes of what stands there; False if they are not there."""

    def add(self, rows: Sequence[Rejected]) -> int:
        """Tell more; returns how many bytes stand there now."""


@dataclass
class Progress:
    """What an import has done so far, starts before this one included.

    `statuses` counts messages by what became of them, `codes` the reasons of exceptions and refusals;
    `credits` were drawn by applied ones; `resumed` rows were read by starts before this one. `share`
    of the file is read, from 0 to 1, `share_before` of it before the first batch.
    """

    rows: int = 0
    credits: int = 0
    statuses: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((*messages.STATUSES, STAGED), 0)
    )
    codes: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    resumed: int = 0
    share: float = 0.0
    share_before: float = 0.0


@dataclass(frozen=True)
class Import:
    """What is to be imported.

    Attributes:
        path, layout: the file and how to read it.
        backfill: rows wait there instead of being drawn.
        anew: from the first row, whatever a start before has done.
    """

    path: Path
    layout: Layout
    backfill: Backfill | None = None
    anew: bool = False


def import_file(
    wanted: Import,
    *,
    now: Callable[[], datetime],
    seconds: Callable[[], float],
    rejects: Rejects,
    tell: Callable[[Progress], None],
) -> Progress:
    """Import a file of usage, or go on with it where an earlier start stopped.

    Args:
        now: the clock, asked once per batch.
        seconds: a clock that only runs forward, for the size of batches.
        rejects: told each row that can't be read.
        tell: called after each batch.

    Returns the counts. Raises Refusal before the first row for a file, column, customer or meter
    that does not exist; later `file_broken`, `file_changed` or `import_elsewhere`: what was read
    before stays.
    """
    opened = look(wanted.path, wanted.layout, for_backfill=wanted.backfill is not None)
    path, layout = wanted.path, opened.layout
    stamp = usage_sources.stamp(path)
    also = () if wanted.backfill is None else (wanted.backfill.name,)
    digest, name = usage_files.digest(path, layout, *also), path.name[:200]
    run = import_runs.begin(digest, name=name, at=now(), anew=wanted.anew)
    if not rejects.begin(run.rejects_size):
        # Rows that were told are gone: all are read again, and what is stored counts as duplicates.
        run = import_runs.begin(digest, name=name, at=now(), anew=True)
        rejects.begin(0)
    progress = _progress(run)
    pace = _Pace()
    rows = opened.rows(run.rows_read, run.place)
    progress.share_before = opened.share()
    for batch in _batches(rows, pace):
        begun = seconds()
        _take(wanted, batch, run, rejects, at=now())
        pace.took(len(batch), seconds() - begun)
        if usage_sources.stamp(path) != stamp:
            raise Refusal(
                "file_changed", f"{path.name} was changed while it was read. Start again."
            )
        _count(progress, run, opened.share())
        tell(progress)
    with transaction.atomic():
        run.done_at = now()
        import_runs.save(run, before=run.rows_read, at=now())
    return progress


def look(path: Path, layout: Layout, *, for_backfill: bool) -> Opened:
    """Open a file and see that each of its rows can say whose usage of what it is, for a backfill when.

    Raises what `usage_files.open_file` does, Refusal `column_missing` or `backfill_needs_times`, and
    NotFound for a customer or meter that does not exist.
    """
    kept = {meter.code: _properties(meter) for meter in Meter.objects.all()}
    opened = usage_files.open_file(path, layout, kept, needs_time=for_backfill)
    _check_names(path, opened.layout)
    if for_backfill and "time" not in opened.layout.columns:
        raise Refusal(
            "backfill_needs_times",
            "Usage for the past needs a time in each row. Say --map time=COLUMN.",
        )
    return opened


def _properties(meter: Meter) -> dict[str, str]:
    counted = {meter.quantity_property: "number"} if meter.quantity_property else {}
    return {**meter.properties, **counted}


def _take(
    wanted: Import, batch: Sequence[Row], run: ImportRun, rejects: Rejects, *, at: datetime
) -> None:
    """Hand a batch on, and note with it how far the file has come."""
    before = run.rows_read
    readable = [row for _, _, row in batch if isinstance(row, Read)]
    bad = [row for _, _, row in batch if isinstance(row, Rejected)]
    with transaction.atomic():
        import_runs.hold(run, before=before)
        if bad:
            run.rejects_size = rejects.add(bad)
        if readable:
            _hand_on(wanted, _columns(readable, wanted.layout.source), run, at)
        run.rows_read, run.place, _ = batch[-1]
        run.rejected += len(bad)
        import_runs.save(run, before=before, at=at)


def _hand_on(wanted: Import, batch: Columns, run: ImportRun, at: datetime) -> None:
    if wanted.backfill is not None:
        backfills.stage(wanted.backfill, batch)
        run.statuses[STAGED] = run.statuses.get(STAGED, 0) + len(batch)
        return
    receipt = metering.accept(batch, at=at, origin=f"import:{wanted.path.name}"[:200])
    for status, number in receipt.counts().items():
        if status in messages.STATUSES:
            run.statuses[status] = run.statuses.get(status, 0) + number
    run.credits += int(np.sum(receipt.drawn.credits)) if len(receipt.drawn.index) else 0
    for outcome in receipt.singles:
        if outcome.code:
            run.codes[outcome.code] = run.codes.get(outcome.code, 0) + 1
        if outcome.status == messages.APPLIED:
            run.credits += outcome.credits or 0


def _columns(batch: Sequence[Read], source: str) -> Columns:
    key, customer, contract, meter, time, quantity, user, data = zip(*batch, strict=True)
    return Columns(
        source=[source] * len(batch),
        key=key,
        customer=customer,
        meter=meter,
        contract=contract,
        account=[None] * len(batch),
        time=np.array(time, dtype=np.int64),
        quantity=quantity,
        user=user,
        data=data,
    )


@dataclass
class _Pace:
    """How many rows a batch takes: as many as go in a good second, so that nobody waits for a lock."""

    size: int = field(default_factory=lambda: FIRST_BATCH)

    def took(self, rows: int, seconds: float) -> None:
        """Learn from a batch; at most twice, at least half the size of the last one."""
        fitting = int(rows * SECONDS_PER_BATCH / max(seconds, 0.001))
        wanted = max(self.size // 2, min(fitting, self.size * 2))
        self.size = max(SMALLEST_BATCH, min(wanted, LARGEST_BATCH))


def _batches(rows: Iterable[Row], pace: _Pace) -> Iterator[list[Row]]:
    """Batches of rows; what was read before a file breaks off goes before the Refusal."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) >= pace.size:
                yield batch
                batch = []
    except Refusal:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _progress(run: ImportRun) -> Progress:
    progress = Progress()
    _count(progress, run, 0.0)
    progress.resumed = progress.rows
    return progress


def _count(progress: Progress, run: ImportRun, share: float) -> None:
    progress.rejected, progress.credits = run.rejected, run.credits
    progress.statuses.update(run.statuses)
    progress.rows = sum(progress.statuses.values()) + run.rejected
    progress.codes = dict(run.codes)
    progress.share = share


def _check_names(path: Path, layout: Layout) -> None:
    """Customer and meter of the whole file exist, or not a single row is read."""
    for name, code, find in (
        ("meter", layout.meter, units.find_meter), ("customer", layout.customer, customers.find),
    ):  # fmt: skip
        if name in layout.columns and name not in layout.loose:
            continue
        if not code:
            raise Refusal(
                "column_missing",
                f"{path.name} has no column {name!r}. Say --{name}, or --map {name}=COLUMN.",
            )
        find(code)
