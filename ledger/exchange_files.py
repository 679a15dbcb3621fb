"""Answers which exchange rates a CSV file says: a central bank's, or a spreadsheet's. Pure.

A header names the columns: `from`, `to`, `rate`, `effective_from` (a day, or an instant with its offset)
and, if one likes, `origin`. Commas or semicolons part them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import calendar
from creditops.lib.refusals import Refusal

LINES_MAX = 20_000
_NEEDED = ("from", "to", "rate", "effective_from")


@dataclass(frozen=True)
class Quoted:
    """A line of a file: 1 `from_currency` = `rate` `to_currency`, from an instant on."""

    from_currency: str
    to_currency: str
    rate: str
    effective_from: datetime
    origin: str = ""


def read(text: str, zone: str) -> list[Quoted]:
    """The rates of a file, in its order.

    Args:
        text: the file's content.
        zone: where days begin that are written without a time.

    Raises Refusal `rate_file_unreadable`, which says in which line and why.
    """
    first = text.lstrip("\ufeff").strip().splitlines()[:1]
    if not first:
        raise _unreadable(1, "there is nothing in it")
    separator = ";" if ";" in first[0] else ","
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff").strip()), delimiter=separator)
    names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise _unreadable(1, f"the header lacks {', '.join(missing)}")
    rows.fieldnames = names
    found = []
    for number, row in enumerate(rows, start=2):
        if number > LINES_MAX:
            raise _unreadable(number, f"it has more than {LINES_MAX:,} lines; cut it")
        found.append(_quoted(number, row, zone))
    return found


def _quoted(number: int, row: Mapping[str, str | None], zone: str) -> Quoted:
    said = {name: (row.get(name) or "").strip() for name in (*_NEEDED, "origin")}
    empty = [name for name in _NEEDED if not said[name]]
    if empty:
        raise _unreadable(number, f"{', '.join(empty)} is empty")
    return Quoted(
        said["from"].upper(),
        said["to"].upper(),
        said["rate"],
        _instant(number, said["effective_from"], zone),
        said["origin"],
    )


def _instant(number: int, text: str, zone: str) -> datetime:
    try:
        if len(text) == len("2026-01-31"):
            return calendar.local_midnight(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _unreadable(
            number, f"{text!r} is no day like 2026-01-31 and no instant with its offset"
        )
    return moment


def _unreadable(number: int, why: str) -> Refusal:
    return Refusal(
        "rate_file_unreadable",
        f"Line {number} of the file can't be read: {why}. Write from,to,rate,effective_from.",
        unreadable=True,
    )
