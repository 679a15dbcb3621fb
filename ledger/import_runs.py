"""Does the book-keeping of imports: how far a file has come, so that a second start goes on there.

The row is written in the transaction of each batch, so what it says was read has its effect, and
nothing else has. Two imports of one file at a time: the second is refused before it did anything.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditops.lib.refusals import Refusal
from ledger.models import ImportRun


def begin(digest: str, *, name: str, at: datetime, anew: bool = False) -> ImportRun:
    """The run of this content and layout: the one that stopped on its way, or a new one.

    Args:
        digest: `usage_files.digest`.
        name: of the file, for people.
        anew: what stopped is not gone on with; its rows are sent again and count as duplicates.

    Waits for a start before this one that is just being killed.
    """
    with transaction.atomic():
        waiting = ImportRun.objects.select_for_update().filter(digest=digest, done_at__isnull=True)
        run = waiting.first()
        if run is not None and anew:
            run.done_at = at
            run.save(update_fields=["done_at"])
            run = None
        if run is None:
            waiting.model.objects.bulk_create(
                [ImportRun(digest=digest, name=name, started_at=at, changed_at=at)],
                ignore_conflicts=True,
            )
            run = waiting.get()
    return run


def save(run: ImportRun, *, before: int, at: datetime) -> None:
    """Write how far the run has come; inside the transaction of a batch.

    Args:
        before: the rows that had been read before the batch.

    Raises Refusal `import_elsewhere` if another process went on with it meanwhile.
    """
    moved = ImportRun.objects.filter(pk=run.pk, rows_read=before, done_at__isnull=True).update(
        rows_read=run.rows_read, place=run.place, rejected=run.rejected,
        rejects_size=run.rejects_size, credits=run.credits, statuses=run.statuses,
        codes=run.codes, changed_at=at, done_at=run.done_at,
    )  # fmt: skip
    if not moved:
        raise _elsewhere(run)


def hold(run: ImportRun, *, before: int) -> None:
    """Lock the run before anything else of a batch. Raises Refusal `import_elsewhere`."""
    found = ImportRun.objects.select_for_update().filter(
        pk=run.pk, rows_read=before, done_at__isnull=True
    )
    if not found.exists():
        raise _elsewhere(run)


def _elsewhere(run: ImportRun) -> Refusal:
    return Refusal(
        "import_elsewhere",
        f"{run.name} is being imported by another process. Wait for it to end; start again then.",
    )
