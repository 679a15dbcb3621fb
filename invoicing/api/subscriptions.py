"""`/subscriptions`: plans that customers pay by card, month after month."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from contracts import plan_changes, plans, subscriptions
from contracts.models import Subscription
from contracts.subscriptions import Agreed
from creditops.lib import clock, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Code, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from invoicing import card_retries, plan_charges, subscribing
from ledger import grace_ends


class SubscriptionsQuery(Paged):
    """Which subscriptions."""

    customer = Text(required=False)


class SubscriptionBody(Body):
    """A subscription to be begun; its first period is charged at once."""

    id = Code(max_length=100)
    customer = Text(max_length=100)
    plan = Text(max_length=100)
    consent = Text(
        max_length=2000, required=False, help_text="the sentence that the customer agreed to (F6)"
    )
    settings = serializers.DictField(required=False, help_text="policies of its own, by name")


class PlanChange(Body):
    """Which plan."""

    plan = Text(max_length=100)


class GraceShown(TypedDict):
    """Use beyond the balance that goes on for a while: `credits` so far."""

    began_at: shapes.Instant
    ends_at: shapes.Instant
    credits: int


class SubscriptionShown(TypedDict):
    """A subscription."""

    id: str
    customer: str
    plan: str
    status: Annotated[str, shapes.one_of(Subscription.Status.values)]
    started_at: shapes.Instant
    cancelled_at: shapes.Instant | None
    ended_at: shapes.Instant | None
    next_plan: str | None


class OwedShown(TypedDict):
    """What waits to be paid; `problem` is what the gateway said."""

    kind: str
    amount: shapes.Money
    currency: shapes.Currency
    since: shapes.Instant
    attempts: int
    problem: str | None


class SubscriptionStandingShown(SubscriptionShown):
    """How a subscription stands now."""

    period: int | None
    period_starts_at: shapes.Instant | None
    period_ends_at: shapes.Instant | None
    period_consumption: int
    grace: GraceShown | None
    owes: list[OwedShown]
    next_retry_at: shapes.Instant | None


class Subscriptions(ApiView):
    """Begin and list subscriptions."""

    @Operation(scope=Scope.BILLING_READ, query=SubscriptionsQuery, answers=Page[SubscriptionShown])
    def get(self, request: Request) -> Response:
        """List subscriptions, newest first."""
        rows = access.visible_to(
            self.key, Subscription.objects.select_related("customer", "version__plan", "next_plan")
        )
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        return Response(pages.page(rows, self.query, _shown))

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=SubscriptionBody,
        answers=SubscriptionStandingShown,
        status=201,
        refuses=(
            "card_declined",
            "contract_code_invalid",
            "currency_without_rate",
            "plan_not_on_sale",
            "plan_not_yet",
            "setting_needs_approval",
            "subscription_exists",
        ),
    )
    def post(self, request: Request) -> Response:
        """Begin a subscription; the card on file is charged for its first period."""
        given = self.given()
        customer, plan = self.customer(given["customer"]), plans.find(given["plan"])
        agreed = Agreed(
            code=given["id"], settings=given.get("settings", {}), words=given.get("consent", "")
        )

        def subscribe(at: datetime) -> SubscriptionStandingShown:
            made = subscribing.subscribe(customer, plan, agreed, by=self.by, at=at)
            return _standing(made, at)

        return self.once(subscribe)


class SubscriptionDetail(ApiView):
    """One subscription."""

    @Operation(scope=Scope.BILLING_READ, answers=SubscriptionStandingShown)
    def get(self, request: Request, subscription: str) -> Response:
        """Show how a subscription stands."""
        return Response(_standing(_visible(self, subscription), clock.now()))


class SubscriptionCancel(ApiView):
    """No further period."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        answers=SubscriptionStandingShown,
        refuses=("subscription_ended",),
    )
    def post(self, request: Request, subscription: str) -> Response:
        """End a subscription with its running period. What was paid for stays usable."""
        found = _visible(self, subscription)

        def cancel(at: datetime) -> SubscriptionStandingShown:
            subscriptions.cancel(found, by=self.by, at=at)
            return _standing(subscriptions.find(found.code), at)

        return self.once(cancel)


class SubscriptionPlan(ApiView):
    """Another plan."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=PlanChange,
        answers=SubscriptionStandingShown,
        refuses=(
            "card_declined",
            "plan_currency",
            "plan_not_on_sale",
            "plan_not_yet",
            "subscription_ended",
            "subscription_unpaid",
        ),
    )
    def post(self, request: Request, subscription: str) -> Response:
        """Move to a larger plan at once, for the difference; to another with the next period."""
        found, plan = _visible(self, subscription), plans.find(self.given()["plan"])

        def change(at: datetime) -> SubscriptionStandingShown:
            return _standing(subscribing.change_plan(found, plan, at=at), at)

        return self.once(change)


class SubscriptionPay(ApiView):
    """The card again."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        answers=SubscriptionStandingShown,
        refuses=("card_declined", "nothing_open", "period_over"),
    )
    def post(self, request: Request, subscription: str) -> Response:
        """Charge the card on file for what is open, now; a suspended subscription goes on."""
        found = _visible(self, subscription)

        def pay(at: datetime) -> SubscriptionStandingShown:
            return _standing(card_retries.recover(found, at=at), at)

        return self.once(pay)


def _visible(view: ApiView, code: str) -> Subscription:
    """The subscription of this code, if the caller may see it; else it does not exist."""
    found = subscriptions.find(code)
    if not access.customers(view.key).filter(pk=found.customer_id).exists():
        raise NotFound("subscription", code)
    return found


def _shown(found: Subscription) -> SubscriptionShown:
    return {
        "id": found.code,
        "customer": found.customer.code,
        "plan": found.version.plan.code,
        "status": found.status,
        "started_at": written(found.started_at),
        "cancelled_at": None if found.cancelled_at is None else written(found.cancelled_at),
        "ended_at": None if found.ended_at is None else written(found.ended_at),
        "next_plan": found.next_plan.code if found.next_plan else None,
    }


def _standing(found: Subscription, at: datetime) -> SubscriptionStandingShown:
    term = subscriptions.running_term(found, at)
    grace = subscriptions.running_grace(found, at)
    retry = card_retries.next_retry(found, at)
    return {
        **_shown(found),
        "period": None if term is None else term.number,
        "period_starts_at": None if term is None else written(term.starts_at),
        "period_ends_at": None if term is None else written(term.ends_at),
        "period_consumption": 0 if term is None else plan_changes.consumption(found, term, at),
        "grace": None if grace is None else _shown_grace(grace),
        "owes": [
            {
                "kind": charge.kind,
                "amount": money.text(charge.amount_minor, charge.currency),
                "currency": charge.currency,
                "since": written(charge.made_at),
                "attempts": charge.attempts,
                "problem": charge.problem or None,
            }
            for charge in plan_charges.open_charges(found)
        ],
        "next_retry_at": None if retry is None else written(retry),
    }


def _shown_grace(grace: grace_ends.Grace) -> GraceShown:
    return {
        "began_at": written(grace.began_at),
        "ends_at": written(grace.ends_at),
        "credits": grace.credits,
    }
