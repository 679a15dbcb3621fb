"""Answers what the journal says: account balances, revenue, lines of a time (S68, Z2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, QuerySet, Sum

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
) -> QuerySet[JournalLine]:
    """Journal lines of a time and a customer or holder, everything where nothing is given."""
    wanted = {
        "entry__posting_date__gte": first,
        "entry__posting_date__lte": last,
        "entry__customer_id": customer_id,
        "entry__holder_id": holder_id,
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


@dataclass(frozen=True)
class RollForward:
    """Deferred credits (2100) over a time, in minor units: opening + all that follows = closing (Z2).

    What leaves is negative; `credit_notes` is everything that is neither billed, used nor expired.
    """

    opening: int
    billed: int
    usage: int
    breakage: int
    credit_notes: int
    closing: int


# Which recipes bring credits in, and by which they leave; everything else is a credit note.
_BILLED, _USED, _EXPIRED = ("JE-02", "JE-16"), ("JE-05", "JE-07", "JE-33"), ("JE-12", "JE-32")


def roll_forward(first: date, last: date) -> RollForward:
    """The roll-forward of deferred credits from `first` through `last`, as posted."""
    opening = -balance(lines(last=first - timedelta(days=1)), [chart.DEFERRED_CREDITS])
    moved = lines(first=first, last=last)

    def by(recipes: Iterable[str]) -> int:
        return -balance(moved.filter(entry__recipe__in=recipes), [chart.DEFERRED_CREDITS])

    billed, usage, breakage = by(_BILLED), by(_USED), by(_EXPIRED)
    change = -balance(moved, [chart.DEFERRED_CREDITS])
    return RollForward(
        opening=opening,
        billed=billed,
        usage=usage,
        breakage=breakage,
        credit_notes=change - billed - usage - breakage,
        closing=opening + change,
    )


def revenue(rows: QuerySet[JournalLine]) -> Revenue:
    """The revenue in these lines, by account."""
    return Revenue(
        usage=-balance(rows, [chart.USAGE]),
        breakage=-balance(rows, [chart.BREAKAGE]),
        overage=-balance(rows, [chart.OVERAGE]),
        contra=balance(rows, [chart.CONTRA]),
    )
