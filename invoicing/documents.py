"""Answers how a document stands: what is open, and its status. Both follow from payments, credit
notes, voids and write-offs; the database counts what is open (`invoicing_open`), for everybody alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Exists, Func, OuterRef, Sum

from accounts.models import Customer
from invoicing.models import CreditNote, Invoice, InvoiceVoid, Payment, Refund, WriteOff

ISSUED, PAID, PARTLY_PAID, OVERDUE = "ISSUED", "PAID", "PARTLY_PAID", "OVERDUE"
VOID, WRITTEN_OFF = "VOID", "WRITTEN_OFF"


class OpenMinor(Func):
    """What is still to be paid of an invoice, as an expression: `annotate(open=OpenMinor("pk"))`."""

    function = "invoicing_open"
    output_field = BigIntegerField()


class OwedMinor(Func):
    """The same, whether it was written off or not."""

    function = "invoicing_owed"
    output_field = BigIntegerField()


def open_minor(invoice: Invoice) -> int:
    """What is still to be paid, in minor units of the invoice's currency."""
    return open_minors([invoice])[invoice.pk]


def owed_minor(invoice: Invoice) -> int:
    """What neither payments nor credit notes nor a void have settled; a write-off settles nothing."""
    return int(Invoice.objects.values_list(OwedMinor("pk"), flat=True).get(pk=invoice.pk))


def open_of(customer: Customer, currency: str) -> int:
    """What a customer still has to pay in a currency, in its minor units; one query."""
    rows = Invoice.objects.filter(customer=customer, currency=currency).order_by()
    return int(rows.aggregate(sum=Sum(OpenMinor("pk")))["sum"] or 0)


def open_minors(invoices: Iterable[Invoice]) -> dict[int, int]:
    """What is still to be paid of each invoice, by id; one query."""
    keys = [invoice.pk for invoice in invoices]
    found = Invoice.objects.filter(pk__in=keys).order_by()
    return {key: int(open_) for key, open_ in found.values_list("pk", OpenMinor("pk"))}


@dataclass(frozen=True)
class Standing:
    """How an invoice stands: what is still to be paid, in minor units, and its status."""

    open_minor: int
    status: str


def status(invoice: Invoice, today: date) -> str:
    """ISSUED, PARTLY_PAID, PAID, OVERDUE, VOID or WRITTEN_OFF on `today`; an invoice of nothing is paid
    (I5)."""
    return standing(invoice, today).status


def standing(invoice: Invoice, today: date) -> Standing:
    """How an invoice stands on `today`."""
    return standings([invoice], today)[invoice.pk]


def standings(invoices: Iterable[Invoice], today: date) -> dict[int, Standing]:
    """How invoices stand on `today`, by id; one query."""
    known = {invoice.pk: invoice for invoice in invoices}
    rows = Invoice.objects.filter(pk__in=list(known)).order_by()
    found = rows.values_list(
        "pk", OpenMinor("pk"), _has(InvoiceVoid), _has(WriteOff), _has(Payment)
    )
    return {
        key: Standing(int(open_), _status(known[key], today, int(open_), *facts))
        for key, open_, *facts in found
    }


def note_open_minor(note: CreditNote) -> int:
    """What is still to be paid back to the customer by a credit note."""
    return note_open_minors([note])[note.pk]


def note_open_minors(notes: Iterable[CreditNote]) -> dict[int, int]:
    """The same of several, by id; one query."""
    known = list(notes)
    paid = dict(
        Refund.objects.filter(note__in=[note.pk for note in known])
        .order_by()
        .values_list("note")
        .annotate(paid=Sum("amount_minor"))
    )
    return {note.pk: note.refundable_minor - int(paid.get(note.pk, 0)) for note in known}


def note_status(still_open: int) -> str:
    """PAID once nothing of a credit note is owed to the customer, ISSUED until then."""
    return ISSUED if still_open else PAID


def _has(model: Any) -> Exists:
    return Exists(model.objects.filter(invoice=OuterRef("pk")))


def _status(
    invoice: Invoice, today: date, still_open: int, void: bool, written_off: bool, paid: bool
) -> str:
    if void:
        return VOID
    if written_off:
        return WRITTEN_OFF
    if still_open == 0:
        return PAID
    if today > invoice.due_date:
        return OVERDUE
    return PARTLY_PAID if paid else ISSUED
