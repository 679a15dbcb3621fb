"""Answers how commission moved over a time: coming to reps, owed back by them, and its cost (C2 to C9).

By posting date and as posted by an instant, in minor units of the books' currency, so that the sums are the
accounts 2300, 1350 and 1300. A constant number of queries, however many reps and contracts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, Sum

from contracts.models import CommissionPayout
from creditops.lib import sql


@dataclass(frozen=True)
class Moved:
    """A rep's commission of a plan and contract over a time, in minor units of the books' currency.

    Attributes:
        granted_before, taken_before: before the time began, by all events: what it paid, what it took back.
        at_close: granted by closes of terms.
        true_up: granted at the ends of contract years and by restatements, beyond what was granted before.
        taken_back: by the same, where less was earned.
        expensed: of the time's changes what was expensed at once; below zero less expense.
    """

    rep: str
    plan_id: int
    plan: str
    customer_id: int
    contract_id: int
    contract: str
    granted_before: int
    taken_before: int
    at_close: int
    true_up: int
    taken_back: int
    expensed: int

    @property
    def moves(self) -> bool:
        """Whether anything happened in the time."""
        return bool(self.at_close or self.true_up or self.taken_back)


@dataclass(frozen=True)
class Paid:
    """What payouts did for a rep, in minor units of the books' currency, before a time and in it.

    Attributes:
        gross: off what the rep had coming; `cash` of it left, the rest went against clawback.
        netted: off what the rep owed back. It may differ from that rest by two rates of exchange.
    """

    gross_before: int = 0
    netted_before: int = 0
    gross: int = 0
    cash: int = 0
    netted: int = 0


@dataclass(frozen=True)
class CostRoll:
    """A term's capitalised commission over a time, in minor units of the books' currency.

    What is expensed is above zero; `changed` is what contract years' ends added or took back.
    """

    customer_id: int
    contract: str
    plan: str
    starts_on: date
    opening: int
    capitalised: int
    changed: int
    amortised: int
    written_down: int

    @property
    def closing(self) -> int:
        """What is still an asset."""
        return (
            self.opening + self.capitalised + self.changed - self.amortised - self.written_down
        )  # fmt: skip


def of(first: date, last: date, *, known_at: datetime) -> list[Moved]:
    """Every rep's part of every plan and contract, by name; one query."""
    asked = {"first": first, "last": last, "known_at": known_at}
    return [Moved(*row) for row in sql.rows("contracts", "commission_moves", **asked)]


def costs(first: date, last: date, *, known_at: datetime) -> list[CostRoll]:
    """The capitalised cost of every term in which something stood or moved; one query."""
    asked = {"first": first, "last": last, "known_at": known_at}
    return [CostRoll(*row) for row in sql.rows("contracts", "contract_cost_rolls", **asked)]


def payouts(first: date, last: date, *, known_at: datetime) -> dict[str, Paid]:
    """What was paid to each rep who was paid anything; one query."""
    before, during = Q(posting_date__lt=first), Q(posting_date__gte=first)
    # Where all went against clawback nothing left, whatever two rates of exchange make of it.
    left = during & Q(gross_minor__gt=F("netted_minor"))
    gross, netted = F("gross_functional_minor"), F("netted_functional_minor")
    found = (
        CommissionPayout.objects.filter(posting_date__lte=last, paid_at__lte=known_at)
        .order_by()
        .values_list("rep")
        .annotate(
            gross_before=Sum(gross, filter=before, default=0),
            netted_before=Sum(netted, filter=before, default=0),
            gross=Sum(gross, filter=during, default=0),
            cash=Sum(gross - netted, filter=left, default=0),
            netted=Sum(netted, filter=during, default=0),
        )
    )
    return {rep: Paid(*map(int, figures)) for rep, *figures in found}
