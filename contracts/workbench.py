"""Answers what actions should cost in credits, from their cost and their value (S19, S20, S23). Pure.

The cheapest action makes the base credit; the others are whole multiples of it. Margins are those of whole
credits, so they lie at or above the goal; a price above the wanted share of the value is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from creditops.lib.refusals import Refusal

# Ratios that people can keep in their heads: credits for one unit of money, many first.
SIMPLE_RATIOS = (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
_PERCENT = 100


@dataclass(frozen=True)
class Action:
    """An action: what one costs us, and what one is worth to a customer, exact; None: not known."""

    name: str
    cost: Fraction | None
    worth: Fraction | None = None


@dataclass(frozen=True)
class Goal:
    """What prices have to reach.

    Attributes:
        margin_pct: the least gross margin of every action, 0 to below 100.
        share_pct: of its value at most so much goes to us.
        ratio: credits for one unit of money; None: proposed from the cheapest action.
    """

    margin_pct: Fraction = Fraction(70)
    share_pct: Fraction = Fraction(20)
    ratio: int | None = None


@dataclass(frozen=True)
class Line:
    """What one action should cost: `credits` per `per`; a pack where one is worth less than a credit.

    `margin_pct` is None of what costs us nothing known; `share_pct` None where no value is known.
    """

    action: Action
    credits: int
    per: int
    price: Fraction
    margin_pct: Fraction | None
    share_pct: Fraction | None
    dear: bool


@dataclass(frozen=True)
class Bench:
    """A proposal: how many credits money buys, which action is the base, and a line per action."""

    ratio: int
    base: str
    lines: Sequence[Line]

    @property
    def credit_price(self) -> Fraction:
        """What one credit costs, in units of money."""
        return Fraction(1, self.ratio)


@dataclass(frozen=True)
class Tier:
    """A purchase: so much money buys so many credits, and so many of each action alone."""

    amount: Fraction
    credits: int
    buys: Sequence[tuple[str, int]]


def propose(actions: Sequence[Action], goal: Goal) -> Bench:
    """Whole credits for every action whose cost or value is known.

    Raises Refusal `bench_empty` or `bench_goal`.
    """
    if not 0 <= goal.margin_pct < _PERCENT or not 0 < goal.share_pct <= _PERCENT:
        raise Refusal(
            "bench_goal", "A margin is 0 to below 100 %, a share of value above 0 to 100 %."
        )
    wanted = [(action, _least(action, goal)) for action in actions]
    priced = [(action, price) for action, price in wanted if price is not None and price > 0]
    if not priced:
        raise Refusal(
            "bench_empty", "Say of at least one action what it costs or what it is worth."
        )
    base, cheapest = min(priced, key=lambda pair: pair[1])
    ratio = goal.ratio or _simple(cheapest)
    lines = [_line(action, price, ratio, goal) for action, price in priced]
    return Bench(ratio, base.name, sorted(lines, key=lambda line: (line.price, line.action.name)))


def tiers(bench: Bench, amounts: Sequence[Fraction]) -> list[Tier]:
    """What purchases of these amounts come to (S21)."""
    found = []
    for amount in amounts:
        credits = floor(amount * bench.ratio)
        buys = [(line.action.name, credits * line.per // line.credits) for line in bench.lines]
        found.append(Tier(amount, credits, buys))
    return found


def _least(action: Action, goal: Goal) -> Fraction | None:
    """The lowest price that reaches the margin; of what costs nothing known, the share of its value."""
    if action.cost:
        return action.cost * _PERCENT / (_PERCENT - goal.margin_pct)
    if action.worth is not None:
        return action.worth * goal.share_pct / _PERCENT
    return None


def _simple(cheapest: Fraction) -> int:
    """The simplest ratio at which a credit is worth at least the cheapest action."""
    return next((ratio for ratio in SIMPLE_RATIOS if Fraction(1, ratio) >= cheapest), 1)


def _line(action: Action, least: Fraction, ratio: int, goal: Goal) -> Line:
    exact = least * ratio
    credits, per = (ceil(exact), 1) if exact >= 1 else (1, _pack(1 / exact))
    price = Fraction(credits, per * ratio)
    margin = None if not action.cost else (1 - action.cost / price) * _PERCENT
    share = None if action.worth is None else price / action.worth * _PERCENT
    return Line(
        action, credits, per, price, margin, share,
        dear=share is not None and share > goal.share_pct,
    )  # fmt: skip


def _pack(exact: Fraction) -> int:
    """How many one credit buys: a round number not above the exact one, so that the margin is kept."""
    whole = max(1, floor(exact))
    magnitude: int = 10 ** (len(str(whole)) - 1)
    return next(step * magnitude for step in (5, 2, 1) if step * magnitude <= whole)
