"""Answers what needs somebody today: work that failed, money that is late, terms and pools that end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from accounts.models import Customer
from contracts.models import Contract, RenewalProposal
from creditops.lib import calendar, sql
from creditops.lib.models import Approval, DueRow
from invoicing.documents import OpenMinor
from invoicing.models import Invoice
from ledger.models import Pool, Term, ThresholdCrossing
from ledger.moving import INSUFFICIENT_CREDITS

SHOWN = 6
ENDING_DAYS = 90
RUNS_OUT_DAYS = 30
TRAILING_DAYS = 30
CROSSED_DAYS = 7
WALL_DAYS = 30


@dataclass(frozen=True)
class Late:
    """An invoice past its due date, and what is open of it in minor units."""

    invoice: Invoice
    open_minor: int
    days: int


@dataclass(frozen=True)
class Ending:
    """A contract whose term ends soon, with its proposal if one is stated."""

    contract: Contract
    last_day: date
    days: int
    proposal: RenewalProposal | None


@dataclass(frozen=True)
class RunningOut:
    """A pool that runs out soon: credits left, credits a day, days they last."""

    pool: Pool
    customer: Customer
    available: int
    per_day: Fraction
    days: int


@dataclass(frozen=True)
class AtTheWall:
    """A customer whose free credits are used up and who has nothing to go on with, since when (S48)."""

    customer: Customer
    since: datetime


def failed_work() -> Sequence[DueRow]:
    """Due work that failed, the longest waiting first."""
    failed = DueRow.objects.filter(done_at__isnull=True).exclude(error="")
    return list(failed[:SHOWN])


def approvals() -> Sequence[Approval]:
    """Open requests, the longest waiting first."""
    return list(Approval.objects.filter(state=Approval.State.OPEN).order_by("requested_at")[:SHOWN])


def late(on: date) -> Sequence[Late]:
    """Invoices that are past their due date, latest first."""
    found = (
        Invoice.objects.filter(due_date__lt=on)
        .annotate(still_open=OpenMinor("pk"))
        .filter(still_open__gt=0)
        .select_related("customer")
        .order_by("due_date", "id")
    )
    return [Late(i, i.still_open, (on - i.due_date).days) for i in found[:SHOWN]]


def ending(at: datetime) -> Sequence[Ending]:
    """Contracts whose running term ends within 90 days, soonest first."""
    terms = {
        term.holder_id: term
        for term in Term.objects.filter(
            starts_at__lte=at, ends_at__gt=at, ends_at__lte=at + timedelta(days=ENDING_DAYS)
        )
    }
    contracts = Contract.objects.filter(holder__in=list(terms)).select_related("customer")
    proposals = {
        (p.contract_id, p.term_id): p
        for p in RenewalProposal.objects.filter(contract__in=contracts)
    }
    found = []
    for contract in contracts:
        term = terms[contract.holder_id]
        last = calendar.last_day(term.ends_at, contract.time_zone)
        days = (last - calendar.local_date(at, contract.time_zone)).days
        found.append(Ending(contract, last, days, proposals.get((contract.pk, term.pk))))
    return sorted(found, key=lambda e: (e.days, e.contract.code))[:SHOWN]


def running_out(at: datetime) -> Sequence[RunningOut]:
    """Pools that run out within 30 days at the pace of the last 30, soonest first."""
    rows = sql.rows(
        "creditops.desk", "runs_out_soon", since=at - timedelta(days=TRAILING_DAYS),
        days=TRAILING_DAYS, ahead=RUNS_OUT_DAYS, most=SHOWN,
    )  # fmt: skip
    pools = {
        pool.id: pool
        for pool in Pool.objects.filter(
            customer_id__in=[row[0] for row in rows], id__in=[row[1] for row in rows]
        ).select_related("holder", "unit", "customer")
    }
    return [
        RunningOut(
            pools[pool], pools[pool].customer, int(available), Fraction(per_day),
            int(available / per_day),
        )
        for _customer, pool, available, per_day in rows
    ]  # fmt: skip


def at_the_wall(at: datetime) -> Sequence[AtTheWall]:
    """Tasks of the account team: free credits that were used up in the last 30 days, without a contract,
    a purchase or a card; the newest first (S48).

    A task is done when the customer has one of these, or more free credits.
    """
    rows = sql.rows(
        "creditops.desk", "at_the_wall", since=at - timedelta(days=WALL_DAYS),
        short=INSUFFICIENT_CREDITS, most=SHOWN,
    )  # fmt: skip
    customers = Customer.objects.in_bulk([customer for customer, _ in rows])
    return [AtTheWall(customers[customer], since) for customer, since in rows]


def crossed(at: datetime) -> Sequence[ThresholdCrossing]:
    """Thresholds reached in the last days, newest first."""
    since = at - timedelta(days=CROSSED_DAYS)
    found = ThresholdCrossing.objects.filter(crossed_at__gte=since).select_related("customer")
    return list(found.order_by("-crossed_at", "-id")[:SHOWN])
