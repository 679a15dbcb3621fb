"""Answers how the actions of a card are written as a sheet, and reads one: errors row by row (S3).

A sheet has a head of column names and a line per action, separated by commas, semicolons or tabs: what
a spreadsheet saves or puts on the clipboard.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.models import RateItem
from contracts.rate_items import Item
from creditops.lib import spreadsheets
from creditops.lib.refusals import Problem, Refusal
from ledger import units
from ledger.models import Rate

COLUMNS = (
    "item", "credits", "per", "meter", "property", "match", "unit", "customer_unit", "position",
    "outcome", "kind", "role", "period_months", "credit_value", "actions",
)  # fmt: skip
ROWS_MAX = 2_000
_SEPARATORS = "\t;,"
_TRUE, _FALSE = ("yes", "true", "1"), ("", "no", "false", "0")


def heads_and_rows(items: Sequence[Item]) -> tuple[Sequence[str], list[spreadsheets.Row]]:
    """The sheet of these actions, for CSV or XLSX."""
    return COLUMNS, [_row(item) for item in items]


def as_csv(items: Sequence[Item]) -> str:
    """The sheet as CSV; `read` takes it back."""
    return spreadsheets.csv_text(*heads_and_rows(items))


def read(text: str) -> list[Item]:
    """The actions of a sheet that was typed, pasted or uploaded.

    Raises Refusal `sheet_unreadable`, whose problems name every wrong cell as `row 3, credits`; nothing is
    taken in then.
    """
    lines = text.lstrip("\ufeff").strip("\n\r")
    head, _, _ = lines.partition("\n")
    separator = max(_SEPARATORS, key=head.count)
    rows = [row for row in csv.reader(io.StringIO(lines), delimiter=separator) if any(row)]
    columns = [name.strip().lower().replace(" ", "_") for name in rows[0]] if rows else []
    problems = _wrong_heads(columns)
    if not problems and len(rows) - 1 > ROWS_MAX:
        problems = [Problem("sheet", "too_many", f"A card has at most {ROWS_MAX:,} actions.")]
    found = []
    for number, row in enumerate(rows[1:] if not problems else [], start=2):
        cells = {
            name: cell.strip().removeprefix("'") for name, cell in zip(columns, row, strict=False)
        }
        found.append(_item(cells, number, problems))
    if problems:
        raise Refusal(
            "sheet_unreadable",
            " ".join(f"{each.path}: {each.detail}" for each in problems[:5])
            + (f" And {len(problems) - 5} more." if len(problems) > 5 else ""),
            problems=problems,
            unreadable=True,
        )
    return found


def _wrong_heads(columns: Sequence[str]) -> list[Problem]:
    unknown = [name for name in columns if name not in COLUMNS]
    if "item" in columns and not unknown:
        return []
    wrong = f"There is no column {unknown[0]!r}. " if unknown else "A column 'item' is missing. "
    return [Problem("row 1", "columns", f"{wrong}Columns are {', '.join(COLUMNS)}.")]


def _item(cells: Mapping[str, str], number: int, problems: list[Problem]) -> Item:
    """A row as an item; what is wrong with it is added to `problems`."""

    def read(name: str, reader: Callable[[str], Any], nothing: Any) -> Any:
        cell = cells.get(name, "")
        if not cell:
            return nothing
        try:
            return reader(cell)
        except ValueError as error:
            problems.append(Problem(f"row {number}, {name}", "unfit", str(error)))
            return nothing

    if not cells.get("item"):
        problems.append(Problem(f"row {number}, item", "missing", "Name the action."))
    passed = bool(cells.get("credit_value"))
    per = read("per", _whole, 1)
    kind = read("kind", _one_of(Rate.Kind.values), _kind(passed, per))
    credits = read("credits", _whole, None)
    if credits is None and not passed and not cells.get("credits"):
        problems.append(Problem(f"row {number}, credits", "missing", "Say what it costs."))
    return Item(
        item=cells.get("item", "")[:100],
        credits=None if passed else credits,
        kind=kind,
        per=per,
        meter=cells.get("meter", ""),
        property=cells.get("property", ""),
        match=read("match", _pairs, {}),
        unit=cells.get("unit", "") or units.CREDITS,
        role=read("role", _one_of(Rate.Role.values), Rate.Role.PRINCIPAL),
        period_months=read("period_months", _whole, None),
        customer_unit=cells.get("customer_unit", "")[:100],
        credit_value=cells.get("credit_value", ""),
        actions=read("actions", _whole, 0),
        position=read("position", _one_of(RateItem.Position.values), ""),
        outcome=read("outcome", _yes_or_no, False),
    )


def _kind(passed: bool, per: int) -> str:
    if passed:
        return Rate.Kind.PASS_THROUGH
    return Rate.Kind.FIXED if per == 1 else Rate.Kind.PACK


def _row(item: Item) -> list[spreadsheets.Cell]:
    return [_cell(item, name) for name in COLUMNS]


def _cell(item: Item, name: str) -> spreadsheets.Cell:
    value = getattr(item, name)
    if name == "match":
        return ", ".join(f"{key}={wanted}" for key, wanted in sorted(value.items()))
    if name == "outcome":
        return "yes" if value else ""
    if name == "actions" and not value:
        return ""
    if value is None:
        return ""
    return value if isinstance(value, int) else str(value)


def _whole(cell: str) -> int:
    digits = cell.replace(",", "").replace("'", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 10**16):
        raise ValueError(f"{cell!r} is no positive whole number.")
    return int(digits)


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell.lower() not in names:
            raise ValueError(f"write {', '.join(names)}, not {cell!r}.")
        return cell.lower()

    return read


def _yes_or_no(cell: str) -> bool:
    if cell.lower() not in (*_TRUE, *_FALSE):
        raise ValueError(f"write yes or no, not {cell!r}.")
    return cell.lower() in _TRUE


def _pairs(cell: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in cell.split(",") if part.strip()]
    if not all(name.strip() and sign and value.strip() for name, sign, value in pairs):
        raise ValueError(f"write it like model=large, region=eu, not {cell!r}.")
    return {name.strip(): value.strip() for name, _, value in pairs}
