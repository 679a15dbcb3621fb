"""Does the archiving of old usage: the data of old events goes to files, their digests stay (L7).

The row of an event stays, with everything that is drawn, corrected, posted or compared by; only `data`
leaves it. A file is complete, on the disk and read again before a row changes; a file's rows change in one
transaction with its entry in the books. Killed in between, a run leaves a file that the next one writes
anew. Works as the owner of the tables: nobody else may, and a trigger refuses even the owner any other
change (docs/decisions/0010-old-usage-in-files.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from creditops.lib import sql
from creditops.lib.refusals import NotFound, Refusal
from ledger import archive_files
from ledger.messages import LARGEST_BATCH
from ledger.models import ArchiveReturn, EventArchive, UsageEvent

# Younger usage is still corrected, and reported with its data.
YOUNGEST = timedelta(days=90)
# Messages in a file: some hundred megabytes of data at most, and some seconds of a transaction.
FILE_EVENTS = 10 * LARGEST_BATCH
_CHUNK = 20_000
_INDEX_BITS = 16

Damage = tuple[str, str]


def archive(
    before: datetime,
    *,
    folder: Path,
    using: str,
    at: datetime,
    tell: Callable[[EventArchive], None] = lambda made: None,
) -> list[EventArchive]:
    """Move the data of all events received before an instant to files, file by file.

    Args:
        before: whole batches; those received at or after it stay.
        folder: where the files go, made if need be.
        using: the connection of the tables' owner.
        tell: called with every file that is done.

    Once-only per batch. Raises Refusal `archive_too_young` if that is less than 90 days ago.
    """
    if before > at - YOUNGEST:
        raise Refusal(
            "archive_too_young",
            f"Usage since {at - YOUNGEST:%Y-%m-%d} stays as it is: it is still corrected and "
            "reported. Name an earlier day.",
        )
    made = []
    while (done := _archive_some(before, folder, using, at)) is not None:
        made.append(done)
        tell(done)
    return made


def bring_back(name: str, *, folder: Path, using: str, at: datetime) -> EventArchive:
    """Put the data of a file back into its events. The file stays; nobody asks for it any more.

    Raises NotFound for a file that the books don't name, Refusal `archive_damaged` if it is not what was
    written, `archive_returned` if it was brought back.
    """
    found: EventArchive | None = EventArchive.objects.filter(name=name).order_by("-id").first()
    if found is None:
        raise NotFound("archive file", name)
    if hasattr(found, "returned"):
        raise Refusal("archive_returned", f"{name} was brought back already.")
    wrong = _wrong(found, folder)
    if wrong is not None:
        raise Refusal("archive_damaged", f"{name} {wrong}. Bring a sound copy of it.")
    with transaction.atomic(using=using):
        moved = 0
        for rows in archive_files.data(folder / name):
            customers, sources, keys, data = (
                map(list, zip(*rows, strict=True)) if rows else ([],) * 4
            )
            moved += _run(
                using, "bring_data_back", customers=customers, sources=sources, keys=keys, data=data
            )
        if moved != found.moved:
            raise RuntimeError(f"{name} has {found.moved} events with data, {moved} were found")
        ArchiveReturn.objects.using(using).create(archive_id=found.pk, returned_at=at)
    return found


def home_of(event: UsageEvent) -> EventArchive | None:
    """The file to which an event's data was moved; None if it was not."""
    if event.data_digest is None:
        return None
    batch = event.id >> _INDEX_BITS
    found: EventArchive | None = EventArchive.objects.filter(
        first_batch__lte=batch, last_batch__gte=batch, returned=None
    ).first()
    return found


def require_data(event: UsageEvent) -> None:
    """Refuse, with `event_archived`, what can't be done without an event's data."""
    home = home_of(event)
    if home is not None:
        raise Refusal(
            "event_archived",
            f"What event {event.key!r} told of itself lies in {home.name}, and its price hangs on it. "
            f"Bring it back first: manage.py archive_usage --restore {home.name}",
        )


def damages(folder: Path) -> Iterator[Damage]:
    """Files that are not what was written; nothing where the folder is not there to look at."""
    if not folder.is_dir():
        return
    for found in EventArchive.objects.filter(returned=None).order_by("first_batch"):
        wrong = _wrong(found, folder)
        if wrong is not None:
            yield f"archive file {found.name}", wrong


def tidy(using: str) -> None:
    """Make the room that data left usable again, and the index by number narrow; in no transaction."""
    with connections[using].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) ledger_usageevent")
        cursor.execute("REINDEX INDEX ledger_usageevent_id")


def _archive_some(before: datetime, folder: Path, using: str, at: datetime) -> EventArchive | None:
    """The next file; None if nothing is left to do."""
    found = _rows(using, "next_batches_to_archive", before=before, most=FILE_EVENTS)
    if not found:
        return None
    first, last, _ = found[0]
    path = folder / f"usage-{first}-{last}.parquet"
    events, with_data = archive_files.write(path, _events(using, first, last))
    if archive_files.rows(path) != events:
        raise RuntimeError(f"{path} does not have the {events} events that were written to it")
    with transaction.atomic(using=using):
        made: EventArchive = EventArchive.objects.using(using).create(
            first_batch=first,
            last_batch=last,
            name=path.name,
            sha256=archive_files.sha256(path),
            bytes=path.stat().st_size,
            events=events,
            moved=with_data,
            received_before=before,
            archived_at=at,
        )
        moved = _run(using, "leave_digests", first_batch=first, last_batch=last)
        if moved != with_data:
            raise RuntimeError(f"{path} has the data of {with_data} events, {moved} had some")
    return made


def _events(using: str, first: int, last: int) -> Iterator[list[Any]]:
    """The events of these batches, some at a time."""
    with transaction.atomic(using=using), connections[using].chunked_cursor() as cursor:
        cursor.execute(
            sql.statement("ledger", "archived_events"), {"first_batch": first, "last_batch": last}
        )
        while rows := cursor.fetchmany(_CHUNK):
            yield rows


def _wrong(found: EventArchive, folder: Path) -> str | None:
    path = folder / found.name
    if not path.is_file():
        return f"is not in {folder}"
    if path.stat().st_size != found.bytes:
        return f"has {path.stat().st_size} bytes in place of {found.bytes}"
    if archive_files.sha256(path) != found.sha256:
        return "has another SHA-256 than the one written down"
    if archive_files.rows(path) != found.events:
        return f"does not hold {found.events} events"
    return None


def _rows(using: str, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql.statement("ledger", name), parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _run(using: str, name: str, **parameters: Any) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(sql.statement("ledger", name), parameters)
        touched: int = cursor.rowcount
        return touched
