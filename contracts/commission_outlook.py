"""Answers how contract years that are not settled stand at the end of a day, as known then (C6).

What was paid at close is earned by consumption or at risk; what consumption earned beyond it, and what is
held back until the rest of the commitment is used, comes with the year's end. A constant number of queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q

from contracts import (
    amendments,
    commission_figures,
    commission_standing,
    contract_years,
)
from contracts.commission_standing import Figures
from contracts.contract_years import Year
from contracts.models import Assignment, CommissionEvent, Contract, ContractPlan, ScheduledCharge
from creditops.lib import calendar
from ledger import books
from ledger.models import Term

_Kind = CommissionEvent.Kind


@dataclass(frozen=True)
class Outlook:
    """A rep's part of a contract year that is not settled, in minor units of `currency`, the contract's.

    Attributes:
        ends_on: the year's last day, in the contract's zone.
        consumed_minor: value consumed of the whole contract so far.
        paid_minor: at close.
        earned_minor: by what was consumed so far; `overage_minor` of it by overage.
        held_back_minor: what would still be added if the rest of the commitment were used.
    """

    rep: str
    contract: str
    year: int
    ends_on: date
    currency: str
    consumed_minor: int
    paid_minor: int
    earned_minor: int
    overage_minor: int
    held_back_minor: int

    @property
    def at_risk_minor(self) -> int:
        """Paid and not earned yet."""
        return max(0, self.paid_minor - self.earned_minor)

    @property
    def to_come_minor(self) -> int:
        """Earned beyond what was paid: due at the year's end."""
        return max(0, self.earned_minor - self.paid_minor)


def of(last: date, *, known_at: datetime) -> list[Outlook]:
    """All years of terms that were closed and are not settled, at the end of `last`; by rep and contract.

    Overage is billed when its term ends, so none of theirs was written off yet.
    """
    zone = books.current(known_at).time_zone
    until = calendar.local_midnight(last + timedelta(days=1), zone)
    years = [
        (contract, year)
        for contract in _contracts(last, known_at)
        for year in contract_years.of(contract)
        if _is_open(contract, year)
    ]
    figures = commission_standing.of_all(years, known_at, until=until)
    rounding = books.current(known_at).rounding
    found = [
        outlook
        for (contract, year), stands in zip(years, figures, strict=True)
        for outlook in _of_reps(contract, year, stands, rounding)
    ]
    return sorted(found, key=lambda each: (each.rep, each.contract, each.year))


def _contracts(last: date, known_at: datetime) -> list[Contract]:
    """The contracts of which a term was closed, each with its terms, events, plans and owners as known."""
    events = CommissionEvent.objects.filter(posting_date__lte=last, recorded_at__lte=known_at)
    known = Q(number=1) | Q(starts_at__lte=known_at)
    contracts: list[Contract] = list(
        Contract.objects.filter(pk__in=events.filter(kind=_Kind.CLOSE).values("contract"))
        .select_related("holder")
        .prefetch_related(
            Prefetch("commissions", events.select_related("version__plan")),
            "commissions__parts",
            Prefetch(
                "commission_plans",
                ContractPlan.objects.filter(recorded_at__lte=known_at).select_related("version"),
            ),
            Prefetch("assignments", Assignment.objects.filter(recorded_at__lte=known_at)),
            "assignments__shares",
            Prefetch("holder__terms", Term.objects.filter(known).order_by("number")),
            Prefetch("charges", ScheduledCharge.objects.none(), to_attr="lost_charges"),
        )
        .order_by("code")
    )
    ends = amendments.ends_before([contract.holder_id for contract in contracts], known_at)
    for contract in contracts:
        if contract.holder_id in ends:
            list(contract.holder.terms.all())[-1].ends_at = ends[contract.holder_id]
    return contracts


def _is_open(contract: Contract, year: Year) -> bool:
    """Whether the year's term was closed and the year is not settled."""
    events = contract.commissions.all()
    closed = any(e.kind == _Kind.CLOSE and e.term_id == year.term.id for e in events)
    return closed and not any(e.kind == _Kind.TRUE_UP and e.year == year.number for e in events)


def _of_reps(contract: Contract, year: Year, stands: Figures, rounding: str) -> list[Outlook]:
    earned = {rep.rep: rep.earned_minor for rep in stands.reps}
    overage = commission_figures.of_overage(earned, stands.stretches, stands.lost_minor, rounding)
    return [
        Outlook(
            rep=rep.rep,
            contract=contract.code,
            year=year.number,
            ends_on=calendar.last_day(year.ends_at, contract.time_zone),
            currency=stands.currency,
            consumed_minor=stands.base_minor,
            paid_minor=rep.upfront_minor,
            earned_minor=rep.earned_minor,
            overage_minor=overage[rep.rep],
            held_back_minor=rep.held_back_minor,
        )
        for rep in stands.reps
    ]
