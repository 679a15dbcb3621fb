"""Does the monthly valuation of what is owed in a foreign currency: receivables, unbilled overage, refunds.

At each month's end in the books' zone every open item of a customer is carried at the rate in force then;
the difference is a currency gain or loss of the month's last day (V19, JE-21). Deferred revenue keeps the
rate that it came at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, Sum

from accounts.models import Customer
from creditops.lib import calendar, locks, money
from ledger import books, chart, exchange, journal, open_items, posting
from ledger.journal import Entry, Posting
from ledger.models import BookSettings, Holder, JournalLine, Pool, PoolTerm
from ledger.open_items import Foreign
from ledger.periods import Months


@dataclass(frozen=True)
class _Item:
    """An open item at a month's end: what is open, and what it is carried at; debit > 0."""

    name: str
    account: str
    currency: str
    holder_id: int | None
    open_minor: int
    carried_minor: int


def remeasure_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: value what customer `subject` (its id) has open at the month's end at `due_at`; plan the
    next one while anything can be open. Usage that waits is posted first: it may be overage."""
    customer = Customer.objects.get(pk=int(subject))
    current = books.current(recorded_at)
    through = calendar.last_day(due_at, current.time_zone)
    with transaction.atomic():
        months = Months([through], received_on=books.date_of(recorded_at, current))
        pools = Pool.objects.filter(customer_id=customer.id).values_list("customer_id", "id")
        posting.post_pools(list(pools), recorded_at)
        items = _open(customer, through)
        for item in items:
            locks.hold(item.name)
        if items:
            _value(_open(customer, through), customer, through, months, due_at, recorded_at)
        if items or _may_open(customer, current, due_at):
            next_month = calendar.local_date(due_at, current.time_zone)
            open_items.expect_month_end(customer, next_month, current.time_zone)


def _value(
    items: Sequence[_Item],
    customer: Customer,
    through: date,
    months: Months,
    due_at: datetime,
    at: datetime,
) -> None:
    """Carry a customer's items at the rates in force at the month's last instant; however many they are,
    one query per currency and two statements."""
    current = books.current(at)
    instant = due_at - calendar.TICK
    rates = {code: exchange.rate(code, instant) for code in {item.currency for item in items}}
    holders = Holder.objects.filter(
        customer_id=customer.id, id__in={item.holder_id for item in items}
    ).in_bulk()

    def entry(item: _Item) -> Entry:
        exact = item.open_minor * rates[item.currency]
        gained = money.rounded(exact, current.rounding) - item.carried_minor
        return Entry(
            Posting(
                on=months.posting_date(through),
                recipe="JE-21",
                memo=f"{item.currency} at the rate of {through}: {item.name.replace(':', ' ')}",
                source=f"remeasured:{item.name}:{through}",
                customer_id=customer.id,
                holder=holders.get(item.holder_id or 0),
            ),
            {item.account: gained},
            {chart.CURRENCY: gained},
            {item.account: Foreign(item.currency, 0, item.name)},
        )

    journal.post_all([entry(item) for item in items], currency=current.currency, at=at)


def _open(customer: Customer, through: date) -> list[_Item]:
    """What is open or still carried at the end of a day, in the order of names."""
    rows: Any = (
        JournalLine.objects.filter(entry__customer=customer, entry__posting_date__lte=through)
        .exclude(open_item="")
        .order_by("open_item")
        .values("open_item", "account__code", "transaction_currency")
        .annotate(
            holder=Max("entry__holder_id"),
            own=Sum("transaction_minor"),
            carried=Sum(F("debit_minor") - F("credit_minor")),
        )
        .filter(~Q(own=0) | ~Q(carried=0))
    )
    return [
        _Item(
            row["open_item"],
            row["account__code"],
            row["transaction_currency"],
            row["holder"],
            int(row["own"]),
            int(row["carried"]),
        )
        for row in rows
    ]


def _may_open(customer: Customer, current: BookSettings, at: datetime) -> bool:
    """Whether a term of the customer still runs whose overage would be owed in another currency."""
    committed = PoolTerm.objects.filter(customer_id=customer.id, term__ends_at__gt=at)
    return committed.exclude(currency=current.currency).exists()
