"""Does the writing of columns in PostgreSQL's binary forms: arrays as parameters, rows for COPY.

For the hot paths, where a Python object per value costs more than the database. Numbers are columns of
numpy; nothing here knows a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from struct import Struct
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

from creditops.lib import sql

Integers = NDArray[np.int64]
# The type of a column, as numpy writes it after a field's name, and its values.
Column = tuple[tuple[Any, ...], Any]

# In a column, in place of no value; of instants the first of all.
NOTHING = int(np.iinfo(np.int64).min)
# Days from 1970 to 2000, where PostgreSQL's instants begin, in microseconds.
EPOCH_2000 = 946_684_800_000_000
_COPY_BEGINS = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_ENDS = b"\xff\xff"
_ARRAY = Struct(">iiIii")
_LENGTH = Struct(">i")
# How PostgreSQL numbers these types.
_BIGINTS, _TEXTS, _INSTANT, _INSTANTS = 1016, 1009, 1184, 1185

# Types of columns: of a number, a small one, `numeric`, and what a column without values has.
BIGINT, INTEGER, SMALLINT = (">i8",), (">i4",), (">i2",)
NUMERIC = (">i2", 7)
NULL: Column = ((), None)


class Array(bytes):
    """An array of a batch's column, ready to be sent."""

    @property
    def number(self) -> int:
        """How many values it has."""
        found: int = _ARRAY.unpack_from(self)[3]
        return found


class Bigints(Array):
    """`bigint[]`."""


class Texts(Array):
    """`text[]`."""


class _Sent(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        found: bytes = obj
        return bytes(found)


class _SentBigints(_Sent):
    oid = _BIGINTS


class _SentTexts(_Sent):
    oid = _TEXTS


class _Received(Loader):
    """An array as it comes, to be read as a column."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


psycopg.adapters.register_dumper(Bigints, _SentBigints)
psycopg.adapters.register_dumper(Texts, _SentTexts)


def bigints(values: Integers | Sequence[int]) -> Bigints:
    """A column of numbers as an array."""
    cells = np.empty(len(values), dtype=[("length", ">i4"), ("value", ">i8")])
    cells["length"] = 8
    cells["value"] = values
    return Bigints(_ARRAY.pack(1, 0, 20, len(values), 1) + cells.tobytes())


def texts(values: Sequence[bytes]) -> Texts:
    """A column of texts, encoded already, as an array."""
    length = _LENGTH.pack
    return Texts(
        _ARRAY.pack(1, 0, 25, len(values), 1)
        + b"".join([length(len(value)) + value for value in values])
    )


def rows(
    package: str, name: str, prepare: bool = True, /, **parameters: Any
) -> list[tuple[Any, ...]]:
    """Run a statement of `<package>/sql/`, its parameters sent beside it, everything in binary.

    For many rows; JSON comes back as Python values. A session that asks again and again plans the statement
    once, for any number of rows; `prepare` False has it planned for those that are sent.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            sql.statement(package, name), parameters, prepare=_if_again(prepare), binary=True
        )
        return cursor.fetchall()


def _if_again(prepare: bool) -> bool | None:
    """What psycopg is told: None leaves it to how often the session has asked (`prepare_threshold`)."""
    return None if prepare else False


@contextmanager
def columns(package: str, name: str, **parameters: Any) -> Iterator[Callable[[], list[Integers]]]:
    """Ask a statement of `<package>/sql/` that returns one row of arrays, `bigint[]` or `timestamptz[]` each
    without a NULL, for its columns. Instants are microseconds since 1970, the first of all `NOTHING`.

    The block goes on while the database looks, and gets the answer by a call; it runs no other statement.
    """
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        connection.connection.pipeline(),
        psycopg.Cursor(connection.connection) as cursor,
    ):
        for kind in (_BIGINTS, _INSTANTS):
            cursor.adapters.register_loader(kind, _Received)
        cursor.execute(sql.statement(package, name), parameters, binary=True)
        yield lambda: [_column(sent) for sent in cursor.fetchone() or ()]


@contextmanager
def unanswered() -> Iterator[None]:
    """Send the statements of this block, which answer nothing, without waiting for each: by its end the
    database has done them all, or an error says which it refused."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def _column(sent: bytes | None) -> Integers:
    """The values of an array as it was sent; none at all where there are no rows."""
    if sent is None or len(sent) < _ARRAY.size:
        return np.empty(0, dtype=np.int64)
    cells = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", ">i8")], offset=_ARRAY.size)
    values: Integers = cells["value"].astype(np.int64)
    if _ARRAY.unpack_from(sent)[2] == _INSTANT:
        values[values != NOTHING] += EPOCH_2000
    return values


def run(package: str, name: str, prepare: bool = True, /, **parameters: Any) -> int:
    """Run a statement that answers nothing, its parameters sent beside it; returns how many rows it
    touched."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.statement(package, name), parameters, prepare=_if_again(prepare))
        return cursor.rowcount


def copy(target: str, rows: Iterable[bytes]) -> None:
    """COPY rows, as `table` makes them, into `table (column, ...)`.

    Each piece is sent as soon as it is made: the server stores the one while the next is being made.
    """
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
        cursor.copy(f"COPY {target} FROM STDIN (FORMAT binary)") as stream,
    ):
        stream.write(_COPY_BEGINS)
        for piece in rows:
            stream.write(piece)
        stream.write(_COPY_ENDS)


def table(number: int, columns: Sequence[Column]) -> bytes:
    """Rows of equal length for COPY.

    Args:
        number: how many.
        columns: of each its big-endian type and its values, one for all or one per row.
    """
    parts: list[tuple[Any, ...]] = [("columns", ">i2")]
    for place, (kind, _) in enumerate(columns):
        parts.append((f"length{place}", ">i4"))
        if kind:
            parts.append((f"value{place}", *kind))
    made = np.empty(number, dtype=parts)
    made["columns"] = len(columns)
    for place, (kind, values) in enumerate(columns):
        if kind:
            made[f"length{place}"] = made.dtype[f"value{place}"].itemsize
            made[f"value{place}"] = values
        else:
            made[f"length{place}"] = -1 if values is None else 0
    return made.tobytes()


def numerics(values: Integers) -> NDArray[np.int16]:
    """Whole numbers from 0 and below 10^12 as `numeric` values, of the type `NUMERIC`."""
    found = np.zeros((len(values), 7), dtype=np.int16)
    found[:, 0], found[:, 1] = 3, 2  # so many digits to the base 10,000; the first counts 10,000^2
    rest = values
    for place in (6, 5, 4):
        rest, found[:, place] = np.divmod(rest, 10_000)
    return found


def text(value: str) -> Column:
    """The same text in every row."""
    encoded = value.encode()
    return ((f"S{len(encoded)}",) if encoded else ()), encoded


def text_of(length: int, values: NDArray[np.bytes_]) -> Column:
    """Texts of one length, which is not 0."""
    return (f"S{length}",), values
