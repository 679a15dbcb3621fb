"""Does the PDF of an invoice: rendered once, stored with its hash, the same bytes ever after (I16).

Everything printed was frozen at the issue, on the invoice and its lines; no other row is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from creditops.lib import files, printed
from creditops.lib import pdf as paper
from creditops.lib.models import StoredFile
from invoicing import line_lists
from invoicing.models import Invoice, InvoiceLine

# Columns that a document has only if one of its lines fills them.
_OPTIONAL_COLUMNS = ("credits", "unit_price")


def render_due(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Outbox: render invoice `payload["number"]`; a second time nothing changes.

    Raises Refusal `pdf_unavailable` where pango is missing: the message waits until it is there.
    """
    pdf(Invoice.objects.get(number=payload["number"]), at=at)


def pdf(invoice: Invoice, *, at: datetime) -> StoredFile:
    """The stored PDF of an invoice; rendered now if the outbox has not done it yet.

    Raises Refusal `pdf_unavailable` where it would have to be rendered and pango is missing.
    """
    name = f"invoices/{invoice.number}.pdf"
    found = files.find(name)
    if found is not None:
        return found
    lines = list(invoice.lines.order_by("position"))
    content = paper.render("documents/invoice.html", facts(invoice, lines))
    if len(lines) > paper.LINES_MAX:
        line_lists.keep(invoice, lines, at=at)
    return files.keep(name, content, content_type=paper.CONTENT_TYPE, at=at)


def facts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    shown, notes = lines, list(invoice.notes)
    if len(lines) > paper.LINES_MAX:
        shown = line_lists.by_kind(lines)
        notes.append(
            f"The {len(lines):,} lines of this invoice are added up by kind. Each of them stands in "
            f"{invoice.number}-lines.csv, which belongs to it."
        )
    rows = [_row(invoice, line) for line in shown]
    return {
        "number": invoice.number,
        "created": invoice.issued_at.isoformat(timespec="seconds"),
        "issue_date": printed.day(invoice.issue_date),
        "due_date": printed.day(invoice.due_date),
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "currency": invoice.currency,
        "rows": rows,
        "has": {column: any(row[column] for row in rows) for column in _OPTIONAL_COLUMNS},
        "net": printed.amount(invoice.net_minor, invoice.currency),
        "tax": printed.amount(invoice.tax_minor, invoice.currency),
        "tax_rate": invoice.tax_rate,
        "tax_note": invoice.tax_note,
        "total": printed.amount(invoice.total_minor, invoice.currency),
        "to_pay": invoice.total_minor > invoice.prepaid_minor,
        "paid_by_card": invoice.prepaid_minor > 0,
        "notes": notes,
    }


def _row(invoice: Invoice, line: InvoiceLine) -> dict[str, Any]:
    period = (line.period_from, line.period_to)
    return {
        "position": str(line.position),
        "text": line.text,
        "period": [printed.day(day) for day in period if day],
        "credits": "" if line.credits is None else printed.credits(line.credits),
        "unit_price": line.unit_price and printed.unit_price(line.unit_price, invoice.currency),
        "amount": printed.amount(line.amount_minor, invoice.currency),
    }


def _party(frozen: Mapping[str, str]) -> dict[str, Any]:
    """The seller or the buyer: texts of several lines as lines, the country by its name."""
    several = {
        key: printed.address(frozen.get(key, "")) for key in ("address", "bank_details", "footer")
    }
    return {**frozen, **several, "country": printed.country(frozen.get("country", ""))}
