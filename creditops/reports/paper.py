"""Does reports as PDF: the same tables on paper, as many rows as a document takes."""

from __future__ import annotations

from typing import Any

from creditops.lib import pdf
from creditops.lib.admin_columns import amount
from creditops.reports import words
from creditops.reports.frame import Asked, Kind, Report, Table
from invoicing import seller

# More columns than this are printed across the page's long side.
_UPRIGHT_COLUMNS = 6


def as_pdf(kind: Kind, asked: Asked, report: Report) -> bytes:
    """The report as PDF. Raises Refusal `pdf_unavailable`."""
    return pdf.render("documents/report.html", facts(kind, asked, report))


def facts(kind: Kind, asked: Asked, report: Report) -> dict[str, Any]:
    """What the document prints, as text."""
    room = pdf.LINES_MAX
    tables = []
    for table in report.tables:
        shown = _table(table, report.currency, room)
        room -= len(shown["rows"])
        tables.append(shown)
    vendor = seller.profile()
    return {
        "vendor": vendor.legal_name or vendor.name,
        "title": kind.title,
        "about": kind.about,
        "created": asked.known_at.isoformat(timespec="seconds"),
        "time": words.time_of(kind, asked),
        "circumstances": words.circumstances(kind, asked),
        "notes": report.notes,
        "across": any(len(table.columns) > _UPRIGHT_COLUMNS for table in report.tables),
        "tables": tables,
        "checks": [
            (
                check.what,
                amount(check.here, report.currency),
                check.account,
                amount(check.ledger, report.currency),
                words.verdict(check, report.currency),
            )
            for check in report.checks
        ],
    }


def _table(table: Table, currency: str, room: int) -> dict[str, Any]:
    money_in = words.currency_of(table, currency)
    rows = [
        [
            (words.shown(cell, column, money_in), column.is_figure)
            for cell, column in zip(row, table.columns, strict=True)
        ]
        for row in table.rows[: max(room, 0)]
    ]
    return {
        "title": table.title,
        "heads": [(column.title, column.is_figure) for column in table.columns],
        "rows": rows,
        "more": len(table.rows) - len(rows),
        "empty": table.empty,
        "sums": [
            (words.shown(cell, column, money_in), column.is_figure)
            for cell, column in zip(table.sums, table.columns, strict=True)
        ]
        if table.sums
        else [],
    }
