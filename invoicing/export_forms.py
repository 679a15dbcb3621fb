"""Answers how other programs read a journal: as generic CSV, QuickBooks Online, Xero, NetSuite.

What each takes at most, and where that is said: docs/exports.md. Texts that a spreadsheet would run as a
formula are written with an apostrophe before them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from creditops.lib import money

# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
QUICKBOOKS_ROWS, XERO_ROWS, NETSUITE_ROWS = 1_000, 300, 25_000
# Generic CSV has no limit of its own; more rows than this no spreadsheet opens.
CSV_ROWS = 1_000_000


@dataclass(frozen=True)
class Side:
    """One side of an entry, in minor units."""

    code: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True)
class Entry:
    """A journal entry to be exported."""

    number: int
    on: date
    recipe: str
    memo: str
    source: str
    customer: str
    recorded_at: datetime
    sides: Sequence[Side]


@dataclass(frozen=True)
class Batch:
    """What goes into one file: entries of a month, and what accounts are called there."""

    period: date
    currency: str
    entries: Sequence[Entry]
    names: Mapping[str, str]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """How a program reads a journal.

    Attributes:
        name: as it is asked for.
        rows_max: how many rows it takes in one file.
        write: a batch as bytes.
        rows_of: how many rows an entry needs.
        prefix: of the file's name.
    """

    name: str
    rows_max: int
    write: Callable[[Batch], bytes]
    rows_of: Callable[[Entry], int] = lambda entry: len(entry.sides)
    prefix: str = "journal"

    def file_name(self, period: date, number: int, of: int) -> str:
        """`journal-2026-01-xero.csv`, with `-1-of-3` where there are several."""
        part = f"-{number}-of-{of}" if of > 1 else ""
        return f"{self.prefix}-{period:%Y-%m}-{self.name}{part}.csv"


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, on one line."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(_FORMULA_SIGNS) else line


def _generic(batch: Batch) -> bytes:
    head = (
        "entry", "date", "account", "name", "debit", "credit", "currency", "memo", "customer",
        "recipe", "source",
    )  # fmt: skip
    rows = [
        (entry.number, entry.on.isoformat(), side.code, harmless(batch.names[side.code]),
         _amount(side.debit_minor, batch), _amount(side.credit_minor, batch), batch.currency,
         harmless(entry.memo), harmless(entry.customer), entry.recipe, harmless(entry.source))
        for entry, side in _sides(batch)
    ]  # fmt: skip
    return _written(head, rows)


def _quickbooks(batch: Batch) -> bytes:
    head = (
        "Journal No", "Journal Date", "Account Name", "Description", "Debits", "Credits", "Name",
    )  # fmt: skip
    rows = [
        (entry.number, f"{entry.on:%m/%d/%Y}", harmless(batch.names[side.code]),
         harmless(entry.memo), _amount(side.debit_minor, batch), _amount(side.credit_minor, batch),
         harmless(entry.customer))
        for entry, side in _sides(batch)
    ]  # fmt: skip
    return _written(head, rows)


def _xero(batch: Batch) -> bytes:
    """Rows of the same narration and date are one journal, so the entry's number is in it."""
    head = ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount")
    rows = [
        (harmless(f"{entry.number} {entry.memo}"), f"{entry.on:%d/%m/%Y}",
         harmless(entry.customer or entry.memo), harmless(batch.names[side.code]), "Tax Exempt",
         money.text(side.debit_minor - side.credit_minor, batch.currency))
        for entry, side in _sides(batch)
    ]  # fmt: skip
    return _written(head, rows)


def _netsuite(batch: Batch) -> bytes:
    head = ("External ID", "Date", "Currency", "Account", "Debit", "Credit", "Memo", "Name")
    rows = [
        (f"CREDITOPS-{entry.number}", f"{entry.on:%m/%d/%Y}", batch.currency,
         harmless(batch.names[side.code]), _amount(side.debit_minor, batch),
         _amount(side.credit_minor, batch), harmless(entry.memo), harmless(entry.customer))
        for entry, side in _sides(batch)
    ]  # fmt: skip
    return _written(head, rows)


def _sides(batch: Batch) -> list[tuple[Entry, Side]]:
    return [(entry, side) for entry in batch.entries for side in entry.sides]


def _amount(minor: int, batch: Batch) -> str:
    return money.text(minor, batch.currency) if minor else ""


def _written(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


FORMS = (
    Form("csv", CSV_ROWS, _generic),
    Form("quickbooks", QUICKBOOKS_ROWS, _quickbooks),
    Form("xero", XERO_ROWS, _xero),
    Form("netsuite", NETSUITE_ROWS, _netsuite),
)
