"""Answers whether actions can stand on a rate card: whole credits, one price per usage (S12, S18 to S20)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.models import RateCardVersion, RateItem
from creditops.lib import money
from creditops.lib.refusals import Problem, Refusal
from ledger import units
from ledger.models import Rate
from ledger.tariffs import ENTITLING

# The property of an event that tells what a provider charges per unit of its quantity, where the card
# names no other.
PROVIDER_COST = "provider_cost"


@dataclass(frozen=True)
class Item:
    """An action to be priced.

    Attributes:
        item: its name on the card.
        credits: what it costs, a positive whole number (as given; text is checked).
        kind: of `Rate.Kind`.
        credit_value: of a pass-through action the money value of a credit in the books' currency, as
            decimal text; it takes the place of `credits` (S15, R4).
        actions: credits of the unit ACTION that are drawn beside it per unit of quantity (S13, R5).
        per: the size of a pack; 1 otherwise.
        meter: the meter's code; empty: named like the item, and made if it is new.
        property: the priced property of the meter's events; empty: their quantity, and of what is
            passed through `provider_cost`.
        match: property values that narrow it: {"model": "large"}.
        unit: the credit unit's code.
        customer_unit: the unit that customers track (S11): words translated, leads.
        position: its place on the value chain, of `RateItem.Position`; empty: not said (S11).
        outcome: whether it is charged per outcome, at a fixed price (S18).
    """

    item: str
    credits: object = None
    kind: str = Rate.Kind.FIXED
    per: int = 1
    meter: str = ""
    property: str = ""
    match: Mapping[str, str] = field(default_factory=dict)
    unit: str = units.CREDITS
    role: str = Rate.Role.PRINCIPAL
    period_months: int | None = None
    customer_unit: str = ""
    credit_value: str = ""
    actions: object = 0
    position: str = ""
    outcome: bool = False


_DEFAULTS: dict[str, Any] = {
    each.name: each.default_factory()
    if each.default_factory is not dataclasses.MISSING
    else each.default
    for each in dataclasses.fields(Item)
    if each.name != "item"
}


def priced(items: Sequence[Item]) -> list[Item]:
    """The items as rates know them: pass-through as credits per money, actions as an item beside it.

    Raises Refusal `rate_card_empty`, `rate_not_integer` naming each wrong item, `rate_value_unfit`,
    `rate_period_unfit`, `rate_outcome_unfit`, `rate_position_unknown`, or `rate_item_twice` for a name or a
    price point that stands there twice.
    """
    found = parts(items)
    _check(found)
    return found


def parts(items: Sequence[Item]) -> list[Item]:
    """The same, not looked at together: as drafts are shown."""
    return [part for item in items for part in _parts(item)]


def of_version(version: RateCardVersion) -> list[Item]:
    """The actions of a published version, as they would be published again."""
    return [_published(item) for item in version.items.select_related("meter", "unit")]


def stored(item: Item) -> dict[str, Any]:
    """The item as JSON; what says nothing is left out."""
    said = {name: getattr(item, name) for name in _DEFAULTS}
    kept = {name: value for name, value in said.items() if value != _DEFAULTS[name]}
    return {"item": item.item, **kept}


def read(row: Mapping[str, Any]) -> Item:
    """What `stored` wrote."""
    return Item(**row)


def _published(item: RateItem) -> Item:
    passed = item.kind == Rate.Kind.PASS_THROUGH
    value = money.decimal_text(money.decimal(str(item.per)) / item.credits) if passed else ""
    return Item(
        item=item.item,
        credits=None if passed else item.credits,
        kind=item.kind,
        per=1 if passed else item.per,
        meter=item.meter.code,
        property=item.property,
        match=item.match,
        unit=item.unit.code,
        role=item.role,
        period_months=item.period_months,
        customer_unit=item.customer_unit,
        credit_value=value,
        position=item.position,
        outcome=item.outcome,
    )


def _parts(item: Item) -> list[Item]:
    _check_fields(item)
    parts = [_passed_through(item) if item.credit_value else item]
    if item.actions != 0:
        beside = Item(
            item.item, item.actions, meter=item.meter, match=item.match, unit=units.ACTIONS
        )
        parts.append(beside)
    return parts


def _check_fields(item: Item) -> None:
    """What one kind of action needs, others don't have."""
    if (item.kind == Rate.Kind.PASS_THROUGH) != bool(item.credit_value):
        raise Refusal(
            "rate_value_unfit",
            f"{item.item}: the money value of a credit is what a pass-through action needs, and what "
            "others don't have.",
            unreadable=True,
        )
    if (item.kind in ENTITLING) != (item.period_months is not None):
        raise Refusal(
            "rate_period_unfit",
            f"{item.item}: a period in months is what flat fees and licences need, and what others "
            "don't have.",
            unreadable=True,
        )
    if item.outcome and (item.kind != Rate.Kind.FIXED or item.property):
        raise Refusal(
            "rate_outcome_unfit",
            f"{item.item}: an outcome has a fixed price each. A share of revenue, or of any other "
            "amount that an event names, is not offered.",
            unreadable=True,
        )
    if item.position and item.position not in RateItem.Position.values:
        raise Refusal(
            "rate_position_unknown",
            f"{item.item}: write {' or '.join(RateItem.Position.values)}, not {item.position!r}.",
            unreadable=True,
        )


def _passed_through(item: Item) -> Item:
    """Provider cost / value of a credit, at zero markup: an exact number of credits per money."""
    value = money.decimal(item.credit_value)
    if value <= 0:
        raise Refusal(
            "rate_value_unfit",
            f"{item.item}: a credit is worth more than nothing.",
            unreadable=True,
        )
    return dataclasses.replace(
        item,
        credits=value.denominator,
        per=value.numerator,
        property=item.property or PROVIDER_COST,
    )


def _check(items: Sequence[Item]) -> None:
    if not items:
        raise Refusal("rate_card_empty", "A rate card needs at least one action.")
    names = [(item.item, item.unit) for item in items]
    twice = sorted({name for name, unit in names if names.count((name, unit)) > 1})
    if twice:
        raise Refusal("rate_item_twice", f"{twice[0]!r} stands on the card twice in one unit.")
    points = [_price_point(item) for item in items]
    again = [
        item.item for item, point in zip(items, points, strict=True) if points.count(point) > 1
    ]
    if again:
        raise Refusal(
            "rate_item_twice",
            f"{again[0]!r} and {again[1]!r} price the same usage in the same unit.",
        )
    problems = [
        Problem(
            f"items[{index}].{field}",
            "rate_not_integer",
            f"{item.item}: {value!r} is {wrong}.",
        )
        for index, item in enumerate(items)
        for field, value, wrong in (
            ("credits", item.credits, "no positive whole number of credits"),
            ("per", item.per, "no size of a pack; only packs have one above 1"),
        )
        if not _is_positive_integer(value)
        or (field == "per" and value != 1 and item.kind == Rate.Kind.FIXED)
    ]
    if problems:
        raise Refusal("rate_not_integer", " ".join(p.detail for p in problems), problems=problems)


def _is_positive_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _price_point(item: Item) -> tuple[object, ...]:
    """What tells one price from another: the usage that it prices, and the unit (S12)."""
    return item.meter or item.item, item.property, sorted(item.match.items()), item.unit
