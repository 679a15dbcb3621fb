"""`/price-lists` and `/rate-cards`: the two exchange rates."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import prices, rate_cards
from contracts.models import PriceVersion, RateCard, RateCardVersion, RateItem
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Credits, Instant, Paged, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger.models import Rate

KINDS = tuple(Rate.Kind.values)


class PriceBody(Body):
    """How many credits a unit of money buys."""

    currency = Text(max_length=3)
    credits_per_currency_unit = Whole(min_value=1, max_value=1_000_000_000)
    effective_from = Instant(required=False, help_text="default: now")


class PriceShown(TypedDict):
    """A ratio: what one unit of the currency buys from an instant on."""

    currency: shapes.Currency
    credits_per_currency_unit: int
    effective_from: shapes.Instant


class ItemBody(Body):
    """An action and what it costs."""

    item = Text(max_length=100, help_text="its name on the card")
    meter = Text(max_length=100, required=False, help_text="default: one named like the item")
    property = Text(max_length=100, required=False, help_text="which of an event's data is priced")
    match = serializers.DictField(
        child=Text(), required=False, help_text="only events whose data have these values"
    )
    kind = Choice(choices=KINDS, required=False)
    credits = Credits(required=False, help_text="not of what is passed through")
    credit_value = Text(
        max_length=30, required=False, help_text="of what is passed through: money per credit"
    )
    actions = Credits(required=False, help_text="drawn beside it, in the unit ACTION")
    per = Whole(min_value=1, required=False, help_text="the size of a pack")
    period_months = Whole(
        min_value=1, max_value=120, required=False, help_text="of a flat fee or a licence"
    )
    unit = Text(max_length=40, required=False)
    role = Choice(choices=Rate.Role.values, required=False)
    customer_unit = Text(max_length=100, required=False, help_text="what the customer counts")


class VersionBody(Body):
    """A version of a rate card; published with it."""

    version = Text(max_length=60)
    name = Text(max_length=200, required=False, help_text="of a new card")
    effective_from = Instant(required=False, help_text="default: now")
    items = ItemBody(many=True)


class RateItemShown(TypedDict):
    """An action on a rate card: `credits` of `unit` per `per` of the meter's quantity or property."""

    item: str
    meter: str
    property: str | None
    match: dict[str, str]
    kind: Annotated[str, shapes.one_of(Rate.Kind.values)]
    credits: int
    per: int
    unit: str
    period_months: int | None
    role: Annotated[str, shapes.one_of(Rate.Role.values)]
    customer_unit: str | None


class RateCardVersionShown(TypedDict):
    """A published version of a rate card. It never changes."""

    card: str
    version: str
    effective_from: shapes.Instant
    published_at: shapes.Instant
    items: list[RateItemShown]


class RateCardShown(TypedDict):
    """A rate card. `warnings` are codes of what is worth a second look."""

    id: str
    name: str
    newest_version: str | None
    warnings: list[str]


class PriceLists(ApiView):
    """Publish and list dollar-to-credit ratios."""

    @Operation(scope=Scope.BILLING_READ, query=Paged, answers=Page[PriceShown])
    def get(self, request: Request) -> Response:
        """List what money buys, newest first."""
        return Response(pages.page(PriceVersion.objects.all(), self.query, _shown_price))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=PriceBody,
        answers=PriceShown,
        status=201,
        refuses=("price_exists", "price_in_the_past"),
        unreadable=("currency_unknown",),
    )
    def post(self, request: Request) -> Response:
        """Publish what money buys from an instant on. What was bought before keeps its price."""
        given = self.given()

        def publish(at: datetime) -> PriceShown:
            wanted = {"effective_from": at, **given}
            return _shown_price(prices.publish(by=self.by, at=at, **wanted))

        return self.once(publish)


class RateCards(ApiView):
    """Rate cards with their newest version."""

    @Operation(scope=Scope.USAGE_READ, vendors_own=True, query=Paged, answers=Page[RateCardShown])
    def get(self, request: Request) -> Response:
        """List rate cards, newest first."""
        rows = RateCard.objects.prefetch_related("versions__items")
        return Response(pages.page(rows, self.query, _shown_card))


class RateCardVersions(ApiView):
    """Versions of a rate card."""

    @Operation(
        scope=Scope.USAGE_READ, vendors_own=True, query=Paged, answers=Page[RateCardVersionShown]
    )
    def get(self, request: Request, card: str) -> Response:
        """List the versions of a rate card, newest first, with their items."""
        rows = RateCardVersion.objects.filter(card=rate_cards.find(card)).select_related("card")
        rows = rows.prefetch_related("items__meter", "items__unit")
        return Response(pages.page(rows, self.query, _shown_version))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=VersionBody,
        answers=RateCardVersionShown,
        status=201,
        refuses=(
            "rate_card_empty",
            "rate_item_twice",
            "rate_not_integer",
            "retirement_without_notice",
            "tariff_exists",
            "tariff_in_the_past",
        ),
        unreadable=("decimal_unreadable", "rate_period_unfit", "rate_value_unfit"),
    )
    def post(self, request: Request, card: str) -> Response:
        """Publish a version of a rate card. The first one makes the card; contracts without a rate
        lock follow the newest."""
        given = self.given()

        def publish(at: datetime) -> RateCardVersionShown:
            made = rate_cards.publish(
                card=card,
                version=given["version"],
                name=given.get("name", ""),
                items=[rate_cards.Item(**item) for item in given["items"]],
                effective_from=given.get("effective_from", at),
                by=self.by,
                at=at,
            )
            return _shown_version(made)

        return self.once(publish)


def _shown_price(price: PriceVersion) -> PriceShown:
    return {
        "currency": price.currency,
        "credits_per_currency_unit": price.credits_per_currency_unit,
        "effective_from": written(price.effective_from),
    }


def _shown_card(card: RateCard) -> RateCardShown:
    versions = list(card.versions.all())
    return {
        "id": card.code,
        "name": card.name,
        "newest_version": versions[0].version if versions else None,
        "warnings": [code for code, _ in rate_cards.warnings(card)],
    }


def _shown_version(version: RateCardVersion) -> RateCardVersionShown:
    return {
        "card": version.card.code,
        "version": version.version,
        "effective_from": written(version.effective_from),
        "published_at": written(version.published_at),
        "items": [_shown_item(item) for item in version.items.all()],
    }


def _shown_item(item: RateItem) -> RateItemShown:
    return {
        "item": item.item,
        "meter": item.meter.code,
        "property": item.property or None,
        "match": item.match,
        "kind": item.kind,
        "credits": item.credits,
        "per": item.per,
        "unit": item.unit.code,
        "period_months": item.period_months,
        "role": item.role,
        "customer_unit": item.customer_unit or None,
    }
