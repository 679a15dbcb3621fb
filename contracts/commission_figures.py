"""Answers what commission comes to: shares of prices and of values, splits, amortisation. Pure (C1 to C9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from creditops.lib import money

EXPENSE, STRAIGHT_LINE, CONSUMPTION = "EXPENSE", "STRAIGHT_LINE", "CONSUMPTION"


@dataclass(frozen=True)
class Rules:
    """What a plan's version says, in percent.

    Attributes:
        rate: of what is sold and used.
        upfront: the share of a price that is paid for at close.
        clawback_limit: the most that is taken back, of what was paid at close; None: all of it.
        cap, floor: bounds of a year's commission, of what using the whole commitment would earn.
    """

    rate: Fraction
    upfront: Fraction
    clawback_limit: Fraction | None = None
    cap: Fraction | None = None
    floor: Fraction | None = None


@dataclass(frozen=True)
class Share:
    """A rep's share of a contract, in percent; shares add up to 100."""

    rep: str
    pct: Decimal

    def __str__(self) -> str:
        return f"{self.rep}: {self.pct.normalize():f} %"


@dataclass(frozen=True)
class Stretch:
    """A part of a contract year with one set of owners, and the value consumed in it, overage included."""

    shares: Sequence[Share]
    value_minor: int
    overage_minor: int = 0


@dataclass(frozen=True)
class Estimate:
    """What a deal would pay, in minor units: at close, later if all is used, and that altogether."""

    upfront_base_minor: int
    upfront_minor: int
    held_back_minor: int
    full_use_minor: int


def upfront_base(price_minor: int, upfront: Fraction, rounding: str = money.HALF_UP) -> int:
    """The share of a price that commission is paid on at close (S57)."""
    return money.rounded(price_minor * upfront / 100, rounding)


def upfront(price_minor: int, rules: Rules, rounding: str = money.HALF_UP) -> int:
    """Commission at close (C2): rate x share x price, rounded once."""
    return money.rounded(price_minor * rules.rate * rules.upfront / 10_000, rounding)


def earned(value_minor: int, price_minor: int, rules: Rules, rounding: str = money.HALF_UP) -> int:
    """What a value consumed has earned, not above the cap (C3).

    Args:
        price_minor: of the commitment that the cap is measured by.
    """
    found = money.rounded(value_minor * rules.rate / 100, rounding)
    if rules.cap is None:
        return found
    return min(found, _of_target(price_minor, rules, rules.cap, rounding))


def final(
    value_minor: int,
    price_minor: int,
    paid_at_close_minor: int,
    rules: Rules,
    rounding: str = money.HALF_UP,
) -> int:
    """The commission of a contract year at its end: what was earned, within the plan's bounds (C1, C3)."""
    least = 0
    if rules.floor is not None:
        least = _of_target(price_minor, rules, rules.floor, rounding)
    if rules.clawback_limit is not None:
        back = money.rounded(paid_at_close_minor * rules.clawback_limit / 100, rounding)
        least = max(least, paid_at_close_minor - back)
    return max(earned(value_minor, price_minor, rules, rounding), least)


def held_back(
    price_minor: int,
    paid_at_close_minor: int,
    earned_minor: int,
    rules: Rules,
    rounding: str = money.HALF_UP,
) -> int:
    """What a contract year still brings if all that it commits to is used: beyond what was paid at close,
    or earned, whichever is more."""
    full = final(price_minor, price_minor, paid_at_close_minor, rules, rounding)
    return max(0, full - max(paid_at_close_minor, earned_minor))


def split(amount_minor: int, stretches: Sequence[Stretch]) -> dict[str, int]:
    """An amount shared over reps by the value consumed while a contract was theirs (C4, C7, M5).

    Where nothing was consumed the last stretch's shares count. Returns rep -> minor units, in order of
    first appearance.
    """
    used = any(stretch.value_minor > 0 for stretch in stretches)
    weights: dict[str, Fraction] = {}
    for stretch in stretches:
        worth = max(stretch.value_minor, 0) if used else int(stretch is stretches[-1])
        for share in stretch.shares:
            weights[share.rep] = weights.get(share.rep, Fraction(0)) + Fraction(share.pct) * worth
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = [int(weight * scale) for weight in weights.values()]
    return dict(zip(weights, money.allocate(amount_minor, whole), strict=True))


def of_overage(
    by_rep: Mapping[str, int],
    stretches: Sequence[Stretch],
    lost_minor: int = 0,
    rounding: str = money.HALF_UP,
) -> dict[str, int]:
    """What of reps' amounts the overage of their time earned, in proportion to value (S59).

    Args:
        by_rep: rep -> minor units, earned by the stretches.
        lost_minor: of the overage, written off: it earns nothing (C5).
    """
    overage = sum(max(stretch.overage_minor, 0) for stretch in stretches)
    lost = Fraction(min(lost_minor, overage), overage) if overage else Fraction(0)
    beyond: dict[str, Fraction] = {}
    whole: dict[str, Fraction] = {}
    for stretch in stretches:
        over = max(stretch.overage_minor, 0)
        for share in stretch.shares:
            pct = Fraction(share.pct)
            beyond[share.rep] = beyond.get(share.rep, Fraction(0)) + pct * over * (1 - lost)
            whole[share.rep] = whole.get(share.rep, Fraction(0)) + pct * (
                max(stretch.value_minor, over) - over * lost
            )
    return {
        rep: money.rounded(minor * beyond[rep] / whole[rep], rounding) if whole.get(rep) else 0
        for rep, minor in by_rep.items()
    }


def estimate(price_minor: int, rules: Rules, rounding: str = money.HALF_UP) -> Estimate:
    """What a price would pay the rep: for a quote, before anything is signed."""
    at_close = upfront(price_minor, rules, rounding)
    full = final(price_minor, price_minor, at_close, rules, rounding)
    return Estimate(
        upfront_base(price_minor, rules.upfront, rounding), at_close, full - at_close, full
    )


def straight_line(cost_minor: int, months: int, passed: int, rounding: str = money.HALF_UP) -> int:
    """What of a cost is expensed after so many months (M6): cumulative, never more than the cost."""
    return money.released(cost_minor, months, min(max(passed, 0), months), rounding)


def by_consumption(
    cost_minor: int, price_minor: int, consumed_minor: int, rounding: str = money.HALF_UP
) -> int:
    """What of a cost is expensed when so much of a commitment's price is consumed; all, if it was free."""
    if price_minor <= 0:
        return cost_minor
    consumed = min(max(consumed_minor, 0), price_minor)
    return money.released(cost_minor, price_minor, consumed, rounding)


def _of_target(price_minor: int, rules: Rules, pct: Fraction, rounding: str) -> int:
    return money.rounded(price_minor * rules.rate * pct / 10_000, rounding)
