"""Does long invoices: on paper their lines are added up by kind; each stands in a CSV beside it.

A table of thousands of rows takes a minute to lay out and nobody reads it; a spreadsheet takes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from creditops.lib import files, languages, money, printed, spreadsheets
from creditops.lib.models import StoredFile
from invoicing.models import Invoice, InvoiceLine

COLUMNS = (
    "invoice", "position", "kind", "text", "period_from", "period_to",
    "credits", "unit_price", "net", "currency",
)  # fmt: skip


def name(invoice: Invoice) -> str:
    """Under which name the list of an invoice is stored."""
    return f"invoices/{invoice.number}-lines.csv"


def keep(invoice: Invoice, lines: Sequence[InvoiceLine], *, at: datetime) -> StoredFile:
    """Store the list of all lines of an invoice, once."""
    content = spreadsheets.csv_text(COLUMNS, _rows(invoice, lines))
    return files.keep(name(invoice), content.encode(), content_type=spreadsheets.CSV, at=at)


def note(invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    """The sentence that tells where the single lines are."""
    return languages.say(
        invoice.language,
        "lines_in_csv",
        count=printed.credits(len(lines), invoice.language),
        file=name(invoice).rpartition("/")[2],
    )


def by_kind(lines: Sequence[InvoiceLine], language: str = languages.ENGLISH) -> list[InvoiceLine]:
    """One line per kind, never stored, in the order in which the kinds first appear.

    Credits and amounts are summed; the period spans all; a unit price stays where all agree on it.
    """
    kinds = dict.fromkeys(InvoiceLine.Kind(line.kind) for line in lines)
    return [
        _sum(position, kind, [line for line in lines if line.kind == kind], language)
        for position, kind in enumerate(kinds, start=1)
    ]


def _sum(
    position: int, kind: InvoiceLine.Kind, lines: Sequence[InvoiceLine], language: str
) -> InvoiceLine:
    credits = [line.credits for line in lines if line.credits is not None]
    prices = {line.unit_price for line in lines}
    return InvoiceLine(
        position=position,
        kind=kind,
        text=languages.say(
            language,
            "lines_of_kind",
            kind=languages.say(language, f"kind_{kind.lower()}"),
            count=printed.credits(len(lines), language),
        ),
        credits=sum(credits) if credits else None,
        unit_price=prices.pop() if len(prices) == 1 else "",
        amount_minor=sum(line.amount_minor for line in lines),
        period_from=min((line.period_from for line in lines if line.period_from), default=None),
        period_to=max((line.period_to for line in lines if line.period_to), default=None),
    )


def _rows(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Iterator[spreadsheets.Row]:
    for line in lines:
        yield (
            invoice.number, line.position, line.kind, line.text, _day(line.period_from),
            _day(line.period_to), "" if line.credits is None else line.credits, line.unit_price,
            money.text(line.amount_minor, invoice.currency), invoice.currency,
        )  # fmt: skip


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
