"""Answers how use is spread over users: who uses nothing, and what the heaviest use together (S5, S45).

The report reads one customer's events in one statement, whatever the number of users. What a pool
or seats would have served of a known demand is arithmetic beside it (S44).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from creditops.lib import money, sql

LARGEST_TOP = 1_000


@dataclass(frozen=True)
class Heavy:
    """One of the heaviest users, and the credits that they used."""

    user: str
    credits: int


@dataclass(frozen=True)
class Spread:
    """How the use of a time is spread over users. `nameless` are credits of events without a user."""

    users: int
    without_use: int
    credits: int
    nameless: int
    top: list[Heavy]

    @property
    def without_use_pct(self) -> Fraction:
        """The share of users with zero consumption, in percent."""
        return share_pct(self.without_use, self.users)

    @property
    def top_credits(self) -> int:
        """What the heaviest users used together."""
        return sum(heavy.credits for heavy in self.top)

    @property
    def top_share_pct(self) -> Fraction:
        """Their share of what all users used, in percent."""
        return share_pct(self.top_credits, self.credits)


@dataclass(frozen=True)
class Group:
    """So many users who each want so many credits."""

    users: int
    credits_each: int


@dataclass(frozen=True)
class SeatOutcome:
    """What was served and refused of a demand, and what was left: in the pool, or on the seats."""

    served: int
    refused: int
    left: int


def of(
    customer_id: int,
    *,
    first: datetime,
    last: datetime,
    top: int,
    users: int | None = None,
    holder_id: int | None = None,
    unit_id: int | None = None,
) -> Spread:
    """How use in `[first, last)` by event time, as corrected, is spread over a customer's users.

    Args:
        customer_id: the paying customer.
        top: how many of the heaviest users to name, at most `LARGEST_TOP`.
        users: how many have access; None, or fewer than were ever heard of: those who were.
        holder_id: only of one contract; None for all.
        unit_id: credits of one unit; None: of each event's first unit.
    """
    rows = sql.rows(
        "ledger",
        "use_by_user",
        customer=customer_id,
        first=first,
        last=last,
        top=min(top, LARGEST_TOP),
        holder=holder_id,
        unit=unit_id,
    )
    known, active, credits, nameless = rows[0][:4]
    everybody = max(known, users or 0)
    heavy = [Heavy(name, n) for *_, name, n in rows if n is not None]
    return Spread(everybody, everybody - active, credits, nameless, heavy)


def share_pct(part: int, whole: int) -> Fraction:
    """A share in percent, exact; of nothing it is 0."""
    return Fraction(part * 100, whole) if whole else Fraction(0)


def top_share_pct(demand: Sequence[Group], top: int) -> Fraction:
    """The share that the `top` heaviest users have of all demand, in percent."""
    missing, taken = top, 0
    for group in sorted(demand, key=lambda group: group.credits_each, reverse=True):
        counted = min(missing, group.users)
        taken += counted * group.credits_each
        missing -= counted
    return share_pct(taken, total(demand))


def pooled(demand: Sequence[Group], credits: int) -> SeatOutcome:
    """What a pool of `credits` serves: everybody, until it is empty."""
    wanted = total(demand)
    served = min(wanted, credits)
    return SeatOutcome(served, wanted - served, credits - served)


def per_seat(demand: Sequence[Group], credits: int, allowance: int) -> SeatOutcome:
    """What seats of `allowance` inside a pool of `credits` serve: nobody gets more than the seat has."""
    wanted = total(demand)
    served = min(sum(g.users * min(g.credits_each, allowance) for g in demand), credits)
    return SeatOutcome(served, wanted - served, credits - served)


def total(demand: Sequence[Group]) -> int:
    """All that is wanted."""
    return sum(group.users * group.credits_each for group in demand)


def pct_text(pct: Fraction) -> str:
    """A percentage with two decimals, half up."""
    return money.fixed_text(pct, 2)
