"""Answers how many credits an event costs, exactly (rules R1 to R5). Pure.

Fixed rates multiply whole quantities. Packs and pass-through keep an exact running sum per pool and
item, of which whole credits are drawn: draw = floor(sum) - already drawn; the fraction carries on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor

from ledger.models import Rate
from ledger.tariffs import CompiledRate

NOT_WHOLE = "quantity_not_whole"
NO_QUANTITY = "no_quantity"
TOO_LARGE = "quantity_too_large"

# No event costs more: the largest whole number that every JSON reader keeps exactly.
LARGEST_COST = 9_007_199_254_740_991

_FRACTIONAL = (Rate.Kind.PACK, Rate.Kind.PASS_THROUGH)


@dataclass(slots=True)
class RunningSum:
    """The exact sum of an item's credits in a pool: whole credits drawn, and what carries over."""

    drawn: int = 0
    carry: Fraction = field(default_factory=Fraction)
    changed: bool = False

    def would_draw(self, credits: Fraction) -> int:
        """Whole credits that adding `credits` draws; never negative after a correction (L20)."""
        return max(0, floor(self.drawn + self.carry + credits) - self.drawn)

    def add(self, credits: Fraction) -> int:
        """Add `credits` and draw the whole ones."""
        draw = self.would_draw(credits)
        self.carry += credits - draw
        self.drawn += draw
        self.changed = True
        return draw


@dataclass(frozen=True, slots=True)
class Charge:
    """What one rate asks for one event: exact credits of a unit, summed up over events or not.

    `provider_cost` is what a provider charges for it, in the books' currency, where we are the
    principal and pass it on (V14); 0 elsewhere.
    """

    item: str
    unit_id: int
    exact: Fraction
    running: bool
    role: str
    provider_cost: Fraction = Fraction(0)


def charges(
    rates: Sequence[CompiledRate], quantity: Decimal, data: Mapping[str, object]
) -> list[Charge] | str:
    """What an event costs by these rates, or the code of the exception that it is.

    Args:
        rates: those that match the event.
        quantity: of the meter; exact.
        data: the further properties that the meter declares.

    A rate with a property of its own takes its quantity from there, a missing one counts as none.
    """
    asked = []
    for rate in rates:
        counted = _quantity(rate, quantity, data)
        if isinstance(counted, str):
            return counted
        if rate.kind not in _FRACTIONAL and counted.denominator != 1:
            return NOT_WHOLE
        exact = counted * rate.credits / rate.per
        if exact > LARGEST_COST:
            return TOO_LARGE
        running = rate.kind in _FRACTIONAL
        ours = rate.kind == Rate.Kind.PASS_THROUGH and rate.role == Rate.Role.PRINCIPAL
        cost = counted if ours else Fraction(0)
        asked.append(Charge(rate.item, rate.unit_id, exact, running, rate.role, cost))
    return asked


def already_rated(quantity: Decimal, item: str, unit_id: int) -> list[Charge] | str:
    """The charge of an event whose quantity is a number of credits already."""
    exact = Fraction(quantity)
    if exact.denominator != 1:
        return NOT_WHOLE
    if exact > LARGEST_COST:
        return TOO_LARGE
    return [Charge(item, unit_id, exact, running=False, role=Rate.Role.PRINCIPAL)]


def _quantity(rate: CompiledRate, quantity: Decimal, data: Mapping[str, object]) -> Fraction | str:
    if not rate.property:
        return Fraction(quantity)
    # What a provider charged has to be told; of other properties an event may have none.
    value = data.get(rate.property, None if rate.kind == Rate.Kind.PASS_THROUGH else 0)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return NO_QUANTITY
    number = Fraction(value)
    if rate.kind == Rate.Kind.PASS_THROUGH:
        number *= Fraction(quantity)
    return number if number >= 0 else NO_QUANTITY
