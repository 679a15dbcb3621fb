"""Answers what a customer leaves behind who cancels: its credits, and what they would still buy (S38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts import rate_words, renewals
from contracts.models import Contract
from contracts.rate_words import Worth
from creditops.lib import calendar
from ledger import balances


@dataclass(frozen=True)
class Left:
    """Credits of one unit that are left, and what they would still buy, action by action."""

    unit: str
    credits: int
    buys: Sequence[Worth]


@dataclass(frozen=True)
class Leaving:
    """What a contract still holds, the last day on which it can be used, and whether it renews now."""

    last_day: date | None
    renews: bool
    left: Sequence[Left]

    @property
    def sentence(self) -> str:
        """For whoever is about to cancel: "48,500 credits end with 31 December 2026."."""
        if not self._held:
            return "No credits are left."
        day = f"with {self.last_day:%-d %B %Y}" if self.last_day else "with the term"
        return f"{self._held} end {day}, used or not."

    @property
    def as_it_stands(self) -> str:
        """For whoever looks: "48,500 credits are left until 31 December 2026; then it renews."."""
        if not (self._held and self.renews and self.last_day):
            return self.sentence
        return (
            f"{self._held} are left until {self.last_day:%-d %B %Y}; then it renews, and what rolls over "
            "stays usable."
        )

    @property
    def _held(self) -> str:
        return " and ".join(f"{left.credits:,} {left.unit}" for left in self.left if left.credits)


def of(contract: Contract, at: datetime) -> Leaving:
    """What the contract holds at `at`; a few queries per pool."""
    pools = balances.pools_of(contract.holder)
    term = renewals.running_term(contract, at)
    known = balances.of_pools(pools, as_of=at, known_at=at)
    return Leaving(
        calendar.last_day(term.ends_at, contract.time_zone) if term else None,
        renewals.follows(contract, at),
        [
            Left(
                _inside_a_sentence(pool.unit.name),
                found.left,
                rate_words.still_buys(pool, found.left, at),
            )
            for pool, found in zip(pools, known, strict=True)
        ],
    )


def _inside_a_sentence(name: str) -> str:
    """A unit's name after a number: "credits", and "AI credits" as it is."""
    first = name.partition(" ")[0]
    return name if len(first) > 1 and first.isupper() else f"{name[:1].lower()}{name[1:]}"
