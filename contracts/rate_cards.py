"""Does the publishing of rate cards: what each action costs in credits (S19, S20, R1, R2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from contracts import catalogue_checks, rate_campaigns, rate_items
from contracts.models import RateCard, RateCardVersion, RateItem
from contracts.rate_items import PROVIDER_COST as PROVIDER_COST
from contracts.rate_items import Item as Item
from creditops.lib import policies
from creditops.lib.refusals import NotFound, Refusal
from ledger import tariffs, units
from ledger.models import Meter, Rate
from ledger.tariffs import Price

CHEAPEST_IS_NOT_ONE = catalogue_checks.CHEAPEST_IS_NOT_ONE
# How a published version stands at an instant.
TO_COME, IN_FORCE, RETIRED = "to come", "in force", "retired"


def create(*, code: str, name: str, mode: str = RateCard.Mode.MULTI) -> RateCard:
    """Make a card without a version yet.

    Args:
        mode: one credit buys one output, or one pool and many rates (S22).

    Raises Refusal `rate_card_exists`.
    """
    try:
        with transaction.atomic():
            return RateCard.objects.create(code=code, name=name or code, mode=mode)
    except IntegrityError as error:
        raise Refusal("rate_card_exists", f"There is a rate card {code!r} already.") from error


def introduce(
    *,
    code: str,
    name: str,
    mode: str,
    version: str,
    items: Sequence[Item],
    effective_from: datetime,
    by: str,
    at: datetime,
) -> RateCardVersion:
    """Make a card together with its first version; both or none. Raises as `create` and `publish` do."""
    with transaction.atomic():
        card = create(code=code, name=name, mode=mode)
        return publish(
            card=card.code,
            version=version,
            items=items,
            effective_from=effective_from,
            by=by,
            at=at,
        )


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

    Whoever uses an action that it ends is asked to choose another (`rate_campaigns`).

    Returns the version. Raises what `rate_items.priced` raises, and Refusal `retirement_without_notice`,
    `tariff_in_the_past` or `tariff_exists`. Balances, blocks and contracts are not touched (S24, R2).
    """
    items = rate_items.priced(items)
    ended = ending(card, items, effective_from)
    _check_notice(ended, effective_from, at)
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
        rate_campaigns.ask_about_ends(made, ended, by=by, at=at)
    return made


def ending(card: str, items: Sequence[Item], effective_from: datetime) -> list[str]:
    """The actions of the version before that a version of these items would end."""
    before = RateCardVersion.objects.filter(
        card__code=card, effective_from__lt=effective_from
    ).first()
    if before is None:
        return []
    kept = {item.item for item in items}
    return sorted({item.item for item in before.items.all()} - kept)


def find(code: str) -> RateCard:
    """The card known as `code`. Raises NotFound."""
    card = RateCard.objects.filter(code=code).first()
    if card is None:
        raise NotFound("rate card", code)
    return card


def standing(versions: Sequence[RateCardVersion], at: datetime) -> dict[int, str]:
    """How versions of one card stand at `at`, by id: to come, in force, or retired by a later one."""
    begun = [v for v in versions if v.effective_from <= at]
    newest = max(begun, key=lambda v: v.effective_from, default=None)
    return {v.pk: TO_COME if v.effective_from > at else (IN_FORCE if v == newest else RETIRED)
            for v in versions}  # fmt: skip


def warnings(card: RateCard) -> list[tuple[str, str]]:
    """What is worth a second look in the card's newest version: (code, sentence) each (S20, S22, S23)."""
    newest = card.versions.first()
    if newest is None:
        return []
    asked = [catalogue_checks.Asked(i.kind, i.credits, i.per) for i in newest.items.all()]
    return catalogue_checks.warnings(card.mode, asked)


def _check_notice(ended: Sequence[str], effective_from: datetime, at: datetime) -> None:
    """An action ends with notice: customers have to choose another one in time (R2)."""
    days = policies.in_force([], at)["retirement_notice_days"]
    if ended and effective_from < at + timedelta(days=days):
        raise Refusal(
            "retirement_without_notice",
            f"{ended[0]!r} would end on {effective_from:%Y-%m-%d}. Customers who use it need "
            f"{days} days to choose another action: keep it, or let the version act later.",
        )


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
        units.keep_property(meter, item.property, "number")
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
        position=item.position,
        outcome=item.outcome,
    )
