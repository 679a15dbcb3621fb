"""Answers whether the books still are what was sealed: which rows were changed, removed or added.

It trusts digests alone: each seal must follow from the one before and from its ranges, each range from
the rows as they are now. docs/verify.md tells what can't be seen this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from django.db import connection, transaction

from creditops.lib import seals, sql
from creditops.lib.models import Seal, SealedRows
from creditops.lib.seals import Head

# What is wrong: where, and how, as people read it.
Fault = tuple[str, str]

_TAG_BYTES = 4


def broken_links(handed_out: Head | None = None) -> Iterator[Fault]:
    """Seals that do not follow from the one before, or not from what they cover.

    Args:
        handed_out: a head that was kept outside: the chain must still contain it, or its end was
            cut off, or all of it was forged.
    """
    number, digest = 0, seals.NOTHING
    for link in Seal.objects.order_by("number").prefetch_related("ranges"):
        if (link.number, link.previous) != (number + 1, digest):
            yield f"seal {link.number}", f"does not follow seal {number} with its head {digest}"
        elif link.head != seals.head_of(link, link.ranges.all()):
            yield f"seal {link.number}", "its head is not the digest of what it covers"
        number, digest = link.number, link.head
    if handed_out is not None:
        yield from _missing(handed_out, Head(number, digest))


def changed_rows() -> Iterator[Fault]:
    """Rows that were changed, removed or added where everything was sealed already."""
    with transaction.atomic():
        seals.fix_formats()
        expected: dict[tuple[str, tuple[str, ...]], dict[int, SealedRows]] = {}
        for made in SealedRows.objects.defer("tags").order_by("table_name", "upto_id"):
            alike = expected.setdefault((made.table_name, tuple(made.columns)), {})
            alike[made.pk] = made
        there = _columns({table for table, _ in expected})
        for (table, columns), ranges in expected.items():
            gone = [column for column in columns if column not in there.get(table, ())]
            if gone:
                yield table, f"was sealed with columns that it has no more: {', '.join(gone)}"
                continue
            now = _as_they_are(table, columns)
            for key, made in ranges.items():
                if now.get(key, (0, "")) != (made.rows, made.digest):
                    yield from _differences(made)


def unreachable_rows() -> Iterator[Fault]:
    """Rows with numbers that were never given out: nobody's program wrote them, no seal covers them."""
    for book in seals.books():
        table, (numbered_by, each) = book._meta.db_table, seals.numbering(book)
        with connection.cursor() as cursor:
            cursor.execute(
                seals.statement("numbers_never_given", table, ()),
                {"numbered_by": numbered_by, "each": each},
            )
            for (number,) in cursor.fetchall():
                yield f"{table} {number}", "has a number that was never given out"


def _missing(handed_out: Head, end: Head) -> Iterator[Fault]:
    link = Seal.objects.filter(number=handed_out.number).first()
    where = f"seal {handed_out.number}"
    if link is None:
        yield where, f"was handed out and is gone: the chain ends with seal {end.number}"
    elif link.head != handed_out.digest:
        yield where, f"was handed out as {handed_out.digest}; now its head is {link.head}"


def _columns(tables: set[str]) -> dict[str, list[str]]:
    """The columns that these tables have now."""
    found = sql.rows("creditops.lib", "columns_of_tables", tables=sorted(tables))
    return dict(found)


def _as_they_are(table: str, columns: tuple[str, ...]) -> dict[int, tuple[int, str]]:
    """By key of the range: how many rows it has now, and their digest."""
    with connection.cursor() as cursor:
        cursor.execute(
            seals.statement("sealed_rows_now", table, columns),
            {"table": table, "columns": list(columns)},
        )
        return {key: (rows, digest) for key, rows, digest in cursor.fetchall()}


def _differences(made: SealedRows) -> Iterator[Fault]:
    """Row by row, what is not as it was sealed."""
    tags = bytes(made.tags)
    before = [tags[at : at + _TAG_BYTES] for at in range(0, len(tags), _TAG_BYTES)]
    now = _tags_now(made)
    table, seal = made.table_name, f"seal {made.seal_id}"
    matcher = SequenceMatcher(a=before, b=[tag for _, tag in now], autojunk=False)
    steps = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    for _, i, i_end, j, j_end in steps:
        both = min(i_end - i, j_end - j)
        for number, _ in now[j : j + both]:
            yield f"{table} {number}", f"is not what {seal} covers: it was changed"
        for number, _ in now[j + both : j_end]:
            yield f"{table} {number}", f"was not there when {seal} was made: it was added"
        if i_end - i > both:
            last = now[j + both - 1][0] if j + both else made.after_id or 0
            yield (
                f"{table} after {last}",
                f"{i_end - i - both} of the {made.rows} rows that {seal} covers up to "
                f"{made.upto_id} are gone",
            )
    if not steps:
        yield (
            f"{table} up to {made.upto_id}",
            f"rows after {made.after_id or 0} are not what {seal} covers",
        )


def _tags_now(made: SealedRows) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            seals.statement("sealed_row_tags", made.table_name, made.columns),
            {"after": made.after_id, "upto": made.upto_id},
        )
        return [(number, bytes(tag)) for number, tag in cursor.fetchall()]
