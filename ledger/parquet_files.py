"""Answers with the rows of a Parquet file of usage: row group by row group, only the columns asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from creditops.lib.refusals import Refusal
from ledger import usage_sources
from ledger.usage_sources import Bare, Source

_BUFFER = 1 << 20
# A text that no field accepts stands for a value that Python can't hold, like a year above 9999.
_OUT_OF_REACH = "\0"


def names(path: Path) -> list[str]:
    """The columns of a Parquet file. Raises Refusal `file_broken` for one without its end."""
    found: list[str] = _opened(path).schema_arrow.names
    return found


def source(path: Path, wanted: Mapping[str, str], *, zone: str | None) -> Source:
    """A Parquet file.

    Args:
        wanted: the columns to be read, and what each is for: `time`, `quantity`, `text` or `value`.
        zone: of times that carry none; None refuses a column of them.

    Raises Refusal `file_broken` for a file without its end, `column_missing`, `column_type_wrong` or
    `time_zone_missing`.
    """
    file = _opened(path)
    schema = file.schema_arrow
    for column, purpose in wanted.items():
        if column in schema.names:
            _check_type(path, column, schema.field(column).type, purpose, zone)
    total = max(file.metadata.num_rows, 1)
    at = [0]

    def rows(number: int, place: int) -> Iterator[Bare]:
        for bare in _rows(path, file, list(wanted), place):
            at[0] = bare[1]
            yield bare

    return Source(schema.names, rows, lambda: at[0] / total)


def _opened(path: Path) -> Any:
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise usage_sources.broken(path, 0) from error


def _check_type(path: Path, column: str, kind: Any, purpose: str, zone: str | None) -> None:
    """Whether values of this type can be what they are wanted for."""
    kind = kind.value_type if types.is_dictionary(kind) else kind
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    fits, wants = {
        "time": (text or types.is_timestamp(kind), "a timestamp, or text as in ISO 8601"),
        "quantity": (text or number, "a number, or text in plain digits"),
        "text": (text or types.is_integer(kind), "text or whole numbers"),
        "value": (text or number or types.is_boolean(kind), "text or numbers"),
    }[purpose]
    if not fits and not types.is_null(kind):
        raise Refusal(
            "column_type_wrong",
            f"{path.name}: column {column!r} is of the type {kind}; it has to be {wants}. Convert it.",
        )
    if purpose == "time" and types.is_timestamp(kind) and kind.tz is None and zone is None:
        raise Refusal(
            "time_zone_missing",
            f"{path.name}: the times in {column!r} have no offset. Say --time-zone, like UTC or "
            "Europe/Berlin.",
        )


def _rows(path: Path, file: Any, columns: list[str], place: int) -> Iterator[Bare]:
    """The rows behind the first `place` ones; groups before them are not read."""
    number = 0
    for group in range(file.num_row_groups):
        length = file.metadata.row_group(group).num_rows
        if number + length <= place:
            number += length
            continue
        for batch in _batches(path, file, group, columns, number):
            names, values = batch.schema.names, [_values(column) for column in batch.columns]
            for row in zip(*values, strict=True) if values else ((),) * len(batch):
                number += 1
                if number > place:
                    yield number, number, dict(zip(names, row, strict=True))


def _batches(path: Path, file: Any, group: int, columns: list[str], number: int) -> Iterator[Any]:
    done = number
    try:
        for batch in file.iter_batches(
            batch_size=usage_sources.PARQUET_ROWS, row_groups=[group], columns=columns
        ):
            yield batch
            done += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise usage_sources.broken(path, done) from error


def _values(column: Any) -> Iterable[Any]:
    """The values of a column; instants to the microsecond, floats as they are written."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_timestamp(column.type):
        zone = None if column.type.tz is None else "UTC"
        column = column.cast(pa.timestamp("us", zone), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        values = [_value(scalar) for scalar in column]
    if types.is_floating(column.type):
        return [None if value is None else Decimal(repr(value)) for value in values]
    return values


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _OUT_OF_REACH
