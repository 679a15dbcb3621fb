"""Answers how a document stands: what is open, and its status."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Sum

from invoicing.models import Invoice, Payment

ISSUED, PAID, PARTLY_PAID, OVERDUE = "ISSUED", "PAID", "PARTLY_PAID", "OVERDUE"


def open_minor(invoice: Invoice) -> int:
    """What is still to be paid, in minor units of the invoice's currency."""
    return open_minors([invoice])[invoice.pk]


def open_minors(invoices: Iterable[Invoice]) -> dict[int, int]:
    """What is still to be paid of each invoice, by id; one query."""
    known = list(invoices)
    paid = dict(
        Payment.objects.filter(invoice__in=[invoice.pk for invoice in known])
        .order_by()
        .values_list("invoice")
        .annotate(paid=Sum("amount_minor"))
    )
    return {invoice.pk: invoice.total_minor - int(paid.get(invoice.pk, 0)) for invoice in known}


def status(invoice: Invoice, today: date) -> str:
    """ISSUED, PARTLY_PAID, PAID or OVERDUE on `today`; an invoice of nothing is paid (I5)."""
    return status_of(invoice, open_minor(invoice), today)


def status_of(invoice: Invoice, still_open: int, today: date) -> str:
    """The same, where what is open is known."""
    if still_open == 0:
        return PAID
    if today > invoice.due_date:
        return OVERDUE
    return PARTLY_PAID if still_open < invoice.total_minor else ISSUED
