"""`/price-lists`: what a credit costs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import prices
from contracts.models import PriceTier, PriceVersion
from creditops.lib import money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Instant, Paged, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page


class TierBody(Body):
    """From which amount on a purchase costs less."""

    amount = Text(max_length=30, help_text="at list, net")
    discount_pct = Text(max_length=6, required=False, help_text="0 to 100; default: 0")


class PriceBody(Body):
    """How many credits a unit of money buys."""

    currency = Text(max_length=3)
    credits_per_currency_unit = Whole(min_value=1, max_value=1_000_000_000)
    effective_from = Instant(required=False, help_text="default: now")
    tiers = TierBody(many=True, required=False)


class TierShown(TypedDict):
    """A size to sell: `amount` at list buys `credits`, and costs `price`; more costs as much less."""

    amount: shapes.Money
    credits: int
    discount_pct: str
    price: shapes.Money


class PriceShown(TypedDict):
    """A ratio: what one unit of the currency buys from an instant on."""

    currency: shapes.Currency
    credits_per_currency_unit: int
    effective_from: shapes.Instant
    tiers: list[TierShown]


class PriceLists(ApiView):
    """Publish and list dollar-to-credit ratios."""

    @Operation(scope=Scope.BILLING_READ, query=Paged, answers=Page[PriceShown])
    def get(self, request: Request) -> Response:
        """List what money buys, newest first."""
        return Response(
            pages.page(PriceVersion.objects.prefetch_related("tiers"), self.query, _shown_price)
        )

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=PriceBody,
        answers=PriceShown,
        status=201,
        refuses=(
            "amount_exponent",
            "price_exists",
            "price_in_the_past",
            "tier_not_positive",
            "tier_twice",
        ),
        unreadable=(
            "amount_unreadable",
            "currency_unknown",
            "decimal_unreadable",
            "discount_unfit",
        ),
    )
    def post(self, request: Request) -> Response:
        """Publish what money buys from an instant on. What was bought before keeps its price."""
        given = self.given()

        def publish(at: datetime) -> PriceShown:
            tiers = [_tier(tier, given["currency"]) for tier in given.get("tiers", ())]
            wanted = {"effective_from": at, **given, "tiers": tiers}
            return _shown_price(prices.publish(by=self.by, at=at, **wanted))

        return self.once(publish)


def _tier(given: dict[str, Any], currency: str) -> prices.Tier:
    return prices.Tier(money.minor_units(given["amount"], currency), given.get("discount_pct", "0"))


def _shown_price(price: PriceVersion) -> PriceShown:
    return {
        "currency": price.currency,
        "credits_per_currency_unit": price.credits_per_currency_unit,
        "effective_from": written(price.effective_from),
        "tiers": [_shown_tier(price, tier) for tier in price.tiers.all()],
    }


def _shown_tier(price: PriceVersion, tier: PriceTier) -> TierShown:
    credits = prices.tier_credits(price, tier)
    return {
        "amount": money.text(tier.amount_minor, price.currency),
        "credits": credits,
        "discount_pct": prices.discount_pct(tier),
        "price": money.text(prices.price_minor(price, credits), price.currency),
    }
