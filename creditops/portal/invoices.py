"""Answers which invoices a customer has, what of them is open, and what is billed next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts import access
from contracts.models import ScheduledCharge
from creditops.lib import calendar
from creditops.lib.refusals import NotFound
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from invoicing import documents
from invoicing.models import Invoice

PAGE = 50
_STATUS = {
    documents.ISSUED: "open",
    documents.PARTLY_PAID: "partly paid",
    documents.PAID: "paid",
    documents.OVERDUE: "overdue",
}


@dataclass(frozen=True)
class Row:
    """An invoice in a list. `what` is its first line, `more` how many follow."""

    number: str
    issued: date
    due: date
    what: str
    more: int
    total: Amount
    open: Amount | None
    status: str


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
    """A page of invoices; `before` is what the page before named. Three queries."""
    rows = _of(visitor)
    if before:
        rows = rows.filter(pk__lt=find(visitor, before).pk)
    found = list(rows.order_by("-pk").prefetch_related("lines")[: limit + 1])
    shown = found[:limit]
    today = calendar.local_date(at, visitor.customer.time_zone)
    open_minors = documents.open_minors(shown)
    return Page(
        [_row(invoice, open_minors[invoice.pk], today) for invoice in shown],
        shown[-1].number if len(found) > limit else "",
    )


def owed(visitor: Visitor, at: datetime) -> Owed | None:
    """What the customer owes; None: nothing. One query."""
    rows = (
        _of(visitor)
        .annotate(still_open=F("total_minor") - Coalesce(Sum("payments__amount_minor"), 0))
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


def _row(invoice: Invoice, open_minor: int, today: date) -> Row:
    lines = sorted(invoice.lines.all(), key=lambda line: line.position)
    return Row(
        number=invoice.number,
        issued=invoice.issue_date,
        due=invoice.due_date,
        what=lines[0].text,
        more=len(lines) - 1,
        total=Amount(invoice.total_minor, invoice.currency),
        open=Amount(open_minor, invoice.currency) if open_minor else None,
        status=_STATUS[documents.status_of(invoice, open_minor, today)],
    )
