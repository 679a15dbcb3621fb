"""Answers which invoices a customer has, what of them is open, and what is billed next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from accounts import access
from contracts.models import ScheduledCharge
from creditops.lib import calendar
from creditops.lib.refusals import NotFound
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from invoicing import documents, receipt_papers
from invoicing.documents import OpenMinor, Standing
from invoicing.models import CreditNote, Invoice

PAGE = 50
_STATUS = {
    documents.ISSUED: "open",
    documents.PARTLY_PAID: "partly paid",
    documents.PAID: "paid",
    documents.OVERDUE: "overdue",
    documents.VOID: "void",
    documents.WRITTEN_OFF: "closed",
}


@dataclass(frozen=True)
class Row:
    """An invoice in a list. `what` is its first line, `more` how many follow; `receipts` are the numbers
    of what confirms its payments."""

    number: str
    issued: date
    due: date
    what: str
    more: int
    total: Amount
    open: Amount | None
    status: str
    receipts: Sequence[str] = ()


@dataclass(frozen=True)
class Note:
    """A credit note in a list: what it corrects and why; `back` is what is still to be paid back."""

    number: str
    issued: date
    invoice: str
    why: str
    total: Amount
    back: Amount | None


@dataclass(frozen=True)
class Page:
    """Invoices, newest first; `before` names the one with which the next page begins, if any."""

    rows: Sequence[Row]
    before: str


@dataclass(frozen=True)
class Owed:
    """What is open: per currency, on how many invoices, due first on a day, how many overdue."""

    amounts: Sequence[Amount]
    invoices: int
    first_due: date
    overdue: int


@dataclass(frozen=True)
class Next:
    """The next charge that waits to be invoiced, net."""

    what: str
    amount: Amount
    on: date


def find(visitor: Visitor, number: str) -> Invoice:
    """The invoice of this number, if the visitor may see it. Raises NotFound."""
    known = "\0" not in number  # which no database can look for
    invoice = _of(visitor).filter(number=number).first() if known else None
    if invoice is None:
        raise NotFound("invoice", number)
    return invoice


def newest(visitor: Visitor, *, at: datetime, limit: int = PAGE, before: str = "") -> Page:
    """A page of invoices; `before` is what the page before named. Four queries."""
    rows = _of(visitor)
    if before:
        rows = rows.filter(pk__lt=find(visitor, before).pk)
    found = list(rows.order_by("-pk").prefetch_related("lines", "payments")[: limit + 1])
    shown = found[:limit]
    today = calendar.local_date(at, visitor.customer.time_zone)
    standings = documents.standings(shown, today)
    return Page(
        [_row(invoice, standings[invoice.pk]) for invoice in shown],
        shown[-1].number if len(found) > limit else "",
    )


def notes(visitor: Visitor) -> Sequence[Note]:
    """The newest credit notes; two queries."""
    found = list(_notes_of(visitor).select_related("invoice").order_by("-pk")[:PAGE])
    still_open = documents.note_open_minors(found)
    return [
        Note(
            number=note.number,
            issued=note.issue_date,
            invoice=note.invoice.number,
            why=note.reason,
            total=Amount(note.total_minor, note.currency),
            back=Amount(still_open[note.pk], note.currency) if still_open[note.pk] else None,
        )
        for note in found
    ]


def find_note(visitor: Visitor, number: str) -> CreditNote:
    """The credit note of this number, if the visitor may see it. Raises NotFound."""
    known = "\0" not in number
    rows = _notes_of(visitor).select_related("invoice")
    found = rows.filter(number=number).first() if known else None
    if found is None:
        raise NotFound("credit note", number)
    return found


def owed(visitor: Visitor, at: datetime) -> Owed | None:
    """What the customer owes; None: nothing. One query."""
    rows = (
        _of(visitor)
        .annotate(still_open=OpenMinor("pk"))
        .filter(still_open__gt=0)
        .order_by("due_date")
        .values_list("currency", "still_open", "due_date")
    )
    unpaid = list(rows)
    if not unpaid:
        return None
    today = calendar.local_date(at, visitor.customer.time_zone)
    sums: dict[str, int] = {}
    for currency, minor, _ in unpaid:
        sums[currency] = sums.get(currency, 0) + minor
    return Owed(
        [Amount(minor, currency) for currency, minor in sorted(sums.items())],
        len(unpaid),
        unpaid[0][2],
        sum(due < today for _, _, due in unpaid),
    )


def next_charge(visitor: Visitor) -> Next | None:
    """The charge that is invoiced next. One query."""
    charge = (
        access.visible_to(
            visitor.person, ScheduledCharge.objects.all(), customer="contract__customer"
        )
        .filter(contract__customer=visitor.customer, line__isnull=True)
        .select_related("contract")
        .first()
    )
    if charge is None:
        return None
    return Next(
        charge.get_kind_display().capitalize(),
        Amount(charge.amount_minor, charge.currency),
        calendar.local_date(charge.issue_at, charge.contract.time_zone),
    )


def _of(visitor: Visitor) -> QuerySet[Invoice]:
    rows = access.visible_to(visitor.person, Invoice.objects.all())
    return rows.filter(customer=visitor.customer)


def _notes_of(visitor: Visitor) -> QuerySet[CreditNote]:
    rows = access.visible_to(visitor.person, CreditNote.objects.all())
    return rows.filter(customer=visitor.customer)


def _row(invoice: Invoice, standing: Standing) -> Row:
    lines = sorted(invoice.lines.all(), key=lambda line: line.position)
    return Row(
        number=invoice.number,
        issued=invoice.issue_date,
        due=invoice.due_date,
        what=lines[0].text,
        more=len(lines) - 1,
        total=Amount(invoice.total_minor, invoice.currency),
        open=Amount(standing.open_minor, invoice.currency) if standing.open_minor else None,
        status=_STATUS[standing.status],
        receipts=[
            receipt_papers.number(invoice, place)
            for place, _ in enumerate(invoice.payments.all(), start=1)
        ],
    )
