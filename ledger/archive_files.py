"""Does the files of old usage: Parquet, one row per event with all that its row said, in order of id.

Codes stand beside numbers, so that a file can be read without the database; end users are numbers alone,
whose names can be erased where they are kept.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

_READ_BYTES = 1 << 20
_INSTANT = pa.timestamp("us", tz="UTC")
# What stands in a file; `sql/archived_events.sql` selects exactly these.
COLUMNS = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("customer", pa.string()),
        ("source_id", pa.int64()),
        ("source", pa.string()),
        ("key", pa.string()),
        ("id", pa.int64()),
        ("event_time", _INSTANT),
        ("recorded_at", _INSTANT),
        ("meter_id", pa.int64()),
        ("meter", pa.string()),
        ("member_id", pa.int64()),
        ("holder_id", pa.int64()),
        ("contract", pa.string()),
        ("pool_id", pa.int64()),
        ("tariff_id", pa.int64()),
        ("user_id", pa.int64()),
        ("quantity", pa.string()),
        ("data", pa.string()),
        ("credits", pa.int64()),
        ("status", pa.string()),
        ("code", pa.string()),
        ("line", pa.int64()),
        ("pos", pa.int64()),
    ]
)
_DATA = COLUMNS.names.index("data")


def write(path: Path, chunks: Iterable[Sequence[Sequence[Any]]]) -> tuple[int, int]:
    """Write rows to a new file that appears whole or not at all, and reaches the disk.

    Returns how many rows it has, and how many of them have data.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.part")
    rows = with_data = 0
    with aside.open("wb") as file:
        with parquet.ParquetWriter(file, COLUMNS, compression="zstd") as writer:
            for chunk in chunks:
                columns = list(zip(*chunk, strict=True))
                arrays = [
                    pa.array(values, type=field.type)
                    for field, values in zip(COLUMNS, columns, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=COLUMNS))
                rows += len(chunk)
                with_data += sum(value is not None for value in columns[_DATA])
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    _sync_folder(path.parent)
    return rows, with_data


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            found.update(piece)
    return found.hexdigest()


def rows(path: Path) -> int:
    """How many rows a file says that it has. Raises pyarrow's ArrowInvalid for what is no such file."""
    return int(parquet.ParquetFile(path).metadata.num_rows)


def data(path: Path) -> Iterator[list[tuple[int, int, str, str]]]:
    """(customer id, source id, key, data) of the events that have data, some at a time."""
    wanted = ["customer_id", "source_id", "key", "data"]
    for batch in parquet.ParquetFile(path).iter_batches(columns=wanted):
        told = zip(*(batch.column(name).to_pylist() for name in wanted), strict=True)
        yield [row for row in told if row[-1] is not None]


def _sync_folder(folder: Path) -> None:
    """Have the file's name reach the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
