"""Answers how a report's figures are written: for people, and plain for files."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from creditops.lib import money
from creditops.lib.admin_columns import NOTHING, amount
from creditops.reports.frame import Asked, Cell, Check, Column, Kind, Shape, Span, Table
from ledger import books, signing

# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def shown(cell: Cell, column: Column, currency: str) -> str:
    """A cell for people: `$1,250.00`, `12,000`, `2026-06-30`."""
    if cell is None or cell == "":
        return NOTHING if cell is None else ""
    if column.shape is Shape.MONEY and isinstance(cell, int):
        return amount(cell, currency)
    if column.shape is Shape.COUNT and isinstance(cell, int):
        return f"{cell:,}"
    if column.shape is Shape.PERCENT and isinstance(cell, Fraction | int):
        return money.fixed_text(Fraction(cell), 1)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def plain(cell: Cell, column: Column, currency: str) -> str:
    """A cell for a file: without separators or signs of currency, and never a formula."""
    if cell is None:
        return ""
    if column.shape is Shape.MONEY and isinstance(cell, int):
        return money.text(cell, currency)
    if column.shape is Shape.PERCENT and isinstance(cell, Fraction | int):
        return money.fixed_text(Fraction(cell), 1)
    if isinstance(cell, int):
        return str(cell)
    return harmless(cell.isoformat() if isinstance(cell, date) else str(cell))


def harmless(text: str) -> str:
    """Text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def currency_of(table: Table, currency: str) -> str:
    """The currency of a table's money."""
    return table.currency or currency


def verdict(check: Check, currency: str) -> str:
    """Whether a check ties, in words."""
    if not check.difference:
        return "ties"
    return f"differs by {amount(check.difference, currency)}"


def time_of(kind: Kind, asked: Asked) -> str:
    """For which days it is."""
    if kind.span is Span.DAY:
        return f"at the end of {asked.last}"
    return f"{asked.first} through {asked.last}"


def circumstances(kind: Kind, asked: Asked) -> list[str]:
    """What has to be known to read it: which days, as known when, in which books, and if they are signed."""
    current = books.current(asked.known_at)
    known = f"{asked.known_at:%Y-%m-%d %H:%M} UTC"
    said = [
        f"{time_of(kind, asked)[0].upper()}{time_of(kind, asked)[1:]}, as known {known}.",
        f"Books in {current.currency}, days of {current.time_zone}.",
    ]
    signed = signing.signature(asked.known_at)
    if signed is None:
        said.append(
            "These books are not signed: how revenue is recognised has no signature of the controller "
            "and the auditor yet, and every entry is a draft."
        )
    else:
        said.append(
            f"How revenue is recognised was signed by {' and '.join(signed.names)} on "
            f"{signed.signed_on}: {signed.document}."
        )
    return said
