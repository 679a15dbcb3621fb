"""Answers with invoices and credit notes as EN 16931 documents: what they say, and what is missing (I12).

Everything comes from what was frozen at the issue, so the XML of a document is the same for ever. An
amount with three decimals has no place in the standard: such a document is refused. One that lacks a fact
which the standard asks for, like the seller's VAT id, is written all the same, beside a list of the gaps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from babel import Locale

from creditops.lib import money, printed
from creditops.lib.refusals import Refusal
from invoicing import cii, tax
from invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, InvoiceTax

CONTENT_TYPE = "application/xml"
DECIMALS_MAX = 2

_VAT_ID = re.compile(r"([A-Z]{2})[A-Z0-9+*.]{2,}", re.ASCII)
_REASON_CODES = {
    tax.REVERSE_CHARGE: "VATEX-EU-AE",
    tax.EXPORT: "VATEX-EU-G",
    tax.OUTSIDE: "VATEX-EU-O",
}
# BT-81: to an account, by card, or not at all.
_TRANSFER, _SEPA, _CARD = "30", "58", "48"
_ADDRESS_LINES_MAX = 3


@dataclass(frozen=True)
class Exported:
    """A document of the standard. `gaps` are sentences: what it lacks to be valid; none: it is."""

    number: str
    xml: bytes
    gaps: Sequence[str]

    def whole(self) -> bytes:
        """The XML. Raises Refusal `e_invoice_incomplete` naming what is missing, if anything is."""
        if self.gaps:
            raise Refusal(
                "e_invoice_incomplete",
                f"{self.number} can't be an e-invoice as it was issued. {' '.join(self.gaps)} "
                "Fill in what is missing: documents to come will have it.",
            )
        return self.xml


def export(paper: Invoice | CreditNote) -> Exported:
    """An invoice or a credit note as CII XML of EN 16931.

    Raises Refusal `en16931_decimals` for a currency with more than two decimals.
    """
    decimals = money.exponent(paper.currency)
    if decimals > DECIMALS_MAX:
        raise Refusal(
            "en16931_decimals",
            f"EN 16931 knows amounts of at most 2 decimals, and {paper.currency} has {decimals}: "
            f"{paper.number} can't be an e-invoice. Send its PDF.",
        )
    document = _of_note(paper) if isinstance(paper, CreditNote) else _of_invoice(paper)
    return Exported(paper.number, cii.write(document), gaps(document))


def attachable(paper: Invoice | CreditNote) -> bytes | None:
    """The XML to attach to the PDF; None where the standard has no place for the document."""
    try:
        return export(paper).whole()
    except Refusal:
        return None


def gaps(document: cii.Document) -> list[str]:
    """What of the facts that EN 16931 asks for a document lacks, in sentences."""
    seller, buyer = document.seller, document.buyer
    categories = {group.category for group in document.taxes}
    taxed = categories - {tax.OUTSIDE}
    registered = seller.vat_id or seller.tax_number
    found = {
        "The seller has no country (BR-09).": not seller.country,
        "The customer has no country (BR-11).": not buyer.country,
        "The seller has no VAT id and no registration number (BR-CO-26).": not (
            seller.vat_id or seller.registration
        ),
        "The seller has no VAT id and no tax number (BR-S-02).": bool(taxed) and not registered,
        "The seller has no VAT id (BR-G-02).": tax.EXPORT in categories and not seller.vat_id,
        "The customer has no VAT id (BR-AE-02).": tax.REVERSE_CHARGE in categories
        and not buyer.vat_id,
        "Lines outside the scope of tax stand beside others (BR-O-11).": tax.OUTSIDE in categories
        and bool(taxed),
    }
    return [sentence for sentence, missing in found.items() if missing]


def _of_invoice(invoice: Invoice) -> cii.Document:
    currency = invoice.currency
    taxes = {row.no: row for row in invoice.taxes.all()}
    outside = any(row.category == tax.OUTSIDE for row in taxes.values())
    due = invoice.total_minor - invoice.prepaid_minor
    lines = _ordered(invoice.lines)
    # Of credits that are taxed as they are used the net was paid before, and only the tax is due.
    before = sum(line.taxed_minor or 0 for line in lines)
    prepaid = invoice.prepaid_minor + before
    return cii.Document(
        number=invoice.number,
        type_code=cii.INVOICE,
        issued_on=invoice.issue_date,
        currency=currency,
        seller=_party(invoice.seller, outside),
        buyer=_party(invoice.buyer, outside),
        lines=[_line(line, taxes[line.tax_no], currency) for line in lines],
        taxes=_groups(
            [(row, row.net_minor, row.tax_minor) for row in taxes.values()],
            invoice.tax_note,
            currency,
        ),
        net=money.text(invoice.net_minor + before, currency),
        tax=money.text(invoice.tax_minor, currency),
        total=money.text(invoice.total_minor + before, currency),
        prepaid=money.text(prepaid, currency) if prepaid else "",
        due=money.text(due, currency),
        due_on=invoice.due_date if due else None,
        notes=list(invoice.notes),
        **_payment(invoice, due),
    )


def _of_note(note: CreditNote) -> cii.Document:
    currency, invoice = note.currency, note.invoice
    billed = {row.no: row for row in invoice.taxes.all()}
    outside = any(row.category == tax.OUTSIDE for row in billed.values())
    rows = [(billed[row.no], row.net_minor, row.tax_minor) for row in note.taxes.all()]
    lines = _ordered(note.lines.select_related("line"))
    before = sum(line.taxed_minor or 0 for line in lines)
    return cii.Document(
        number=note.number,
        type_code=cii.CREDIT_NOTE,
        issued_on=note.issue_date,
        currency=currency,
        seller=_party(note.seller, outside),
        buyer=_party(note.buyer, outside),
        lines=[_note_line(line, billed[line.line.tax_no], currency) for line in lines],
        taxes=_groups(rows, invoice.tax_note, currency),
        net=money.text(note.net_minor + before, currency),
        tax=money.text(note.tax_minor, currency),
        total=money.text(note.total_minor + before, currency),
        prepaid=money.text(before, currency) if before else "",
        due=money.text(note.total_minor, currency),
        due_on=note.issue_date,
        notes=[note.reason, *note.notes],
        corrects=(invoice.number, invoice.issue_date),
    )


def _ordered(lines: Any) -> list[Any]:
    return sorted(lines.all(), key=lambda line: line.position)


def _payment(invoice: Invoice, due: int) -> dict[str, Any]:
    """How the invoice is paid: by card already, or to the seller's account."""
    if not due:
        return {"means": _CARD} if invoice.prepaid_minor else {}
    iban = str(invoice.seller.get("iban", "")).replace(" ", "")
    if not iban:
        return {}
    means = _SEPA if invoice.currency == "EUR" else _TRANSFER
    return {"means": means, "iban": iban, "bic": str(invoice.seller.get("bic", ""))}


