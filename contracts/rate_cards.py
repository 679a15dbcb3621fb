"""Does the publishing of rate cards: what each action costs in credits (S19, S20, R1, R2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from contracts.models import RateCard, RateCardVersion, RateItem
from creditops.lib import money, policies
from creditops.lib.refusals import NotFound, Problem, Refusal
from ledger import tariffs, units
from ledger.models import Meter, Rate
from ledger.tariffs import ENTITLING, Price

# The property of an event that tells what a provider charges per unit of its quantity.
PROVIDER_COST = "provider_cost"
CHEAPEST_IS_NOT_ONE = "CHEAPEST_ACTION_IS_NOT_ONE_CREDIT"


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
        property: the priced property of the meter's events; empty: their quantity.
        match: property values that narrow it: {"model": "large"}.
        unit: the credit unit's code.
        customer_unit: the unit that customers track.
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


def publish(
    *,
    card: str,
    version: str,
    items: Sequence[Item],
    effective_from: datetime,
    by: str,
    at: datetime,
    name: str = "",
) -> RateCardVersion:
    """Publish a version of a card; the first one makes the card.

    Args:
        card: the card's code.
        version: its name, once per card.
        items: every action of the version.
        effective_from: from then on it prices those who follow the card and have no lock.
        by, at: who publishes and when.
        name: of a new card, for people.

    Returns the version. Raises Refusal `rate_card_empty`, `rate_not_integer` naming each wrong
    item, `rate_value_unfit`, `rate_period_unfit`, `rate_item_twice` for a name or a
    price point that stands there twice, `retirement_without_notice`, `tariff_in_the_past` or `tariff_exists`.
    """
    items = [part for item in items for part in _parts(item)]
    _check(items)
    _check_notice(card, items, effective_from, at)
    with transaction.atomic():
        row, _ = RateCard.objects.get_or_create(code=card, defaults={"name": name or card})
        prices = [_price(item) for item in items]
        tariff = tariffs.publish(
            name=card, version=version, prices=prices, effective_from=effective_from, at=at
        )
        made = RateCardVersion.objects.create(
            card=row,
            version=version,
            tariff=tariff,
            effective_from=effective_from,
            published_at=at,
            published_by=by,
        )
        RateItem.objects.bulk_create(
            _row(made, item, price) for item, price in zip(items, prices, strict=True)
        )
    return made


def _check_notice(card: str, items: Sequence[Item], effective_from: datetime, at: datetime) -> None:
    """An action ends with notice: customers have to choose another one in time (R2)."""
    before = RateCardVersion.objects.filter(
        card__code=card, effective_from__lt=effective_from
    ).first()
    days = policies.in_force([], at)["retirement_notice_days"]
    if before is None or effective_from >= at + timedelta(days=days):
        return
    kept = {item.item for item in items}
    ended = sorted({item.item for item in before.items.all()} - kept)
    if ended:
        raise Refusal(
            "retirement_without_notice",
            f"{ended[0]!r} would end on {effective_from:%Y-%m-%d}. Customers who use it need "
            f"{days} days to choose another action: keep it, or let the version act later.",
        )


def find(code: str) -> RateCard:
    """The card known as `code`. Raises NotFound."""
    card = RateCard.objects.filter(code=code).first()
    if card is None:
        raise NotFound("rate card", code)
    return card


def warnings(card: RateCard) -> list[tuple[str, str]]:
    """What is worth a second look in the card's newest version: (code, sentence) each (S20)."""
    newest = card.versions.first()
    if newest is None:
        return []
    rates = [
        item.credits
        for item in newest.items.all()
        if item.kind in (Rate.Kind.FIXED, Rate.Kind.PACK)
    ]
    if rates and min(rates) != 1:
        return [
            (
                CHEAPEST_IS_NOT_ONE,
                f"The cheapest action costs {min(rates)} credits. One credit should be one unit of "
                "the cheapest action.",
            )
        ]
    return []


def _parts(item: Item) -> list[Item]:
    """The item as rates know it: pass-through as credits per money, actions as an item beside it."""
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
    parts = [_passed_through(item) if item.credit_value else item]
    if item.actions != 0:
        beside = Item(
            item.item, item.actions, meter=item.meter, match=item.match, unit=units.ACTIONS
        )
        parts.append(beside)
    return parts


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
        item, credits=value.denominator, per=value.numerator, property=PROVIDER_COST
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


def _price(item: Item) -> Price:
    return Price(
        item=item.item,
        kind=item.kind,
        meter=_meter(item),
        property=item.property,
        match=item.match,
        unit=units.ensure(item.unit),
        credits=int(str(item.credits)),
        per=item.per,
        role=item.role,
        period_months=item.period_months,
    )


def _meter(item: Item) -> Meter:
    meter = units.find_meter(item.meter) if item.meter else units.ensure_meter(item.item)
    if item.kind == Rate.Kind.PASS_THROUGH:
        units.keep_property(meter, PROVIDER_COST, "number")
    return meter


def _row(version: RateCardVersion, item: Item, price: Price) -> RateItem:
    return RateItem(
        version=version,
        item=item.item,
        kind=item.kind,
        meter=price.meter,
        property=item.property,
        match=dict(item.match),
        unit=price.unit,
        credits=price.credits,
        per=item.per,
        role=item.role,
        period_months=item.period_months,
        customer_unit=item.customer_unit,
    )
