"""Does long invoices: on paper their lines are added up by kind; each stands in a CSV beside it.

A table of thousands of rows takes a minute to lay out and nobody reads it; a spreadsheet takes it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from creditops.lib import files, money
from creditops.lib.models import StoredFile
from invoicing.models import Invoice, InvoiceLine

CONTENT_TYPE = "text/csv; charset=utf-8"
COLUMNS = (
    "invoice", "position", "kind", "text", "period_from", "period_to",
    "credits", "unit_price", "net", "currency",
)  # fmt: skip

# What makes a spreadsheet take a text for a formula (W-04).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def name(invoice: Invoice) -> str:
    """Under which name the list of an invoice is stored."""
    return f"invoices/{invoice.number}-lines.csv"


def keep(invoice: Invoice, lines: Sequence[InvoiceLine], *, at: datetime) -> StoredFile:
    """Store the list of all lines of an invoice, once."""
    return files.keep(
        name(invoice), _csv(invoice, lines).encode(), content_type=CONTENT_TYPE, at=at
    )


def by_kind(lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """One line per kind, never stored, in the order in which the kinds first appear.

    Credits and amounts are summed; the period spans all; a unit price stays where all agree on it.
    """
    kinds = dict.fromkeys(InvoiceLine.Kind(line.kind) for line in lines)
    return [
        _sum(position, kind, [line for line in lines if line.kind == kind])
        for position, kind in enumerate(kinds, start=1)
    ]


def _sum(position: int, kind: InvoiceLine.Kind, lines: Sequence[InvoiceLine]) -> InvoiceLine:
    credits = [line.credits for line in lines if line.credits is not None]
    prices = {line.unit_price for line in lines}
    return InvoiceLine(
        position=position,
        kind=kind,
        text=f"{kind.label}: {len(lines):,} line{'s' * (len(lines) > 1)}",
        credits=sum(credits) if credits else None,
        unit_price=prices.pop() if len(prices) == 1 else "",
        amount_minor=sum(line.amount_minor for line in lines),
        period_from=min((line.period_from for line in lines if line.period_from), default=None),
        period_to=max((line.period_to for line in lines if line.period_to), default=None),
    )


def _csv(invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for line in lines:
        rows.writerow(
            [
                invoice.number, line.position, line.kind, _text(line.text),
                line.period_from, line.period_to, line.credits, line.unit_price,
                money.text(line.amount_minor, invoice.currency), invoice.currency,
            ]
        )  # fmt: skip
    return written.getvalue()


def _text(text: str) -> str:
    """A text as a spreadsheet shows it, whatever it begins with."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
