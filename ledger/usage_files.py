"""Answers with the usage messages in a file: CSV, JSON lines or Parquet, row by row, never the whole file.

A row that can't be read is told with its number, the field and what is wrong; the others go on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger import columns, messages, usage_sources
from ledger.usage_sources import Rejected, Source

# The fields of a message that a column may be mapped to; any other name is a property.
FIELDS = ("customer", "contract", "meter", "time", "quantity", "user")
# Those of them that a row can't leave out where a column is mapped to them.
_NEEDED = ("customer", "meter", "time", "quantity")
BY_ROW = "row"
_LONGEST_TEXT = 255
# What is told of a row that can't be read.
_TOLD = 2_000
# A quantity is kept with at most so many digits before the point, and behind it.
_DIGITS, _DECIMALS = 18, 12
_FLOAT = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_PLAIN = re.compile(rf"[0-9]{{1,{_DIGITS}}}", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """How the rows of a file are to be read.

    Attributes:
        source: the source of every event.
        id: the column that holds the id, or `row`: the number of the row, from 1.
        meter, customer, contract: of every row, unless a column is mapped to them.
        time_zone: of times that carry no offset; None refuses them.
        columns: field or property name -> column of the file; an empty one leaves out a column that
            bears the name.
        loose: names among them that a row may leave out.
        numbers: names among them that hold numbers, which a program may have written as 1.5e-07.
    """

    source: str
    id: str
    meter: str = ""
    customer: str = ""
    contract: str | None = None
    time_zone: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    def wanted(self) -> dict[str, str]:
        """The columns of the file that are read, and what each is for (`parquet_files.source`)."""
        purposes = {"time": "time", "quantity": "quantity"} | dict.fromkeys(
            ("customer", "contract", "meter", "user"), "text"
        )
        own = {c: purposes.get(name, "value") for name, c in self.columns.items() if c}
        return own if self.id == BY_ROW else {self.id: "text"} | own


class Read(NamedTuple):
    """A row as a message's fields; `time` in microseconds since 1970, `columns.NO_TIME` if left out."""

    key: str
    customer: str
    contract: str | None
    meter: str
    time: int
    quantity: int | Decimal | None
    user: str | None
    data: Mapping[str, Any]


# Number of the row, place of the next one, and the row.
Row = tuple[int, int, Read | Rejected]


@dataclass
class Opened:
    """A file that is being read: how, its rows behind a number and place, and how much was read."""

    layout: Layout
    rows: Callable[[int, int], Iterator[Row]]
    share: Callable[[], float]


def open_file(
    path: Path,
    layout: Layout,
    kept: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    *,
    needs_time: bool = False,
) -> Opened:
    """Open a file of usage.

    Args:
        layout: as somebody said it; a column that bears the name of a field, or of a property that the
            meter keeps, is read without a word.
        kept: meter -> the properties that it keeps -> "number" or "text".
        needs_time: whether a row has to say when it happened.

    Raises Refusal `file_unreadable`, `file_format_unknown`, `file_broken`, `column_missing`,
    `column_twice`, `column_type_wrong`, `time_zone_missing` or `time_zone_unknown` before the first
    row; later on `file_broken`.
    """
    usage_sources.look(path)
    _check_zone(layout)
    source, whole = _source(path, layout, kept, needs_time=needs_time)
    if source.columns:
        _check_columns(path, source.columns, whole)

    def rows(number: int, place: int) -> Iterator[Row]:
        for found, behind, row in source.rows(number, place):
            yield found, behind, row if isinstance(row, Rejected) else _read(found, row, whole)

    return Opened(whole, rows, source.share)


