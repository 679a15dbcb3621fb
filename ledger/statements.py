"""Answers what the journal says: balances, revenue, the roll-forward of what is deferred (S68, Z2).

Everything as of a day by posting date, and as the journal was known at an instant (L16): what was
recorded later is left out, so that a report can be made again as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, QuerySet, Sum

from creditops.lib import sql
from ledger import chart
from ledger.models import JournalLine


@dataclass(frozen=True)
class Revenue:
    """Revenue of a time by posting date, in minor units of the books' currency."""

    usage: int
    breakage: int
    overage: int
    contra: int

    @property
    def total(self) -> int:
        """Usage, breakage and overage less contra-revenue."""
        return self.usage + self.breakage + self.overage - self.contra


def lines(
    *,
    first: date | None = None,
    last: date | None = None,
    customer_id: int | None = None,
    holder_id: int | None = None,
    known_at: datetime | None = None,
) -> QuerySet[JournalLine]:
    """Journal lines of a time and a customer or holder, everything where nothing is given."""
    wanted = {
        "entry__posting_date__gte": first,
        "entry__posting_date__lte": last,
        "entry__customer_id": customer_id,
        "entry__holder_id": holder_id,
        "entry__recorded_at__lte": known_at,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    found: QuerySet[JournalLine] = JournalLine.objects.filter(**given)
    return found


def net(rows: QuerySet[JournalLine]) -> dict[tuple[date, str], int]:
    """Debit less credit per (posting date, account code), without those that come to nothing."""
    summed = (
        rows.order_by()
        .values_list("entry__posting_date", "account__code")
        .annotate(net=Sum(F("debit_minor") - F("credit_minor")))
    )
    return {(on, code): int(amount) for on, code, amount in summed if amount}


def balance(rows: QuerySet[JournalLine], codes: Iterable[str]) -> int:
    """Debit less credit of these accounts."""
    total = rows.filter(account__code__in=list(codes)).aggregate(
        net=Sum(F("debit_minor") - F("credit_minor"))
    )
    return int(total["net"] or 0)


def balances(rows: QuerySet[JournalLine]) -> dict[str, int]:
    """Debit less credit of every account that has lines, by its code."""
    summed = (
        rows.order_by()
        .values_list("account__code")
        .annotate(net=Sum(F("debit_minor") - F("credit_minor")))
    )
    return {code: int(amount) for code, amount in summed}


def by_customer(rows: QuerySet[JournalLine], code: str) -> dict[int | None, int]:
    """Debit less credit of an account per customer id, without those that come to nothing."""
    summed = (
        rows.filter(account__code=code)
        .order_by()
        .values_list("entry__customer_id")
        .annotate(net=Sum(F("debit_minor") - F("credit_minor")))
    )
    return {customer: int(amount) for customer, amount in summed if amount}


@dataclass(frozen=True)
class RollForward:
    """Deferred credits (2100) over a time, in minor units: opening + all that follows = closing (Z2).

    What leaves is negative; `credit_notes` is everything that is neither billed, used nor expired.
    """

    opening: int = 0
    billed: int = 0
    usage: int = 0
    breakage: int = 0
    credit_notes: int = 0
    other: int = 0

    @property
    def closing(self) -> int:
        """What is deferred at the end."""
        return (
            self.opening + self.billed + self.usage + self.breakage + self.credit_notes + self.other
        )

    def __add__(self, more: RollForward) -> RollForward:
        return RollForward(
            self.opening + more.opening,
            self.billed + more.billed,
            self.usage + more.usage,
            self.breakage + more.breakage,
            self.credit_notes + more.credit_notes,
            self.other + more.other,
        )


# Which recipes bring money in, and which take it back. Whatever else moves deferred revenue is read by
# its other side.
_BILLING = ("JE-01", "JE-02", "JE-03", "JE-04", "JE-16", "JE-34")
_RETURNING = ("JE-17", "JE-18", "JE-24", "JE-25")


@dataclass(frozen=True)
class CustomersPart:
    """One customer's part of the roll-forward; without a customer what is nobody's."""

    customer_id: int | None
    code: str
    name: str
    moved: RollForward


def roll_forward_by_customer(first: date, last: date, *, known_at: datetime) -> list[CustomersPart]:
    """The roll-forward customer by customer, by name, those with something in it; one query (Z2)."""
    rows = sql.rows(
        "ledger", "roll_forward", first=first, last=last, known_at=known_at,
        billing=list(_BILLING), returning=list(_RETURNING),
    )  # fmt: skip
    return [
        CustomersPart(row[0], row[1] or "", row[2] or "", RollForward(*map(int, row[3:])))
        for row in rows
    ]


def roll_forward(first: date, last: date, *, known_at: datetime) -> RollForward:
    """The roll-forward of deferred credits from `first` through `last`, as posted by `known_at`."""
    parts = roll_forward_by_customer(first, last, known_at=known_at)
    return sum((part.moved for part in parts), RollForward())


def deferred(on: date, *, known_at: datetime) -> int:
    """What is deferred for credits (2100) at the end of a day, as posted by `known_at`; minor units."""
    return -balance(lines(last=on, known_at=known_at), [chart.DEFERRED_CREDITS])


def revenue(rows: QuerySet[JournalLine]) -> Revenue:
    """The revenue in these lines, by account."""
    found = balances(rows)
    return Revenue(
        usage=-found.get(chart.USAGE, 0),
        breakage=-found.get(chart.BREAKAGE, 0),
        overage=-found.get(chart.OVERAGE, 0),
        contra=found.get(chart.CONTRA, 0),
    )
