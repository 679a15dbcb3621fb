"""Answers with tables for spreadsheets, as CSV and XLSX, in which no text is ever run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from creditops.lib.refusals import Refusal

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Spreadsheets run a cell that begins with one of these as a formula, or drop it.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# What a worksheet holds, and its name.
_NAME_MAX, _NAME_SIGNS = 31, "[]:*?/\\'"
# The largest whole number that a spreadsheet's cell keeps exactly.
_EXACT_MAX = 10**15

# A worksheet has no more rows, its head included, and a cell no longer text.
ROWS_MAX = 1_048_576
_CELL_MAX = 32_767

Cell = str | int
Row = Sequence[Cell]


def harmless(text: str) -> str:
    """The text as a CSV cell that stays text."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text


def csv_text(heads: Sequence[str], rows: Iterable[Row]) -> str:
    """A table as CSV. Text is made harmless; whole numbers stand as they are, negative ones too."""
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(heads)
    for row in rows:
        sheet.writerow([cell if isinstance(cell, int) else harmless(cell) for cell in row])
    return written.getvalue()


def xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Row]]]) -> bytes:
    """A workbook of tables: (name, heads, rows) each; heads stay in view.

    Text is written as text, whatever it looks like; whole numbers as numbers where a cell keeps them.
    Rows come and go one by one, so a table may be as long as a worksheet.

    Raises Refusal `table_too_long`.
    """
    written = io.BytesIO()
    book = xlsxwriter.Workbook(
        written,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
         "strings_to_numbers": False},
    )  # fmt: skip
    bold, whole = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0"})
    for name, heads, rows in sheets:
        sheet = book.add_worksheet(_name(name))
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        sheet.set_column(0, max(len(heads) - 1, 0), 18)
        for number, row in enumerate(rows, start=1):
            if number >= ROWS_MAX:
                raise Refusal(
                    "table_too_long",
                    f"A sheet has {ROWS_MAX - 1:,} rows at most. Take the CSV, or a shorter time.",
                )
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell, whole)
    book.close()
    return written.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell, whole: Any) -> None:
    if isinstance(cell, int) and abs(cell) < _EXACT_MAX:
        sheet.write_number(row, column, cell, whole)
    else:
        sheet.write_string(row, column, str(cell)[:_CELL_MAX])


def _name(name: str) -> str:
    return "".join(sign for sign in name if sign not in _NAME_SIGNS)[:_NAME_MAX] or "Table"