def digest(path: Path, layout: Layout, *also: str) -> str:
    """What names this content, read in this layout: SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    told = {
        **asdict(layout), "columns": sorted(layout.columns.items()),
        "loose": sorted(layout.loose), "numbers": sorted(layout.numbers),
    }  # fmt: skip
    return hashlib.sha256(json.dumps([content, told, *also]).encode()).hexdigest()


def _source(
    path: Path, layout: Layout, kept: Mapping[str, Mapping[str, str]], *, needs_time: bool
) -> tuple[Source, Layout]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        from ledger import parquet_files  # large, and only needed here

        whole = _of_header(layout, parquet_files.names(path), kept)
        return parquet_files.source(path, whole.wanted(), zone=layout.time_zone), whole
    if ".csv" in Path(name).suffixes:
        source = usage_sources.csv_source(path)
        return source, _of_header(layout, source.columns, kept)
    return usage_sources.json_source(path), _of_rows(layout, kept, needs_time=needs_time)


def _of_header(
    layout: Layout, header: Collection[str], kept: Mapping[str, Mapping[str, str]]
) -> Layout:
    """The layout with every column of the file that bears a name nobody gave to another one."""
    meant = _meant(layout, kept, by_row="meter" in layout.columns or "meter" in header)
    own = {name: name for name in _names(layout, meant) if name in header}
    return replace(layout, columns=own | _said(layout), numbers=_numbers(meant))


def _of_rows(layout: Layout, kept: Mapping[str, Mapping[str, str]], *, needs_time: bool) -> Layout:
    """The same where each row names its fields itself: it may leave out what stands elsewhere."""
    needed = {"customer"} if not layout.customer else set()
    needed |= {"meter"} if not layout.meter else set()
    needed |= {"time"} if needs_time else set()
    meant = _meant(layout, kept, by_row=layout.columns.get("meter") != "")
    names = _names(layout, meant)
    own = {name: name for name in names}
    return replace(
        layout,
        columns=own | _said(layout),
        loose=frozenset(names - needed),
        numbers=_numbers(meant),
    )


def _meant(
    layout: Layout, kept: Mapping[str, Mapping[str, str]], *, by_row: bool
) -> Sequence[tuple[str, str]]:
    """The properties that may be meant, and what each holds.

    Args:
        by_row: whether rows name their meters, so that any of them may be meant.
    """
    meters = kept.values() if by_row else (kept.get(layout.meter, {}),)
    return [told for properties in meters for told in properties.items()]


def _names(layout: Layout, meant: Iterable[tuple[str, str]]) -> set[str]:
    """The fields and kept properties that a column may bear without a word."""
    names = {*FIELDS, *(name for name, _ in meant)}
    return names - {*layout.columns, *layout.columns.values(), layout.id}


def _numbers(meant: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Those that hold a number, whichever meter is meant."""
    texts = {name for name, kind in meant if kind != "number"}
    return frozenset(name for name, _ in meant if name not in texts)


def _said(layout: Layout) -> dict[str, str]:
    return {name: column for name, column in layout.columns.items() if column}


