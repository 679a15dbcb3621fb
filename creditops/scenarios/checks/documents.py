"""Answers what invoices and credit notes say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from creditops.lib import money
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World
from invoicing import documents, note_papers, numbering, rendering
from invoicing.models import CreditNote, Invoice, InvoiceLine, NumberSeries
from ledger import (
    books,
)


def document(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """An invoice or a credit note."""
    found = world.document(wanted["document"])
    amounts = {"net": found.net_minor, "tax": found.tax_minor, "total": found.total_minor}
    facts = {
        "number": found.number,
        "date": found.issue_date.isoformat(),
        **{name: money.text(minor, found.currency) for name, minor in amounts.items()},
    }
    if isinstance(found, CreditNote):
        return facts | _credit_note(found)
    return facts | _invoice(found, books.date_of(at, books.current(at)))


def numbers(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The numbers used in a series of a year."""
    documents_of = CreditNote if wanted["series"] == numbering.CREDIT_NOTES else Invoice
    used = documents_of.objects.filter(series=wanted["series"], year=wanted["year"]).order_by(
        "sequence"
    )
    counter = NumberSeries.objects.filter(series=wanted["series"], year=wanted["year"]).first()
    sequences = list(used.values_list("sequence", flat=True))
    gapless = sequences == list(range(1, (counter.last if counter else 0) + 1))
    first, last = used.first(), used.last()
    return {
        "first": first.number if first and gapless else None,
        "last": last.number if last and gapless else None,
        "count": len(sequences),
    }


def _invoice(found: Invoice, today: date) -> dict[str, Any]:
    currency = found.currency
    standing = documents.standing(found, today)
    taxes = {row.no: row for row in found.taxes.all()}
    return {
        "type": "INVOICE",
        "due": found.due_date.isoformat(),
        "status": standing.status,
        "lines": [
            {
                "kind": _kind(line),
                "credits": line.credits,
                "amount": money.text(line.amount_minor, currency),
                "list_amount": money.text(_list_minor(line), currency),
                "discount": money.text(_list_minor(line) - line.amount_minor, currency),
                "tax_rate": taxes[line.tax_no].rate_pct,
            }
            for line in found.lines.all()
        ],
        "open": money.text(standing.open_minor, currency),
        "tax_category": found.tax_category,
        "taxable": money.text(sum(row.taxable_minor for row in taxes.values()), currency),
        "vat_by_rate": _by_rate([(r.rate_pct, r.tax_minor) for r in taxes.values()], currency),
        "text": _text(rendering.facts(found, list(found.lines.all()))),
    }


def _credit_note(found: CreditNote) -> dict[str, Any]:
    currency = found.currency
    still_open = documents.note_open_minor(found)
    billed = {row.no: row for row in found.invoice.taxes.all()}
    taxes = list(found.taxes.all())
    return {
        "type": "CREDIT_NOTE",
        "due": found.issue_date.isoformat(),
        "status": documents.note_status(still_open),
        "lines": [
            {
                "kind": _kind(line.line),
                "credits": line.credits,
                "amount": money.text(line.amount_minor, currency),
                "list_amount": money.text(line.amount_minor, currency),
                "discount": money.text(0, currency),
                "tax_rate": billed[line.line.tax_no].rate_pct,
            }
            for line in found.lines.select_related("line")
        ],
        "open": money.text(still_open, currency),
        "tax_category": found.invoice.tax_category,
        "taxable": money.text(sum(row.taxable_minor for row in taxes), currency),
        "vat_by_rate": _by_rate([(billed[r.no].rate_pct, r.tax_minor) for r in taxes], currency),
        "text": _text(note_papers.facts(found, list(found.lines.select_related("line")))),
    }


def _text(facts: Any) -> str:
    """All that a document prints, in one text; without the words that every document has."""
    if isinstance(facts, str):
        return facts
    if isinstance(facts, dict):
        return " ".join(_text(said) for key, said in facts.items() if key != "w")
    return " ".join(map(_text, facts)) if isinstance(facts, list) else ""


def _kind(line: InvoiceLine) -> str:
    """The kind of a line as scenario files write it."""
    sold = (
        InvoiceLine.Kind.PURCHASE,
        InvoiceLine.Kind.TOP_UP,
        InvoiceLine.Kind.ADDITION,
        InvoiceLine.Kind.BONUS,
    )
    return "CREDITS" if line.kind in sold else line.kind


def _list_minor(line: InvoiceLine) -> int:
    return line.amount_minor if line.list_minor is None else line.list_minor


def _by_rate(taxes: Iterable[tuple[str, int]], currency: str) -> dict[str, str]:
    sums: dict[str, int] = {}
    for rate_pct, minor in taxes:
        sums[rate_pct] = sums.get(rate_pct, 0) + minor
    return {rate_pct: money.text(minor, currency) for rate_pct, minor in sums.items()}


CHECKS: dict[str, expected.Check] = {
    "document": document,
    "numbers": numbers,
}