def _party(frozen: Mapping[str, str], outside: bool) -> cii.Party:
    """A party as frozen; where nothing is in the scope of VAT, no VAT id may be told (BR-O-02)."""
    vat_id = "" if outside else vat_number(frozen.get("vat_id", ""))
    return cii.Party(
        name=frozen.get("name", ""),
        country=frozen.get("country", ""),
        address=printed.address(frozen.get("address", ""))[:_ADDRESS_LINES_MAX],
        vat_id=vat_id,
        tax_number=frozen.get("tax_number", ""),
        registration=frozen.get("registration", ""),
        email=frozen.get("email", ""),
    )


def vat_number(given: str) -> str:
    """A VAT id as the standard has it: with its country's prefix (BR-CO-09); empty: it is none."""
    plain = "".join(given.split()).upper()
    known = _VAT_ID.fullmatch(plain)
    territories = Locale("en").territories
    return plain if known and (known[1] in territories or known[1] == "EL") else ""


def _rate(row: InvoiceTax) -> str:
    """The rate on the whole net: of a price that is taxable by 80 %, 80 % of the rate."""
    if row.category == tax.OUTSIDE:
        return ""
    share = money.decimal(row.share_pct)
    return money.decimal_text(money.decimal(row.rate_pct) * share / 100)


def _groups(
    rows: Sequence[tuple[InvoiceTax, int, int]], note: str, currency: str
) -> list[cii.TaxGroup]:
    """The breakdown: one group per category and rate (BR-CO-18), with why nothing is taxed."""
    sums: dict[tuple[str, str], tuple[int, int, str]] = {}
    for row, net, taxed in rows:
        key = (row.category, _rate(row))
        before = sums.get(key, (0, 0, ""))
        sums[key] = (before[0] + net, before[1] + taxed, before[2] or row.note)
    return [
        cii.TaxGroup(
            category=category,
            rate=rate,
            net=money.text(net, currency),
            tax=money.text(taxed, currency),
            reason=(said or note or tax.words(category)) if category in tax.WITH_REASON else "",
            reason_code=_REASON_CODES.get(category, ""),
        )
        for (category, rate), (net, taxed, said) in sums.items()
    ]


def _line(line: InvoiceLine, row: InvoiceTax, currency: str) -> cii.Line:
    if line.taxed_minor is not None:
        return _used(line, line.taxed_minor, row, currency)
    before = line.amount_minor if line.list_minor is None else line.list_minor
    cut = before - line.amount_minor
    price, price_of = _price(line.unit_price, line.credits or 1, before, currency)
    return cii.Line(
        name=line.text,
        quantity=str(line.credits or 1),
        price=price,
        price_of=price_of,
        net=money.text(line.amount_minor, currency),
        allowance=money.text(cut, currency) if cut else "",
        allowance_reason="Discount" if cut else "",
        category=row.category,
        rate=_rate(row),
        period=(line.period_from, line.period_to),
    )


def _used(line: InvoiceLine, base: int, row: InvoiceTax, currency: str) -> cii.Line:
    """Credits that were used, at what was paid for them; what was corrected goes off as a quantity below
    zero, since no price may be (BR-27)."""
    return cii.Line(
        name=line.text,
        quantity="1" if base >= 0 else "-1",
        price=money.text(abs(base), currency),
        price_of="1",
        net=money.text(base, currency),
        category=row.category,
        rate=_rate(row),
        period=(line.period_from, line.period_to),
    )


def _note_line(line: CreditNoteLine, row: InvoiceTax, currency: str) -> cii.Line:
    credits = line.credits or 1
    price, price_of = _price("", credits, line.base_minor, currency)
    return cii.Line(
        name=line.text,
        quantity=str(credits),
        price=price,
        price_of=price_of,
        net=money.text(line.base_minor, currency),
        category=row.category,
        rate=_rate(row),
    )


def _price(unit_price: str, credits: int, minor: int, currency: str) -> tuple[str, str]:
    """The net price and of how many it is, exact: of one where that comes out even, else of all."""
    each = Fraction(minor, credits * 10 ** money.exponent(currency))
    if unit_price and money.decimal(unit_price) == each:
        return unit_price, "1"
    return money.text(minor, currency), str(credits)