def _check_zone(layout: Layout) -> None:
    if layout.time_zone is None:
        return
    try:
        ZoneInfo(layout.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refusal(
            "time_zone_unknown",
            f"{layout.time_zone!r} is no IANA time zone, like Europe/Berlin.",
        ) from error


def _check_columns(path: Path, header: Sequence[str], layout: Layout) -> None:
    missing = sorted(layout.wanted().keys() - set(header))
    if missing:
        raise Refusal(
            "column_missing",
            f"{path.name} has no column {missing[0]!r}. Its columns are: {', '.join(header)}.",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Refusal("column_twice", f"{path.name} has the column {twice[0]!r} twice.")


class _Unreadable(Exception):
    """A field of a row that can't be read: its column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def _read(number: int, row: Mapping[str, Any], layout: Layout) -> Read | Rejected:
    """The fields of a row, or why there are none."""
    try:
        return _fields(number, row, layout)
    except _Unreadable as error:
        return Rejected(number, error.column, str(error), content(row))


def content(row: Mapping[str, Any]) -> str:
    """A row as it is told: JSON, cut off where it is long; nothing, where it is nested too deeply."""
    try:
        return json.dumps(row, default=str)[:_TOLD]
    except RecursionError:
        return ""


def _fields(number: int, row: Mapping[str, Any], layout: Layout) -> Read:
    given: dict[str, Any] = {}
    for name, column in layout.columns.items():
        if column not in row and name in layout.loose:
            continue
        value = row.get(column)
        if value is None and name in _NEEDED and column not in row:
            raise _Unreadable(column, "the row has no such field")
        given[name] = value if name == "time" else _scalar(value, column)
        if name in layout.numbers and name not in FIELDS:
            given[name] = _of_floats(given[name])
    time = _instant(given.pop("time"), layout) if "time" in given else columns.NO_TIME
    quantity = _quantity(given.pop("quantity", None), layout)
    customer, contract = given.pop("customer", None), given.pop("contract", None)
    meter, user = given.pop("meter", None), given.pop("user", None)
    for name, value in given.items():
        if _looks_negative(value):
            raise _Unreadable(layout.columns[name], _NOT_A_QUANTITY)
    return Read(
        key=str(number) if layout.id == BY_ROW else _key(row.get(layout.id), layout.id),
        customer=str(customer or layout.customer),
        contract=str(contract) if contract else layout.contract,
        meter=str(meter or layout.meter),
        time=time,
        quantity=quantity,
        user=str(user) if user else None,
        data=given,
    )


def _scalar(value: Any, column: str) -> Any:
    """A value that is text, a number, true, false or nothing."""
    if isinstance(value, dict | list):
        raise _Unreadable(column, "is a list or an object, where text or a number is wanted")
    if value is not None and not _is_clean(value if isinstance(value, str) else str(value)):
        raise _Unreadable(column, "the text is no UTF-8, has NUL or is too long")
    return value


def _key(value: object, column: str) -> str:
    key = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not key or not _is_clean(key):
        raise _Unreadable(column, "the id is missing, too long or no text")
    return key


def _of_floats(value: Any) -> Any:
    """A number as a program writes it that counts in floating point (`messages.nearest`)."""
    if isinstance(value, str) and _FLOAT.fullmatch(value.strip()):
        value = Decimal(value.strip())
    return messages.nearest(value) if isinstance(value, Decimal) else value


_NOT_A_QUANTITY = "is no number of 0 or more"


def _quantity(value: object, layout: Layout) -> int | Decimal | None:
    if value is None or value == "":
        return None
    if type(value) is str and _PLAIN.fullmatch(value):
        return int(value)
    found = number_of(value)
    if found is None:
        raise _Unreadable(layout.columns["quantity"], _NOT_A_QUANTITY)
    exponent = found.as_tuple().exponent
    if found.adjusted() >= _DIGITS or not isinstance(exponent, int) or exponent < -_DECIMALS:
        raise _Unreadable(
            layout.columns["quantity"],
            f"has more than {_DIGITS} digits before the point, or {_DECIMALS} behind it",
        )
    return found


def number_of(value: object) -> Decimal | None:
    """A quantity of a file: plain decimal, 0 or more; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value if value.is_finite() and value >= 0 else None
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


def _instant(value: object, layout: Layout) -> int:
    """An instant: ISO 8601, or as Parquet holds it; without an offset local to the layout's zone;
    digits beyond microseconds cut off."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        said = "" if value is None else str(value).strip()
        raise _Unreadable(
            layout.columns["time"], f"{said!r} is no time; write 2026-01-31T09:00:00Z"
        ) from None
    if found.tzinfo is None and layout.time_zone is None:
        raise _Unreadable(
            layout.columns["time"],
            f"{str(value).strip()!r} has no offset; say --time-zone, like UTC or Europe/Berlin",
        )
    try:
        if found.tzinfo is None:
            found = calendar.local_instant(found, str(layout.time_zone))
        return columns.microseconds(found)
    except OverflowError:
        raise _Unreadable(layout.columns["time"], f"{value!s} is out of reach") from None


def _is_clean(text: str) -> bool:
    """Short, and nothing in it that is no text: NUL, other controls, bytes that are no UTF-8."""
    return len(text) <= _LONGEST_TEXT and text.isprintable()
