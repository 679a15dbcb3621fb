"""Does the sealing of the books: a chain of digests over all their rows, off the hot path.

A run seals what is beyond the last seal's watermark and can't change any more: rows whose numbers
were given out before, by transactions that have all ended. Nobody waits for it, and it waits only a
little for others: what is not settled is sealed by the next run. docs/verify.md tells what is
covered, and how a head is kept outside of the database.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Max
from psycopg.sql import SQL, Identifier

from creditops.lib import locks, sql
from creditops.lib.models import Seal, SealedRows
from creditops.lib.refusals import Refusal
from creditops.lib.tables import Book

# The head before the first one.
NOTHING = "0" * 64
# Rows in one range: what has to be read again to tell which of them changed.
RANGE_ROWS_MAX = 10_000
# How often, and how long each time, a run looks whether transactions under way have ended.
_LOOKS, _PAUSE_SECONDS = 50, 0.1

_HEAD = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Head:
    """The end of the chain: the number of its newest seal, and that one's digest."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}-{self.digest}"


@dataclass(frozen=True)
class Sealed:
    """What a run did.

    Attributes:
        head: of the chain as it is now; None while nothing was ever sealed.
        rows: how many were sealed.
        unsettled: tables left for the next run, since somebody still writes there.
    """

    head: Head | None
    rows: int
    unsettled: list[str]


def read_head(text: str) -> Head:
    """The head that was written down as `<number>-<64 hexadecimal digits>`.

    Raises Refusal `no_head`.
    """
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise Refusal(
            "no_head",
            f"{text!r} is no head of a seal. It reads like 12-3f0c…: the number of a seal, a dash, "
            "and 64 digits of 0 to 9 and a to f, as `manage.py seal` printed them.",
            unreadable=True,
        )
    return Head(int(found[1]), found[2])


def newest() -> Head | None:
    """The head of the chain as it stands; None while nothing was ever sealed."""
    last = Seal.objects.order_by("-number").first()
    return None if last is None else Head(last.number, last.head)


def seal(*, at: datetime) -> Sealed:
    """Seal every row of the books that is settled and not sealed yet, in one transaction.

    Args:
        at: the instant to write on the seal.

    Runs at once take turns. Where nothing is new no seal is made.
    """
    with transaction.atomic():
        locks.hold("seals")
        fix_formats()
        marks, unsettled = _settled_marks()
        ends = _ends()
        ranges = [
            made
            for book in books()
            if (table := book._meta.db_table) in marks
            for made in _new_ranges(table, columns_of(book), ends.get(table), marks[table])
        ]
        last = newest()
        if not ranges:
            return Sealed(last, 0, unsettled)
        before = last or Head(0, NOTHING)
        link = Seal(number=before.number + 1, previous=before.digest, sealed_at=at)
        link.head = head_of(link, ranges)
        link.save(force_insert=True)
        for made in ranges:
            made.seal = link
        SealedRows.objects.bulk_create(ranges)
        return Sealed(Head(link.number, link.head), sum(r.rows for r in ranges), unsettled)


def books() -> list[type[Book]]:
    """The books that are sealed, in the order of their tables' names."""
    found = [m for m in apps.get_models() if issubclass(m, Book) and m.in_seals]
    return sorted(found, key=lambda model: model._meta.db_table)


def columns_of(book: type[Book]) -> list[str]:
    """The columns of a book that seals cover, its number first."""
    fields = [f for f in book._meta.local_concrete_fields if f.name not in book.unsealed_fields]
    return ["id", *(str(f.column) for f in fields if f.column != "id")]


def head_of(link: Seal, ranges: Collection[SealedRows]) -> str:
    """The digest of a seal: of the head before it, its number, its instant, and what it covers."""
    lines = [f"{link.number} {link.previous} {link.sealed_at.astimezone(UTC).isoformat()}"]
    for made in sorted(ranges, key=lambda r: (r.table_name, r.upto_id)):
        lines.append(
            f"{made.table_name} {','.join(made.columns)} {made.after_id} {made.upto_id} "
            f"{made.rows} {made.digest}"
        )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def statement(name: str, table: str, columns: Sequence[str]) -> Any:
    """One of this module's statements, about these columns of this table."""
    return SQL(sql.statement("creditops.lib", name)).format(
        table=Identifier(table), columns=SQL(", ").join(map(Identifier, columns))
    )


def fix_formats() -> None:
    """Until the transaction ends instants and dates are written in one way, whatever the session's."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'")


def _settled_marks() -> tuple[dict[str, int], list[str]]:
    """Up to which number the rows of each book are settled, and the books where somebody writes.

    A transaction that took a number holds a lock on the sequence until its end. So when all that
    were seen after the mark have ended, no row up to the mark can come any more.
    """
    tables = sorted({numbering(book)[0] for book in books()})
    found = sql.rows("creditops.lib", "book_marks", tables=tables)
    writing = _still_writing([sequence for _, sequence, _ in found if sequence is not None])
    last = {table: number for table, sequence, number in found if sequence not in writing}
    marks, unsettled = {}, []
    for book in books():
        table, (numbered_by, each) = book._meta.db_table, numbering(book)
        if numbered_by in last:
            marks[table] = (last[numbered_by] + 1) * each - 1
        else:
            unsettled.append(table)
    return marks, unsettled


def _still_writing(sequences: Collection[int]) -> set[int]:
    """The sequences of which a transaction took numbers that has not ended after a while."""
    taking = _takers(sequences)
    for _ in range(_LOOKS):
        if not taking:
            break
        time.sleep(_PAUSE_SECONDS)
        taking &= _takers(sequences)
    return {sequence for sequence, _ in taking}


def _takers(sequences: Collection[int]) -> set[tuple[int, str]]:
    rows = sql.rows("creditops.lib", "number_takers", sequences=list(sequences))
    return {(sequence, transaction_) for sequence, transaction_ in rows}


def numbering(book: type[Book]) -> tuple[str, int]:
    """The table whose sequence numbers a book, and how many rows one number of it may have."""
    return book.numbers_from or (book._meta.db_table, 1)


def _ends() -> dict[str, int]:
    """Up to which number each table is sealed."""
    ends = SealedRows.objects.order_by().values("table_name").annotate(end=Max("upto_id"))
    return dict(ends.values_list("table_name", "end"))


def _new_ranges(table: str, columns: list[str], after: int | None, mark: int) -> list[SealedRows]:
    """The ranges of one book beyond `after`; the last one reaches up to the mark."""
    if after is not None and after >= mark:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            statement("rows_to_seal", table, columns),
            {"after": after, "upto": mark, "rows_max": RANGE_ROWS_MAX},
        )
        found = cursor.fetchall()
    ranges = []
    for place, (upto, rows, digest, tags) in enumerate(found, start=1):
        end = mark if place == len(found) else upto
        ranges.append(
            SealedRows(table_name=table, columns=columns, after_id=after, upto_id=end,
                       rows=rows, digest=digest, tags=bytes(tags))
        )  # fmt: skip
        after = end
    return ranges
