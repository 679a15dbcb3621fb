"""Answers with the usage messages in a file: CSV or JSON lines, row by row, never the whole file.

A row that can't be read is told with its number, the field and what is wrong; the others go on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger.messages import Message

# The fields of a message that a column may be mapped to; any other name is a property.
FIELDS = ("customer", "contract", "meter", "time", "quantity", "user")
BY_ROW = "row"
_LONGEST_TEXT = 255
_SUFFIXES = (".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Layout:
    """How the rows of a file are to be read.

    Attributes:
        source: the source of every event.
        id: the column that holds the id, or `row`: the number of the row, from 1.
        meter, customer, contract: of every row, unless a column is mapped to them.
        time_zone: of times that carry no offset; None refuses them.
        columns: field or property name -> column of the file.
    """

    source: str
    id: str
    meter: str = ""
    customer: str = ""
    contract: str | None = None
    time_zone: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """A row that can't be read: its number, the field, what is wrong, and the row."""

    row: int
    field: str
    reason: str
    content: str


Row = Message | Rejected


def read(path: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their numbers, from 1.

    Raises Refusal `file_unreadable`, `file_format_unknown`, `column_missing` or `time_zone_unknown`
    before the first row.
    """
    _check(path, layout)
    rows = _csv_rows(path, layout) if path.suffix.lower() == ".csv" else _json_rows(path)
    for number, row in rows:
        if isinstance(row, Rejected):
            yield number, row
        else:
            yield number, _message(number, row, layout)


def _check(path: Path, layout: Layout) -> None:
    if path.suffix.lower() not in _SUFFIXES:
        raise Refusal(
            "file_format_unknown",
            f"{path.name}: only {', '.join(_SUFFIXES)} are read. Convert the file.",
        )
    if not path.is_file():
        raise Refusal("file_unreadable", f"There is no file {path}.")
    if layout.time_zone is not None:
        try:
            ZoneInfo(layout.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Refusal(
                "time_zone_unknown",
                f"{layout.time_zone!r} is no IANA time zone, like Europe/Berlin.",
            ) from error


def _csv_rows(path: Path, layout: Layout) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    try:
        file = path.open(encoding="utf-8-sig", newline="", errors="surrogateescape")
    except OSError as error:
        raise Refusal("file_unreadable", f"{path}: {error.strerror}.") from error
    with file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        _check_columns(path, header, layout)
        number = 0
        while True:
            number += 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, Rejected(number, "", f"no CSV: {error}", "")
                continue
            if not values:
                number -= 1
                continue
            if len(values) != len(header):
                reason = f"{len(values)} fields instead of {len(header)}"
                yield number, Rejected(number, "", reason, ",".join(values))
            else:
                yield number, dict(zip(header, values, strict=True))


def _check_columns(path: Path, header: list[str], layout: Layout) -> None:
    wanted = set(layout.columns.values()) | ({layout.id} - {BY_ROW})
    missing = sorted(wanted - set(header))
    if missing:
        raise Refusal(
            "column_missing",
            f"{path.name} has no column {missing[0]!r}. Its columns are: {', '.join(header)}.",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Refusal("column_twice", f"{path.name} has the column {twice[0]!r} twice.")


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    try:
        file = path.open(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Refusal("file_unreadable", f"{path}: {error.strerror}.") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_float=Decimal)
            except (json.JSONDecodeError, RecursionError) as error:
                yield number, Rejected(number, "", f"no JSON: {error}", line.strip())
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                yield number, Rejected(number, "", "no JSON object", line.strip())


def _message(number: int, row: Mapping[str, Any], layout: Layout) -> Row:
    """The message of a row, or why there is none."""

    def rejected(name: str, reason: str) -> Rejected:
        content = json.dumps({key: _text(value) for key, value in row.items()})
        return Rejected(number, name, reason, content)

    given = {name: row.get(column) for name, column in layout.columns.items()}
    for name, value in given.items():
        if isinstance(value, str) and not _is_clean(value):
            return rejected(layout.columns[name], "the text is no UTF-8, has NUL or is too long")
    key = str(number) if layout.id == BY_ROW else str(row.get(layout.id) or "")
    if not key or len(key) > _LONGEST_TEXT or not _is_clean(key):
        return rejected(layout.id, "the id is missing, too long or no text")
    try:
        time = _time(given["time"], layout.time_zone) if "time" in given else None
    except ValueError as error:
        return rejected(layout.columns["time"], str(error))
    quantity: Decimal | None = None
    if given.get("quantity") not in (None, ""):
        found = number_of(given["quantity"])
        if found is None:
            return rejected(layout.columns["quantity"], _NOT_A_QUANTITY)
        quantity = found
    data = {name: value for name, value in given.items() if name not in FIELDS}
    for name, value in data.items():
        if _looks_negative(value):
            return rejected(layout.columns[name], _NOT_A_QUANTITY)
    return Message(
        source=layout.source,
        key=key,
        customer=str(given.get("customer") or layout.customer),
        contract=str(given["contract"]) if given.get("contract") else layout.contract,
        meter=str(given.get("meter") or layout.meter),
        time=time,
        quantity=quantity,
        user=str(given["user"]) if given.get("user") else None,
        data=data,
    )


_NOT_A_QUANTITY = "is no number of 0 or more"


def number_of(value: object) -> Decimal | None:
    """A quantity of a file: plain decimal, 0 or more; None for anything else."""
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    if not text.isascii() or "e" in text.lower() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _looks_negative(value: object) -> bool:
    """A number below zero among the properties: a quantity that somebody got wrong."""
    text = str(value).strip()
    return text.startswith("-") and number_of(text[1:]) not in (None, Decimal(0))


def _time(value: object, zone: str | None) -> datetime:
    """An ISO 8601 instant; without an offset local to `zone`; digits beyond microseconds cut off."""
    text = str(value or "").strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time; write 2026-01-31T09:00:00Z") from error
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    if zone is None:
        raise ValueError(f"{text!r} has no offset; say --time-zone, like UTC or Europe/Berlin")
    return calendar.local_instant(found, zone)


def _is_clean(text: str) -> bool:
    return len(text) <= _LONGEST_TEXT and "\0" not in text and text.isprintable() and _is_utf8(text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: object) -> str:
    return str(value).encode(errors="replace").decode()
