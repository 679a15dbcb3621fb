"""Answers with the bare rows of a file of usage: CSV, JSON lines or Parquet, as a stream, never the whole.

Each row comes with its number, from 1, and the place where the next one begins, so that a later start
can go on there. A row that can't be read is told with its number and why; the others go on.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from creditops.lib.refusals import Refusal

# A line of text is at most so many bytes; a longer one is told, not kept.
LONGEST_LINE = 1 << 20
# Rows of a Parquet file that are in memory at once.
PARQUET_ROWS = 10_000
_TEXTS = (".csv", ".jsonl", ".ndjson")
SUFFIXES = (*_TEXTS, *(f"{text}.gz" for text in _TEXTS), ".parquet")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"
_BROKEN = (EOFError, zlib.error, OSError)


@dataclass(frozen=True)
class Rejected:
    """A row that can't be read: its number, the field, what is wrong, and the row."""

    row: int
    field: str
    reason: str
    content: str


# Number of the row, place of the next one, and the row.
Bare = tuple[int, int, dict[str, Any] | Rejected]


@dataclass
class Source:
    """A file that was opened for reading.

    `columns` are those of the file; empty where rows name their own fields. `share` says how much of
    the file was read, from 0 to 1; `rows` begins behind `number` rows, at `place`.
    """

    columns: Sequence[str]
    rows: Callable[[int, int], Iterator[Bare]]
    share: Callable[[], float]


def look(path: Path) -> None:
    """See whether this is a file that can be read at all.

    Raises Refusal `file_format_unknown` or `file_unreadable`, saying what to do.
    """
    if not path.name.lower().endswith(SUFFIXES):
        raise Refusal(
            "file_format_unknown",
            f"{path.name}: only {', '.join(_TEXTS)} are read, packed with .gz or not, and .parquet. "
            "Convert the file.",
        )
    if path.is_dir():
        raise _unreadable(path, "is a directory. Name one file in it")
    if not path.is_file():
        raise Refusal("file_unreadable", f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            begin = file.read(4)
    except OSError as error:
        raise Refusal("file_unreadable", f"{path}: {error.strerror}.") from error
    if not begin:
        raise _unreadable(path, "is empty. Export it again")
    if begin[:2] in _UTF_16:
        raise _unreadable(path, "is UTF-16. Save it as UTF-8")
    packed, parquet = path.name.lower().endswith(".gz"), path.suffix.lower() == ".parquet"
    if packed != (begin[:2] == b"\x1f\x8b"):
        said = "is no gzip file" if packed else "is packed with gzip: call it .gz"
        raise _unreadable(path, f"{said}. Look at how it was made")
    if parquet != (begin == b"PAR1"):
        said = "is no Parquet file" if parquet else "is a Parquet file: call it .parquet"
        raise _unreadable(path, f"{said}. Look at how it was made")


def csv_source(path: Path) -> Source:
    """A CSV file; its first line names the columns. Raises Refusal `file_unreadable` or
    `file_broken`."""
    try:
        lines = _Lines(path)
        header = next(csv.reader(lines, strict=True), [])
    except (csv.Error, _LineTooLong) as error:
        raise _unreadable(path, f"has a first line that is no CSV ({error}). Mend it") from error
    except _BROKEN as error:
        raise broken(path, 0) from error
    if not header or not all(name.isprintable() for name in header):
        raise _unreadable(path, "has a first line that names no columns in UTF-8. Mend it")
    begin = lines.place

    def rows(number: int, place: int) -> Iterator[Bare]:
        lines.go_to(max(begin, place))
        return _csv_rows(path, lines, header, number)

    return Source(header, rows, lines.share)


def json_source(path: Path) -> Source:
    """A file of JSON objects, one a line. Raises Refusal `file_broken`."""
    try:
        lines = _Lines(path)
    except _BROKEN as error:
        raise broken(path, 0) from error

    def rows(number: int, place: int) -> Iterator[Bare]:
        lines.go_to(place)
        return _json_rows(path, lines, number)

    return Source((), rows, lines.share)


def broken(path: Path, number: int) -> Refusal:
    """What is said of a file that breaks off behind row `number`."""
    return Refusal(
        "file_broken",
        f"{path.name} breaks off or is damaged behind row {number:,}. What came before stays. Get the "
        "whole file and import it again: what is there already counts as duplicates.",
    )


class _LineTooLong(Exception):
    def __str__(self) -> str:
        return f"a line of more than {LONGEST_LINE:,} bytes"


class _Lines:
    """The lines of a text file, unpacked, with the place behind the newest one in bytes."""

    def __init__(self, path: Path) -> None:
        self._size = max(path.stat().st_size, 1)
        self._raw = path.open("rb")
        packed = path.name.lower().endswith(".gz")
        self._file: BinaryIO = (
            io.BufferedReader(gzip.GzipFile(fileobj=self._raw), 1 << 17) if packed else self._raw
        )
        self.place = 0
        # A mark of the encoding at the very beginning is no text.
        if self._file.read(len(_UTF_8_MARK)) == _UTF_8_MARK:
            self.place = len(_UTF_8_MARK)
        self._file.seek(self.place)
        self._begin = self.place

    def go_to(self, place: int) -> None:
        self.place = max(place, self._begin)
        self._file.seek(self.place)

    def share(self) -> float:
        """How much of the file was read, packed as it is."""
        return min(1.0, self._raw.tell() / self._size)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE + 1)
        self.place += len(line)
        if not line:
            raise StopIteration
        if len(line) > LONGEST_LINE:
            self._skip_line(line)
            raise _LineTooLong
        return line.decode("utf-8", "surrogateescape")

    def _skip_line(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._file.readline(LONGEST_LINE)
            self.place += len(line)


def _csv_rows(path: Path, lines: _Lines, header: Sequence[str], number: int) -> Iterator[Bare]:
    reader = csv.reader(lines, strict=True)
    width = len(header)
    while True:
        number += 1
        begin = reader.line_num
        try:
            values = next(reader)
        except StopIteration:
            return
        except (csv.Error, _LineTooLong) as error:
            taken = reader.line_num - begin
            told = f", which took {taken:,} lines" if taken > 1 else ""
            yield number, lines.place, Rejected(number, "", f"no CSV: {error}{told}", "")
            continue
        except _BROKEN as error:
            raise broken(path, number - 1) from error
        if not values:
            number -= 1
        elif len(values) != width:
            reason = f"{len(values)} fields instead of {width}"
            yield number, lines.place, Rejected(number, "", reason, ",".join(values))
        else:
            yield number, lines.place, dict(zip(header, values, strict=True))


def _json_rows(path: Path, lines: _Lines, number: int) -> Iterator[Bare]:
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except _LineTooLong as error:
            yield number, lines.place, Rejected(number, "", f"no JSON: {error}", "")
            continue
        except _BROKEN as error:
            raise broken(path, number - 1) from error
        if not line.strip():
            continue
        yield number, lines.place, _json_row(number, line)


def _json_row(number: int, line: str) -> dict[str, Any] | Rejected:
    try:
        row = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return Rejected(number, "", f"no JSON: {error}", line.strip())
    return row if isinstance(row, dict) else Rejected(number, "", "no JSON object", line.strip())


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of the last change: whether a file changed while it was read."""
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns


def _unreadable(path: Path, what: str) -> Refusal:
    return Refusal("file_unreadable", f"{path.name} {what}.")
