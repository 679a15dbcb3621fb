"""Does receipts: a payment of an invoice confirmed on paper, rendered once, stored with its hash.

A receipt prints what its invoice froze, and the payment. Its number is that of the invoice with R and the
payment's place among the invoice's, so that a payment has one and no number is ever left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.lib import calendar, files, languages, printed
from creditops.lib import pdf as paper
from creditops.lib.models import StoredFile
from creditops.lib.refusals import NotFound
from invoicing import rendering
from invoicing.models import Invoice, Payment
from ledger import books

_MARK = "-R"
_PLACE_MAX = 1_000


def number(invoice: Invoice, place: int) -> str:
    """The number of the receipt of the invoice's payment at `place`, from 1."""
    return f"{invoice.number}{_MARK}{place}"


def invoice_number(of_receipt: str) -> tuple[str, int]:
    """Of which invoice a receipt is, and of its which payment. Raises NotFound."""
    invoice, _, place = of_receipt.rpartition(_MARK)
    is_place = place.isascii() and place.isdecimal() and len(place) < len(str(_PLACE_MAX)) + 1
    if not invoice or not is_place or not 1 <= int(place) <= _PLACE_MAX:
        raise NotFound("receipt", of_receipt)
    return invoice, int(place)


def pdf(invoice: Invoice, place: int, *, at: datetime) -> StoredFile:
    """The stored PDF of the receipt of the invoice's payment at `place`; rendered now if there is none.

    Raises NotFound, or Refusal `pdf_unavailable` where pango is missing.
    """
    payments = list(invoice.payments.order_by("id")[:place])
    if len(payments) < place:
        raise NotFound("receipt", number(invoice, place))
    name = f"receipts/{number(invoice, place)}.pdf"
    found = files.find(name)
    if found is not None:
        return found
    content = paper.render(
        "documents/receipt.html",
        facts(invoice, payments[-1], place, at=at),
        assets=rendering.assets(invoice.seller),
    )
    return files.keep(name, content, content_type=paper.CONTENT_TYPE, at=at)


def facts(invoice: Invoice, payment: Payment, place: int, *, at: datetime) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    language = invoice.language
    paid_on = calendar.local_date(payment.paid_at, books.current(at).time_zone)
    day = printed.day(invoice.issue_date, language)
    return {
        **rendering.frame(invoice, "receipt"),
        "number": number(invoice, place),
        "running": languages.say(language, "receipt"),
        "created": payment.recorded_at.isoformat(timespec="seconds"),
        "paid_on": printed.day(paid_on, language),
        "method": languages.say(language, f"by_{payment.method}"),
        "payment_reference": payment.reference,
        "amount": printed.amount(payment.amount_minor, payment.currency, language),
        "of_invoice": languages.say(language, "of_invoice", number=invoice.number, day=day),
        "invoice_total": printed.amount(invoice.total_minor, invoice.currency, language),
    }
