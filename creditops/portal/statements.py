"""Answers with statements of a time that an address names: of account, and of use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts import access
from accounts.models import Customer
from creditops.lib import calendar
from creditops.lib.refusals import NotFound
from creditops.portal.visitor import Visitor
from invoicing import account_statements, usage_statements
from ledger.models import CreditUnit, Pool


@dataclass(frozen=True)
class File:
    """A file to download."""

    content: bytes
    name: str


def account(visitor: Visitor, month: str, currency: str, at: datetime) -> File:
    """The statement of account: of a month, else of the year so far.

    Raises NotFound for a month or a currency that there is nothing of.
    """
    customer = visitor.customer
    today = calendar.local_date(at, customer.time_zone)
    first, last = _month(month) if month else (date(today.year, 1, 1), today)
    known = account_statements.currencies(customer)
    chosen = currency or (known[0] if known else customer.currency)
    if currency and currency not in known:
        raise NotFound("statement in", currency)
    found = account_statements.of(customer, chosen, first=first, last=last, at=at)
    name = f"{customer.code}-account-{first}-{last}.pdf"
    return File(account_statements.paper(found, at=at), name)


def usage_pdf(visitor: Visitor, month: str, unit: str, at: datetime) -> File:
    """What was used in a month, by default the running one."""
    customer = visitor.customer
    first, last = _month(month or _this_month(customer, at))
    found = usage_statements.of(customer, _unit(visitor, unit), first=first, last=last, at=at)
    return File(usage_statements.paper(found, at=at), f"{customer.code}-usage-{first:%Y-%m}.pdf")


def usage_csv(visitor: Visitor, month: str, at: datetime) -> File:
    """Every event of a month as CSV."""
    customer = visitor.customer
    first, last = _month(month or _this_month(customer, at))
    content = usage_statements.events_csv(customer, first=first, last=last)
    return File(content, f"{customer.code}-usage-{first:%Y-%m}.csv")


def usage_xlsx(visitor: Visitor, month: str, at: datetime) -> File:
    """Every event of a month as XLSX."""
    customer = visitor.customer
    first, last = _month(month or _this_month(customer, at))
    content = usage_statements.events_xlsx(customer, first=first, last=last)
    return File(content, f"{customer.code}-usage-{first:%Y-%m}.xlsx")


def _month(text: str) -> tuple[date, date]:
    try:
        return usage_statements.month_of(date.fromisoformat(f"{text}-01"))
    except ValueError as error:
        raise NotFound("month", text) from error


def _this_month(customer: Customer, at: datetime) -> str:
    return f"{calendar.local_date(at, customer.time_zone):%Y-%m}"


def _unit(visitor: Visitor, code: str) -> CreditUnit:
    """The unit of this code that the customer has; its first where none is named."""
    pools = access.visible_to(visitor.person, Pool.objects.filter(customer=visitor.customer))
    units = CreditUnit.objects.filter(pk__in=pools.values("unit")).order_by("id")
    found = (units.filter(code=code) if code else units).first()
    if found is None:
        raise NotFound("unit", code)
    return found
