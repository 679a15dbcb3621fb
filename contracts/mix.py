"""Answers what a mix of actions comes to in credits and money, and what an action costs effectively. Pure.

For calculators, quotes and studies: the arithmetic of rating (R3 to R5) over whole quantities, without
events, pools or time. Packs and what is passed through count exactly and are rounded down once per action,
as the ledger does with its running sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from contracts.models import RateCardVersion, RateItem
from creditops.lib.refusals import Refusal
from ledger import units
from ledger.models import Rate
from ledger.tariffs import ENTITLING


@dataclass(frozen=True)
class Rated:
    """What an action costs in one unit: `credits` per `per` of what is counted.

    Attributes:
        item: its name on the card; an action that draws two units stands there twice.
        unit: the credit unit's code.
        counted: what customers count, in their words; may be empty.
    """

    item: str
    credits: int
    per: int = 1
    unit: str = units.CREDITS
    kind: str = Rate.Kind.FIXED
    counted: str = ""

    @property
    def each(self) -> Fraction:
        """Credits of a single one, exact: 1/1000 of a pack of 1,000."""
        return Fraction(self.credits, self.per)


@dataclass(frozen=True)
class Line:
    """An action of a mix with what it draws: credits of a unit."""

    item: str
    quantity: Fraction
    unit: str
    credits: int


def of_version(version: RateCardVersion) -> list[Rated]:
    """The actions of a published version, in its order; one query."""
    return [of_item(item) for item in version.items.select_related("unit")]


def of_item(item: RateItem) -> Rated:
    """One of them; its unit is read with it."""
    return Rated(
        item.item, item.credits, item.per, item.unit.code, item.kind, item.customer_unit
    )  # fmt: skip


def draws(card: Sequence[Rated], mix: Mapping[str, int | Fraction]) -> list[Line]:
    """What a mix draws, action by action, in the card's order.

    Args:
        card: the actions that there are.
        mix: how much of each: action -> quantity, or for what is passed through the provider's cost in
            the books' currency; for licences users, for flat fees entitlements.

    Raises Refusal `mix_action_unknown` or `mix_quantity_unfit`.
    """
    known = {rated.item for rated in card}
    for item, quantity in mix.items():
        if item not in known:
            raise Refusal("mix_action_unknown", f"{item!r} is no action on the rate card.")
        if quantity < 0:
            raise Refusal("mix_quantity_unfit", f"{item}: a quantity is 0 or more.")
    return [
        Line(rated.item, Fraction(mix[rated.item]), rated.unit, _drawn(rated, mix[rated.item]))
        for rated in card
        if mix.get(rated.item)
    ]


def credits(card: Sequence[Rated], mix: Mapping[str, int | Fraction]) -> dict[str, int]:
    """What a mix draws in all, unit -> credits. Raises as `draws` does."""
    found: dict[str, int] = {}
    for line in draws(card, mix):
        found[line.unit] = found.get(line.unit, 0) + line.credits
    return found


def effective_price(rated: Rated, credit_price: Fraction) -> Fraction:
    """What one of an action costs in money, exact: its credits x what a credit costs.

    Args:
        credit_price: in units of a currency: 1/100 for a cent.
    """
    return rated.each * credit_price


def usage_actions(card: Iterable[Rated]) -> list[Rated]:
    """Those that usage draws: without flat fees and licences."""
    return [rated for rated in card if rated.kind not in ENTITLING]


def _drawn(rated: Rated, quantity: int | Fraction) -> int:
    exact = rated.each * Fraction(quantity)
    return floor(exact)
