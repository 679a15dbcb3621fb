"""Does set-based SQL: one statement per file in an app's `sql/`, run with named parameters.

For the hot paths and the reads that the ORM would take apart; everything else uses the ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

from django.db import connection, transaction


@cache
def statement(package: str, name: str) -> str:
    """The text of `<package>/sql/<name>.sql`, with psycopg's named parameters (`%(name)s`)."""
    return (resources.files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def rows(package: str, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows; without parameters a `%` in it is a plain sign.

    JSON comes back as text.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement(package, name), parameters or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def run(package: str, name: str, **parameters: Any) -> int:
    """Run a statement that answers nothing; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement(package, name), parameters)
        touched: int = cursor.rowcount
        return touched


@contextmanager
def read_only() -> Iterator[None]:
    """Until the end of the block the database refuses every write: a transaction, or a part of one, that
    only reads."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def copy(target: str, values: Iterable[Sequence[Any]]) -> None:
    """COPY rows into `table (column, ...)`; nothing is sent when there are none."""
    sent = list(values)
    if not sent:
        return
    with (
        connection.wrap_database_errors,  # Django does not see what happens inside a COPY
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN") as stream,
    ):
        for row in sent:
            stream.write_row(row)
