"""`/plans`: what is sold by the month."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import plans, rate_cards
from contracts.models import PlanVersion
from creditops.lib import money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Code, Credits, Instant, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page


class PlanBody(Body):
    """A version of a plan; the first one makes the plan."""

    id = Code(max_length=100)
    name = Text(
        max_length=200, required=False, help_text="for people; default: as it was, or the id"
    )
    credits = Credits(help_text="per monthly period")
    price = Text(max_length=30, help_text="per period, net; 0 makes a free plan")
    currency = Text(max_length=3)
    rate_card = Text(
        max_length=100, required=False, help_text="prices the use of subscriptions without a card"
    )
    effective_from = Instant(
        required=False, help_text="acts on periods that begin then or later; default: now"
    )


class PlanShown(TypedDict):
    """A version of a plan: what it gives and costs per period from an instant on."""

    id: str
    name: str
    credits: int
    price: shapes.Money
    currency: shapes.Currency
    rate_card: str | None
    effective_from: shapes.Instant
    on_sale: bool


class Plans(ApiView):
    """Publish and list plans."""

    @Operation(scope=Scope.BILLING_READ, query=Paged, answers=Page[PlanShown])
    def get(self, request: Request) -> Response:
        """List the versions of plans, newest first."""
        rows = PlanVersion.objects.select_related("plan__rate_card")
        return Response(pages.page(rows, self.query, shown))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=PlanBody,
        answers=PlanShown,
        status=201,
        refuses=(
            "currency_without_rate",
            "plan_currency",
            "plan_exists",
            "plan_in_the_past",
            "plan_price_negative",
        ),
        unreadable=("amount_exponent", "amount_unreadable", "currency_unknown"),
    )
    def post(self, request: Request) -> Response:
        """Publish what a plan gives and costs. Periods that have begun keep what they were sold with."""
        given = self.given()

        def publish(at: datetime) -> PlanShown:
            made = plans.publish(
                code=given["id"],
                name=given.get("name", ""),
                credits=given["credits"],
                price_minor=money.minor_units(given["price"], given["currency"]),
                currency=given["currency"],
                rate_card=rate_cards.find(given["rate_card"]) if "rate_card" in given else None,
                effective_from=given.get("effective_from"),
                by=self.by,
                at=at,
            )
            return shown(made)

        return self.once(publish)


def shown(version: PlanVersion) -> PlanShown:
    """A version as the API shows it."""
    plan = version.plan
    return {
        "id": plan.code,
        "name": plan.name,
        "credits": version.credits,
        "price": money.text(version.price_minor, version.currency),
        "currency": version.currency,
        "rate_card": plan.rate_card.code if plan.rate_card else None,
        "effective_from": written(version.effective_from),
        "on_sale": plan.on_sale,
    }
