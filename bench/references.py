"""Does the storing of the very rows that intake stored, in the two plainest ways there are.

| reference | is |
|---|---|
| insert | `INSERT ... ON CONFLICT DO NOTHING` of unnested arrays: what everybody would write |
| copy | COPY of sorted rows: the least that storing them once can cost |

Both into a table of the event table's columns, key and indexes, without its checks, one transaction per
batch; the arrays and the stream are made before the clock runs. Nothing is decoded, priced or drawn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection, connections
from psycopg import Connection
from psycopg.pq import ExecStatus, Format

TABLES = ("bare_insert", "bare_copy")
_KEY = "customer_id, source_id, key"


@dataclass(frozen=True)
class Rows:
    """Stored events of one batch, ready to be stored again."""

    number: int
    arrays: tuple[bytes | None, ...]
    stream: bytes


class References:
    """The two tables and their statements."""

    def __init__(self) -> None:
        with connections["owner"].cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"CREATE TABLE {table} (LIKE ledger_usageevent INCLUDING INDEXES)")
                cursor.execute(f"GRANT SELECT, INSERT ON {table} TO PUBLIC")
            cursor.execute(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
                " WHERE attrelid = 'ledger_usageevent'::regclass AND attnum > 0"
                " AND NOT attisdropped ORDER BY attnum"
            )
            columns = cursor.fetchall()
        self._aggregates = ", ".join(f"array_agg({name} ORDER BY id)" for name, _ in columns)
        arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(columns, start=1))
        self._insert = (
            f"INSERT INTO bare_insert SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
        ).encode()

    def rows(self, batch_id: int) -> Rows:
        """What intake stored of a batch."""
        first, last = batch_id << 16, (batch_id + 1 << 16) - 1
        chosen = f"FROM ledger_usageevent WHERE id BETWEEN {first} AND {last}"
        plain = _plain()
        found = plain.pgconn.exec_params(
            f"SELECT count(*)::text, {self._aggregates} {chosen}".encode(), [],
            result_format=Format.BINARY,
        )  # fmt: skip
        number = int(found.get_value(0, 0) or b"0")
        arrays = tuple(found.get_value(0, n) for n in range(1, found.nfields))
        query = f"COPY (SELECT * {chosen} ORDER BY {_KEY}) TO STDOUT (FORMAT binary)"
        with plain.cursor().copy(query) as stream:
            copied = b"".join(bytes(part) for part in stream)
        return Rows(number, arrays, copied)

    def insert(self, rows: Rows) -> float:
        """Insert them; returns seconds."""
        plain = _plain()
        begun = time.perf_counter()
        done = plain.pgconn.exec_params(
            self._insert, rows.arrays, param_formats=[Format.BINARY] * len(rows.arrays)
        )
        taken = time.perf_counter() - begun
        if done.status != ExecStatus.COMMAND_OK:
            raise RuntimeError(done.error_message)
        return taken

    def copy(self, rows: Rows) -> float:
        """COPY them; returns seconds."""
        plain = _plain()
        begun = time.perf_counter()
        with plain.cursor().copy("COPY bare_copy FROM STDIN (FORMAT binary)") as stream:
            stream.write(rows.stream)
        return time.perf_counter() - begun


def _plain() -> Connection[object]:
    """The application's own session, below Django."""
    connection.ensure_connection()
    found: Connection[object] = connection.connection
    return found
