"""The staff's pages of plans, subscriptions and what these owe. Verbs stand on the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from contracts.models import Consent, GraceEnd, Plan, PlanCharge, PlanVersion, Subscription
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, instant
from creditops.lib.admin_tables import Listing


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """What is sold by the month."""

    list_display = ("name", "code", "on_sale", "rate_card")
    list_filter = ("on_sale",)
    search_fields = ("code", "name")
    ordering = ("code",)

    def tables(self, row: Plan) -> list[Listing]:
        """Its versions, newest first."""
        rows = [
            (count(v.credits), amount(v.price_minor, v.currency), instant(v.effective_from),
             instant(v.published_at), v.published_by)
            for v in row.versions.order_by("-effective_from")
        ]  # fmt: skip
        heads = ("#Credits", "#Price per month", "In force from", "Published", "By")
        return [Listing("Versions", heads, rows)]


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    """What plans give and cost, by version."""

    named_by = ("plan",)
    list_display = ("__str__", "plan", "credits", "price_minor", "effective_from", "published_by")
    list_filter = ("plan",)
    search_fields = ("plan__code",)
    ordering = ("-effective_from", "-id")


@admin.register(Subscription)
class SubscriptionAdmin(CustomerRows, ReadOnlyAdmin):
    """Plans that customers pay by card, and how they stand."""

    list_display = (
        "code", "customer", "status", "plan", "started_at", "past_due_since", "cancelled_at",
        "ended_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "status")
    search_fields = ("code", "customer__code", "customer__name")
    ordering = ("-started_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the plan that each has, in one query."""
        return super().get_queryset(request).select_related("version__plan")

    @admin.display(description="Plan")
    def plan(self, row: Subscription) -> str:
        """The plan of the running period."""
        return str(row.version)

    def tables(self, row: Subscription) -> list[Listing]:
        """What it owed and owes, how its graces ended."""
        return [_charges(row), _graces(row)]


def _charges(subscription: Subscription) -> Listing:
    rows = [
        (f"{c.term.number}", c.get_kind_display(), str(c.version.plan), count(c.credits),
         amount(c.amount_minor, c.currency), c.get_state_display(),
         instant(c.settled_at or c.made_at), c.problem or "–")
        for c in subscription.charges.select_related("term", "version__plan").order_by("-id")
    ]  # fmt: skip
    heads = (
        "Period", "For", "Plan", "#Credits", "#Net", "State", "When", "What the card's bank said",
    )  # fmt: skip
    return Listing("Charges", heads, rows)


def _graces(subscription: Subscription) -> Listing:
    rows = [
        (f"{g.term.number}", instant(g.began_at), instant(g.ended_at), g.get_how_display(),
         count(g.credits), g.get_outcome_display())
        for g in subscription.grace_ends.select_related("term").order_by("-id")
    ]  # fmt: skip
    heads = ("Period", "Began", "Ended", "Because", "#Credits", "What became of them")
    return Listing("Graces that are over", heads, rows, empty="None so far.")


@admin.register(PlanCharge)
class PlanChargeAdmin(CustomerRows, ReadOnlyAdmin):
    """What subscriptions owe and owed."""

    customer = "subscription__customer"
    named_by = ("subscription",)
    list_display = (
        "__str__", "subscription", "kind", "plan", "credits", "amount_minor", "state", "made_at",
        "attempts", "problem",
    )  # fmt: skip
    list_filter = (CustomerFilter, "state", "kind")
    search_fields = ("subscription__code", "source")
    ordering = ("-made_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the plan that each is for, in one query."""
        return super().get_queryset(request).select_related("version__plan")

    @admin.display(description="Plan")
    def plan(self, row: PlanCharge) -> str:
        """The plan that it is for."""
        return str(row.version.plan)


@admin.register(GraceEnd)
class GraceEndAdmin(CustomerRows, ReadOnlyAdmin):
    """Graces that are over, and what became of the use beyond the balance."""

    customer = "subscription__customer"
    named_by = ("subscription",)
    list_display = ("__str__", "subscription", "how", "outcome", "credits", "began_at", "ended_at")
    list_filter = (CustomerFilter, "how", "outcome")
    ordering = ("-id",)


@admin.register(Consent)
class ConsentAdmin(CustomerRows, ReadOnlyAdmin):
    """What customers agreed to before a card is charged by itself."""

    list_display = ("subject", "customer", "given_by", "given_at", "address")
    list_filter = (CustomerFilter,)
    search_fields = ("subject",)
    ordering = ("-id",)
