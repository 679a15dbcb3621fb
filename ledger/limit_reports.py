"""Answers which share of customers stayed under their limit of a unit in a time (S16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from creditops.lib import sql
from ledger.models import CreditUnit


@dataclass(frozen=True)
class UnderLimit:
    """Customers who drew a unit in a time, and those of them who came to their limit."""

    unit: str
    customers: int
    at_limit: int

    @property
    def under_pct(self) -> Fraction:
        """The share that stayed under it, in percent; of nobody it is all."""
        if not self.customers:
            return Fraction(100)
        return Fraction(100 * (self.customers - self.at_limit), self.customers)


def under_limit(unit: CreditUnit, *, first: datetime, last: datetime) -> UnderLimit:
    """Who stayed under their limit in `[first, last)`: nothing used up, no overage, no refusal."""
    [(customers, at_limit)] = sql.rows(
        "ledger", "under_limit", unit=unit.pk, first=first, last=last
    )
    return UnderLimit(unit.name, customers, at_limit)
