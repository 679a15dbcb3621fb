"""Does reports as files: CSV and XLSX, with plain figures that spreadsheets can add up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from creditops.lib import money
from creditops.reports import words
from creditops.reports.frame import Asked, Cell, Column, Kind, Report, Shape, Table

CSV, XLSX = (
    "text/csv; charset=utf-8",
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)
# What Excel takes as the name of a sheet.
_SHEET_NAME_MAX = 31
_NO_SHEET_NAME = str.maketrans("[]:*?/\\", "-------")
_WIDEST = 40


def as_csv(kind: Kind, asked: Asked, report: Report) -> bytes:
    """The report as CSV: what it is, its tables one below the other, its checks."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([kind.title])
    for line in words.circumstances(kind, asked):
        rows.writerow([line])
    for table in report.tables:
        currency = words.currency_of(table, report.currency)
        rows.writerow([])
        rows.writerow([words.harmless(table.title)] if table.title else [])
        rows.writerow([_head(column, currency) for column in table.columns])
        rows.writerows(_plain_rows(table, currency))
    if report.checks:
        rows.writerow([])
        rows.writerow(["Check", "Here", "Account", "Ledger", "Difference"])
        for check in report.checks:
            figures = [
                money.text(n, report.currency) for n in (check.here, check.ledger, check.difference)
            ]
            rows.writerow([check.what, figures[0], check.account, figures[1], figures[2]])
    return written.getvalue().encode()


def as_xlsx(kind: Kind, asked: Asked, report: Report) -> bytes:
    """The report as a workbook: a sheet per table, and one with what it is and its checks.

    Text is written as text: nothing a customer is called becomes a formula or a link.
    """
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
         "strings_to_numbers": False},
    )  # fmt: skip
    formats = _Formats(book)
    _cover(book.add_worksheet("Report"), formats, kind, asked, report)
    for number, table in enumerate(report.tables, start=1):
        name = (
            (table.title or kind.title).translate(_NO_SHEET_NAME)[: _SHEET_NAME_MAX - 3].strip("'")
        )
        sheet = book.add_worksheet(f"{number} {name}")
        _sheet(sheet, formats, table, words.currency_of(table, report.currency))
    book.close()
    return content.getvalue()


class _Formats:
    """How cells look."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Format] = {}

    def of(self, shape: Shape, currency: str, *, bold: bool = False) -> Format:
        decimals = money.exponent(currency)
        pattern = {
            Shape.MONEY: "#,##0" + (f".{'0' * decimals}" if decimals else ""),
            Shape.COUNT: "#,##0",
            Shape.PERCENT: "0.0",
        }.get(shape, "@")
        key = (pattern, bold)
        if key not in self._made:
            self._made[key] = self._book.add_format({"num_format": pattern, "bold": bold})
        return self._made[key]


def _cover(sheet: Worksheet, formats: _Formats, kind: Kind, asked: Asked, report: Report) -> None:
    bold = formats.of(Shape.TEXT, report.currency, bold=True)
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, 4, 16)
    sheet.write_string(0, 0, kind.title, bold)
    lines = [kind.about, *words.circumstances(kind, asked), *report.notes]
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line)
    row = len(lines) + 2
    if not report.checks:
        return
    for column, head in enumerate(("Check", "Here", "Account", "Ledger", "Difference")):
        sheet.write_string(row, column, head, bold)
    shape = formats.of(Shape.MONEY, report.currency)
    for number, check in enumerate(report.checks, start=row + 1):
        sheet.write_string(number, 0, check.what)
        sheet.write_string(number, 2, check.account)
        for column, minor in ((1, check.here), (3, check.ledger), (4, check.difference)):
            sheet.write_number(number, column, _number(minor, report.currency), shape)


def _sheet(sheet: Worksheet, formats: _Formats, table: Table, currency: str) -> None:
    for number, column in enumerate(table.columns):
        sheet.write_string(
            0, number, _head(column, currency), formats.of(Shape.TEXT, currency, bold=True)
        )
        longest = max((len(words.shown(row[number], column, currency)) for row in table.rows[:200]),
                      default=0)  # fmt: skip
        sheet.set_column(number, number, min(max(longest, len(column.title)) + 3, _WIDEST))
    sheet.freeze_panes(1, 0)
    for at, row in enumerate(table.rows, start=1):
        _line(sheet, formats, at, row, table.columns, currency)
    if table.sums:
        _line(sheet, formats, len(table.rows) + 1, table.sums, table.columns, currency, bold=True)


def _line(
    sheet: Worksheet,
    formats: _Formats,
    at: int,
    row: Sequence[Cell],
    columns: Sequence[Column],
    currency: str,
    *,
    bold: bool = False,
) -> None:
    for number, (cell, column) in enumerate(zip(row, columns, strict=True)):
        if cell is None or cell == "":
            continue
        shape = formats.of(column.shape, currency, bold=bold)
        if column.shape is Shape.MONEY and isinstance(cell, int):
            sheet.write_number(at, number, _number(cell, currency), shape)
        elif column.is_figure and isinstance(cell, int | Fraction):
            sheet.write_number(at, number, cell if isinstance(cell, int) else _tenth(cell), shape)
        else:
            sheet.write_string(at, number, words.shown(cell, column, currency),
                               formats.of(Shape.TEXT, currency, bold=bold))  # fmt: skip


def _number(minor: int, currency: str) -> Decimal:
    """What XlsxWriter writes digit by digit."""
    return Decimal(minor).scaleb(-money.exponent(currency))


def _tenth(share: Fraction) -> Decimal:
    return Decimal(money.fixed_text(share, 1))


def _head(column: Column, currency: str) -> str:
    return f"{column.title} ({currency})" if column.shape is Shape.MONEY else column.title


def _plain_rows(table: Table, currency: str) -> Iterator[list[str]]:
    rows = [*table.rows, table.sums] if table.sums else table.rows
    for row in rows:
        yield [
            words.plain(cell, column, currency)
            for cell, column in zip(row, table.columns, strict=True)
        ]
