"""Answers which contract years a contract has: the stretches that commission is settled for (X11, C3).

A term of up to twelve months is one year, a longer one has one per twelve months, the last as long as is
left; a plan may settle the whole term at its end instead. Years are numbered through all terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.models import CommissionEvent, CommissionPlanVersion, Contract
from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from ledger.models import Term

_MONTHS = 12


@dataclass(frozen=True)
class Year:
    """A contract year, `[starts_at, ends_at)`; `first` of its term, `last` of it."""

    number: int
    term: Term
    starts_at: datetime
    ends_at: datetime

    @property
    def first(self) -> bool:
        """Whether the term begins with it: its close belongs here."""
        return self.starts_at == self.term.starts_at

    @property
    def last(self) -> bool:
        """Whether the term ends with it."""
        return self.ends_at == self.term.ends_at

    @property
    def part_of_term(self) -> tuple[int, int]:
        """Its days and those of the term."""
        return (self.ends_at - self.starts_at).days, (self.term.ends_at - self.term.starts_at).days


def of(contract: Contract) -> list[Year]:
    """The years of all terms that the contract has so far, in order."""
    whole = CommissionPlanVersion.Years.TERM
    closes = [e for e in contract.commissions.all() if e.kind == CommissionEvent.Kind.CLOSE]
    ways = {close.term_id: close.version.years for close in closes}
    agreed = list(contract.commission_plans.all())
    usual = agreed[-1].version.years if agreed else ""
    years: list[Year] = []
    for term in sorted(contract.holder.terms.all(), key=lambda term: term.number):
        bounds = (
            [term.starts_at, term.ends_at]
            if ways.get(term.id, usual) == whole
            else list(_bounds(contract, term))
        )
        for start, end in itertools.pairwise(bounds):
            years.append(Year(len(years) + 1, term, start, end))
    return years


def find(contract: Contract, number: int) -> Year:
    """Year `number` of the contract, from 1. Raises Refusal `no_contract_year`."""
    years = of(contract)
    if not 1 <= number <= len(years):
        raise Refusal(
            "no_contract_year", f"{contract} has contract years 1 to {len(years)} so far."
        )
    return years[number - 1]


def _bounds(contract: Contract, term: Term) -> Iterator[datetime]:
    """The local midnights at which years of a term begin, and its end."""
    yield term.starts_at
    start = calendar.local_date(term.starts_at, contract.time_zone)
    months = _MONTHS
    while True:
        bound = calendar.local_midnight(calendar.add_months(start, months), contract.time_zone)
        if bound >= term.ends_at:
            break
        yield bound
        months += _MONTHS
    yield term.ends_at
