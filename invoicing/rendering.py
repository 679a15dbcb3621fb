"""Does the PDF of an invoice: rendered once, stored with its hash, the same bytes ever after (I16).

Everything printed was frozen at the issue, on the invoice and its lines; no other row is read. Where EN
16931 has a place for it, the PDF carries the invoice as XML too: Factur-X (I13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db.models import prefetch_related_objects

from creditops.lib import files, languages, printed
from creditops.lib import pdf as paper
from creditops.lib.models import StoredFile
from creditops.lib.pdf import Attached
from invoicing import e_invoices, facturx, line_lists
from invoicing.models import CreditNote, CreditNoteTax, Invoice, InvoiceLine, InvoiceTax

# Columns that a document has only if one of its lines fills them.
_OPTIONAL_COLUMNS = ("credits", "unit_price", "discount")


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
    prefetch_related_objects([invoice], "lines", "taxes")
    lines = list(invoice.lines.all())
    content = paper.render(
        "documents/invoice.html",
        facts(invoice, lines),
        assets=assets(invoice.seller),
        attached=attached(invoice),
    )
    if len(lines) > paper.LINES_MAX:
        line_lists.keep(invoice, lines, at=at)
    return files.keep(name, content, content_type=paper.CONTENT_TYPE, at=at)


def facts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    language, currency = invoice.language, invoice.currency
    shown, notes = lines, list(invoice.notes)
    if len(lines) > paper.LINES_MAX:
        shown = line_lists.by_kind(lines, language)
        notes.append(line_lists.note(invoice, lines))
    rows = [_row(invoice, line) for line in shown]
    carry(rows, [line.base_minor for line in shown], currency, language)
    charged = [row for row in invoice.taxes.all() if not row.at_use]
    before = sum(line.taxed_minor or 0 for line in lines)
    return {
        **frame(invoice, "invoice"),
        "due_date": printed.day(invoice.due_date, language),
        "headline": _headline(invoice),
        "rows": rows,
        "has": {column: any(row[column] for row in rows) for column in _OPTIONAL_COLUMNS},
        "net": printed.amount(invoice.net_minor + before, currency, language),
        "gross": printed.amount(invoice.total_minor + before, currency, language),
        "billed_before": printed.amount(-before, currency, language) if before else "",
        "taxes": taxes(charged, {row.no: row.rate_pct for row in charged}, currency, language),
        "tax_note": invoice.tax_note,
        "total": printed.amount(invoice.total_minor, currency, language),
        "to_pay": invoice.total_minor > invoice.prepaid_minor,
        "pay_to": _pay_to(invoice.seller),
        "reference": languages.say(language, "reference", number=invoice.number),
        "notes": notes,
    }


def frame(document: Invoice | CreditNote, kind: str) -> dict[str, Any]:
    """What every issued document prints around its lines; `kind` names it in the tables of words."""
    language, issued = document.language, printed.day(document.issue_date, document.language)
    seller = party(document.seller, language)
    return {
        "language": language,
        "w": languages.words(language),
        "number": document.number,
        "created": document.issued_at.isoformat(timespec="seconds"),
        "issue_date": issued,
        "running": languages.say(
            language,
            "running",
            kind=languages.say(language, kind),
            number=document.number,
            day=issued,
            seller=seller["name"],
        ),
        "seller": seller,
        "buyer": party(document.buyer, language),
        "currency": document.currency,
        "net_head": languages.say(language, "net_in", currency=document.currency),
    }


def attached(document: Invoice | CreditNote) -> Attached | None:
    """The e-invoice that its PDF carries; None where the standard has no place for it."""
    xml = e_invoices.attachable(document)
    if xml is None:
        return None
    return Attached(
        name=facturx.FILE_NAME,
        content=xml,
        description=f"{document.number} as EN 16931 has it",
        at=document.issued_at,
        metadata=facturx.METADATA,
    )


def assets(frozen: Mapping[str, str]) -> dict[str, bytes]:
    """The pictures that a document bears, by what its template calls them: the seller's logo."""
    stored = files.find(frozen["logo"]) if frozen.get("logo") else None
    return {} if stored is None else {"asset:logo": bytes(stored.content)}


def carry(
    rows: Sequence[dict[str, Any]], amounts: Sequence[int], currency: str, language: str
) -> None:
    """Give each row what the lines up to it come to, for the head of a page that follows."""
    for row, sum_minor in zip(rows, accumulate(amounts), strict=True):
        said = printed.amount(sum_minor, currency, language)
        row["carried"] = f"{languages.say(language, 'carried')}: {currency} {said}"


def taxes(
    charged: Iterable[InvoiceTax | CreditNoteTax],
    rates: Mapping[int, str],
    currency: str,
    language: str,
) -> list[dict[str, str]]:
    """The tax by rate, as a document prints it; `rates` in percent by the tax's number."""
    return [
        {
            "rate": printed.percent(rates[row.no], language),
            "on": languages.say(
                language, "on", amount=printed.amount(row.net_minor, currency, language)
            ),
            "amount": printed.amount(row.tax_minor, currency, language),
        }
        for row in charged
    ]


def party(frozen: Mapping[str, str], language: str) -> dict[str, Any]:
    """The seller or the buyer as frozen on a document: long texts as lines, the country by its name."""
    several = {
        key: printed.address(frozen.get(key, "")) for key in ("address", "bank_details", "footer")
    }
    country = printed.country(frozen.get("country", ""), language)
    return {**frozen, **several, "country": country}


def _headline(invoice: Invoice) -> str:
    """The one sentence that everybody looks for."""
    language = invoice.language
    if invoice.total_minor > invoice.prepaid_minor:
        return languages.say(language, "due_by", day=printed.day(invoice.due_date, language))
    return languages.say(language, "paid_by_card" if invoice.prepaid_minor else "nothing_to_pay")


def _pay_to(frozen: Mapping[str, str]) -> list[str]:
    """Where the money goes, and what else the seller says about it."""
    account = [
        f"{label} {frozen[key]}"
        for key, label in (("iban", "IBAN"), ("bic", "BIC"))
        if frozen.get(key)
    ]
    return [*account, *printed.address(frozen.get("bank_details", ""))]


def _row(invoice: Invoice, line: InvoiceLine) -> dict[str, Any]:
    language, currency = invoice.language, invoice.currency
    period = (line.period_from, line.period_to)
    price = line.unit_price
    return {
        "position": str(line.position),
        "text": line.text,
        "period": [printed.day(day, language) for day in period if day],
        "credits": "" if line.credits is None else printed.credits(line.credits, language),
        "unit_price": price and printed.unit_price(price, currency, language),
        "discount": _discount(invoice, line),
        "amount": printed.amount(line.base_minor, currency, language),
    }


def _discount(invoice: Invoice, line: InvoiceLine) -> str:
    """Its share of the document's discount; empty where there is none."""
    cut = 0 if line.list_minor is None else line.list_minor - line.amount_minor
    return printed.amount(cut, invoice.currency, invoice.language) if cut else ""
