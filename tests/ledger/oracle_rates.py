"""What the oracle knows of prices (R1 to R5): versions of a card, rate locks, choices, provider costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from math import floor

from tests.ledger.oracle_alerts import Alerting
from tests.ledger.oracle_rows import Event, Holder, Message, Pool, Rate, Version

PASSED_ON = "pass_through"
RUNNING = ("pack", PASSED_ON)
ENTITLING = ("flat", "licence")


class Pricing(Alerting):
    """One card in versions, and who is priced by which."""

    def __init__(self, rated: Mapping[str, Rate]) -> None:
        """Start without a card. `rated`: the meters whose quantity is a number of credits already."""
        super().__init__()
        self.rated = rated
        self.versions: list[Version] = []

    def publish(self, version: Version) -> None:
        """A version acts from its instant on, for everybody who has no lock (R1)."""
        self.versions.append(version)

    def version(self, holder: Holder, time: datetime) -> Version:
        """The locked version while the lock runs, else the newest one; usage from before the first
        version is priced by it."""
        if holder.lock is not None and time < holder.lock.until:
            return holder.lock.version
        in_force = [v for v in self.versions if v.effective_from <= time]
        if not in_force:
            return min(self.versions, key=lambda v: v.effective_from)
        return max(in_force, key=lambda v: v.effective_from)

    def rates(
        self, holder: Holder, message: Message, time: datetime, *, entitles: bool = False
    ) -> list[Rate]:
        """What prices a message of `time`; [] if nothing does."""
        if message.meter in self.rated:
            return [self.rated[message.meter]]
        version = self.version(holder, time)
        found = _narrowest(version.rates, message, entitles)
        known = found or self._ended(message, time)
        items = dict.fromkeys(self.chosen(holder, rate.item, time) for rate in known)
        chosen = [rate for item in items for rate in version.rates if rate.item == item]
        return chosen or found

    def chosen(self, holder: Holder, item: str, time: datetime) -> str:
        """What the customer wants `item` rated as: the newest choice, and what was chosen for that."""
        made = [c for c in holder.choices if c.item == item and c.effective_at <= time]
        if not made:
            return item
        newest = max(made, key=lambda choice: choice.effective_at)
        return item if newest.to == item else self.chosen(holder, newest.to, time)

    def choose(
        self, holder: Holder, item: str, to: str, effective_at: datetime, now: datetime
    ) -> str:
        """The code with which a choice is refused; it is not written here."""
        then = _items(self.version(holder, effective_at))
        if item not in then | _items(self.version(holder, now)) or to not in then:
            return "item_not_on_card"
        taken = any(c.item == item and c.effective_at == effective_at for c in holder.choices)
        return "choice_exists" if taken else ""

    def _ended(self, message: Message, time: datetime) -> list[Rate]:
        """What priced such a message in the newest version that did: its action may have ended."""
        acted = [v for v in self.versions if v.effective_from <= time]
        for version in sorted(acted, key=lambda v: v.effective_from, reverse=True):
            rates = _narrowest(version.rates, message, entitles=False)
            if rates:
                return rates
        return []


def unpriceable(event: Event) -> str:
    """The code of what can't be counted: fractions of what is sold whole, no cost to pass on (R3)."""
    for rate in event.rates:
        if rate.property and rate.property not in event.message.data:
            return "no_quantity"
        if rate.kind not in RUNNING and event.message.quantity.denominator != 1:
            return "quantity_not_whole"
    return ""


def provider_cost(rate: Rate, event: Event) -> Fraction:
    """What the provider charges for the event; 0 for what is our own."""
    if rate.kind != PASSED_ON:
        return Fraction(0)
    return Fraction(event.message.data[rate.property]) * event.message.quantity


def exact(rate: Rate, event: Event) -> Fraction:
    """The exact credits that a rate asks for."""
    counted = provider_cost(rate, event) if rate.kind == PASSED_ON else event.message.quantity
    return counted * rate.credits / rate.per


def whole(pool: Pool, rate: Rate, event: Event) -> int:
    """R3, R4: fixed rates multiply; of a running sum whole credits are drawn, the rest carries on."""
    if rate.kind not in RUNNING:
        return int(exact(rate, event))
    cumulative = pool.cumulative.get(rate.item, Fraction(0)) + exact(rate, event)
    return max(0, floor(cumulative) - pool.drawn.get(rate.item, 0))


def count(pool: Pool, rate: Rate, event: Event) -> None:
    """Add what was drawn to the item's running sum."""
    if rate.kind in RUNNING:
        drawn = event.drawn[rate] = whole(pool, rate, event)
        pool.cumulative[rate.item] = pool.cumulative.get(rate.item, Fraction(0)) + exact(
            rate, event
        )
        pool.drawn[rate.item] = pool.drawn.get(rate.item, 0) + drawn


def correct(
    pool: Pool, rate: Rate, event: Event, before: int, credits: int, *, first: bool
) -> Fraction:
    """A corrected event leaves the item's running sum with just the credits that it costs now (L20).

    Returns the change of what its provider is owed, by whom is passed on at no markup (V14).
    """
    if rate.kind not in RUNNING:
        return Fraction(0)
    if first:
        pool.cumulative[rate.item] -= exact(rate, event) - event.drawn[rate]
    pool.cumulative[rate.item] += credits - before
    pool.drawn[rate.item] += credits - before
    cost = provider_cost(rate, event)
    if not cost or rate.agent:
        return Fraction(0)
    each = cost / exact(rate, event)
    return credits * each - (cost if first else before * each)


def account(event: Event, unit: str) -> str:
    """Where the value of a use goes: to revenue, to the provider whose agent we are, or over days."""
    if event.entitles:
        return "2120"
    return "2010" if any(r.agent for r in event.rates if r.unit == unit) else "4000"


def _narrowest(rates: Iterable[Rate], message: Message, entitles: bool) -> list[Rate]:
    """Per property and unit the rate that names most of the message's properties (S3, S12)."""
    found: dict[tuple[str, str], Rate] = {}
    for rate in rates:
        fits = all(message.data.get(name) == value for name, value in rate.match)
        if rate.meter == message.meter and fits and (rate.kind in ENTITLING) == entitles:
            known = found.get((rate.property, rate.unit))
            if known is None or len(known.match) < len(rate.match):
                found[rate.property, rate.unit] = rate
    return list(found.values())


def _items(version: Version) -> set[str]:
    return {rate.item for rate in version.rates if rate.kind not in ENTITLING}
