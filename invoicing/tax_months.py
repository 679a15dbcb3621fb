"""Does the leaving of months whose use of credits is to be taxed (I10): a row each, when the month ends.

Selling credits that are taxed as they are used plans the end of its month; each end plans the next, until
nothing more can come of the credits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from creditops.lib import calendar, due
from creditops.lib.refusals import NotFound
from invoicing import taxable_use
from invoicing.models import TaxedMonth
from ledger import books
from ledger.models import Block, Holder

WORK = "invoicing.tax_on_use"
# Use may be reported late by 90 days at most; what is corrected later still is taxed with the next credits.
_AFTER_THE_END = timedelta(days=120)


def plan(holder: Holder, *, after: datetime) -> None:
    """Plan the end of the month of an instant, in the books' zone."""
    zone = books.current(after).time_zone
    month = calendar.month_start(calendar.local_date(after, zone))
    _plan(holder, calendar.local_midnight(calendar.add_months(month, 1), zone))


def try_again(holder: Holder, *, after: datetime) -> None:
    """Plan another try for the next day: somebody may have told by then what is missing."""
    zone = books.current(after).time_zone
    day = calendar.local_date(after, zone)
    _plan(holder, calendar.local_midnight(day + timedelta(days=1), zone))


def _plan(holder: Holder, when: datetime) -> None:
    due.plan(
        WORK,
        f"{holder.customer_id}-{holder.pk}",
        when,
        rank=due.BILLING,
        group=holder.customer.code,
    )


def find(subject: str) -> Holder:
    """The holder `<customer>-<holder>` of planned work. Raises NotFound."""
    customer, _, number = subject.partition("-")
    known = Holder.objects.select_related("customer")
    found: Holder | None = known.filter(customer_id=int(customer), pk=int(number)).first()
    if found is None:
        raise NotFound("holder", subject)
    return found


def leave(holder: Holder, *, until: datetime, at: datetime) -> None:
    """Leave every month that has ended by `until`, from the first of the holder's credits on; one that is
    left already stays as it is."""
    zone = books.current(at).time_zone
    now = calendar.month_start(calendar.local_date(until, zone))
    TaxedMonth.objects.bulk_create(
        [
            TaxedMonth(
                customer_id=holder.customer_id, holder=holder, month=month, currency=currency, left_at=at
            )
            for currency, blocks in taxable_use.sold(holder).items()
            for month in months(blocks, now, zone)
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def waiting(until: datetime) -> QuerySet[TaxedMonth]:
    """The months that have ended by `until` and are not taxed yet, in their order."""
    now = calendar.month_start(books.date_of(until, books.current(until)))
    found = TaxedMonth.objects.filter(month__lt=now, done_at__isnull=True)
    return found.order_by("month", "currency")


def goes_on(holder: Holder, *, at: datetime) -> bool:
    """Whether credits of the holder may still be used, or use of them come late or be corrected."""
    ends = [block.state.until for blocks in taxable_use.sold(holder).values() for block in blocks]
    return not ends or any(end is None or end + _AFTER_THE_END > at for end in ends)


def months(blocks: list[Block], before: date, zone: str) -> Iterator[date]:
    """The months from that of the first block's begin on, before one of them; each by its first day."""
    first = min(block.effective_at for block in blocks)
    month = calendar.month_start(calendar.local_date(first, zone))
    while month < before:
        yield month
        month = calendar.add_months(month, 1)
