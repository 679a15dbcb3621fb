"""Answers what is earned of a block whose breakage is recognised in proportion to use (V10). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from creditops.lib import money

AT_EXPIRY, PROPORTIONAL = "AT_EXPIRY", "PROPORTIONAL"


@dataclass(frozen=True)
class Use:
    """What became of a block's credits, without those taken back and what they cost.

    `used_as_agent` is the part of `used` that is owed to providers.
    """

    cost_minor: int
    quantity: int
    used: int
    used_as_agent: int
    left: int

    @property
    def expired(self) -> int:
        """Credits that nobody can use any more."""
        return self.quantity - self.used - self.left


@dataclass(frozen=True)
class Earned:
    """What is earned of a block so far, in minor units; `agent` is a part of `usage`."""

    usage: int = 0
    agent: int = 0
    breakage: int = 0
    state: int = 0

    @property
    def total(self) -> int:
        """All that is not deferred any more."""
        return self.usage + self.breakage + self.state


def cumulative(cost_minor: int, redeemed: int, expected: int, rounding: str = money.HALF_UP) -> int:
    """cost x redeemed / expected, where never less is expected than was redeemed; with nothing
    expected at all everything is earned."""
    expected = max(expected, redeemed)
    if not expected:
        return cost_minor
    return money.rounded(Fraction(cost_minor * redeemed, expected), rounding)


def expected(use: Use, estimate: int | None) -> int:
    """The credits that are expected to be used in the end: the estimate, without one all of them; not
    less than is used, not more than still can be."""
    possible = use.used + use.left
    return max(use.used, possible if estimate is None else min(estimate, possible))


def earned(
    use: Use, estimate: int | None, state_share: Fraction, rounding: str = money.HALF_UP
) -> Earned:
    """What is earned: use at its share of the cost, the rest of the proportional part as breakage.

    The state's share of breakage is never ours (F3): it is held back until credits have expired, and
    is owed from then on.
    """
    if not use.quantity:
        return Earned()
    released = partial(money.released, use.cost_minor, use.quantity, rounding=rounding)
    whole = cumulative(use.cost_minor, use.used, expected(use, estimate), rounding)
    usage = released(use.used)
    beyond = whole - usage
    held = money.rounded(beyond * state_share, rounding)
    lapsed = released(use.expired)
    owed = held if not use.left else min(held, money.rounded(lapsed * state_share, rounding))
    agent = min(usage, released(use.used_as_agent))
    return Earned(usage, agent, beyond - held, owed)
