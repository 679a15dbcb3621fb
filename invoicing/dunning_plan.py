"""Answers when customers are reminded of an invoice, and leaves the next of these days as due work (I15)."""

from __future__ import annotations

from datetime import datetime, timedelta

from creditops.lib import calendar, due
from invoicing.models import Invoice
from ledger import books

REMIND = "invoicing.remind"
# Days from the due date; the last one may suspend credits that are unpaid.
STEPS = (-3, 1, 7, 14, 30)
LAST = STEPS[-1]
# In the morning of the books' day.
_HOUR = timedelta(hours=8)


def next_step(invoice: Invoice, *, after: datetime) -> None:
    """Plan the first step that lies after an instant; after the last there is none."""
    zone = books.current(after).time_zone
    for step in STEPS:
        when = _instant(invoice, step, zone)
        if when > after:
            due.plan(
                REMIND, f"{invoice.number}:{step}", when, rank=due.NOTICE,
                group=invoice.customer.code,
            )  # fmt: skip
            return


def instant(invoice: Invoice, step: int, at: datetime) -> datetime:
    """When a step of an invoice is due, by the zone of the books as known at `at`."""
    return _instant(invoice, step, books.current(at).time_zone)


def _instant(invoice: Invoice, step: int, zone: str) -> datetime:
    return calendar.local_midnight(invoice.due_date + timedelta(days=step), zone) + _HOUR
