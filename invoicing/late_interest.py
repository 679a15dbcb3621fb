"""Answers what late payment costs between businesses in the European Union (I15, Directive 2011/7/EU)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from creditops.lib import money

_DAYS_OF_YEAR = 365


@dataclass(frozen=True)
class LateInterest:
    """Days of delay, the interest on them, and the interest with the fixed sum; in minor units."""

    days: int
    interest_minor: int
    total_minor: int


def of(
    amount_minor: int,
    *,
    due: date,
    paid: date,
    reference_pct: Fraction,
    margin_pct: Fraction,
    fixed_minor: int,
) -> LateInterest:
    """What a debt paid after its due date costs: simple interest from the day after, and a fixed sum.

    Args:
        amount_minor: what was owed, in minor units.
        due, paid: the last day to pay, and the day on which it was paid.
        reference_pct, margin_pct: per year: the central bank's rate, and what the law adds (8 points).
        fixed_minor: for the cost of recovery (EUR 40); only of a debt that was paid late.
    """
    days = max(0, (paid - due).days)
    rate = (reference_pct + margin_pct) / 100
    interest = money.round_half_up(amount_minor * rate * days / _DAYS_OF_YEAR)
    return LateInterest(days, interest, interest + fixed_minor if days else 0)
