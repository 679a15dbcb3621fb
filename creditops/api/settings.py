"""`/customers/{customer}/settings`: what a customer decides: alerts, who is told, automatic top-ups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people, roles
from accounts.api.callers import ApiView, Scope, Waiting
from accounts.models import Customer, Membership
from creditops.desk import setting_words
from creditops.lib import clock, policies, setting_requests
from creditops.lib.api.forms import Body, Credits, Lines, Text, Whole
from creditops.lib.api.operations import Operation

_TOP_UP = "auto_top_up"
_POLICIES = {"thresholds": "alerts", "auto_top_up": _TOP_UP}


class RecipientBody(Body):
    """Somebody of the customer, and from which share of use on they are told; none: never."""

    email = Text(max_length=254)
    from_percent = Whole(min_value=1, max_value=100, required=False)


class TopUpRuleBody(Body):
    """What is bought when few credits are left (Q4): one of `credits`, `up_to` and `pack`."""

    below = Credits(help_text="fewer credits than these have more bought")
    credits = Credits(required=False, help_text="so many")
    up_to = Credits(required=False, help_text="as many as bring the balance there")
    pack = Text(max_length=100, required=False, help_text="the code of a pack")
    times = Whole(
        min_value=1, max_value=100, required=False, help_text="per period at most; default: 3"
    )
    money = Text(
        max_length=30,
        required=False,
        help_text="per calendar month at most, net; default: no limit",
    )


class SettingsBody(Body):
    """What is to change; what is left out stays as it is."""

    thresholds = serializers.ListField(
        child=Whole(min_value=1, max_value=100), required=False, help_text="percentages that alert"
    )
    recipients = RecipientBody(many=True, required=False)
    auto_top_up = TopUpRuleBody(required=False, allow_null=True, help_text="null: switched off")
    agreed_by = Lines(
        max_length=200,
        required=False,
        help_text="with the vendor's key: who of the customer agreed",
    )


class RecipientShown(TypedDict):
    """Somebody of the customer, and from which share of use on they are told; null: never."""

    email: str
    name: str
    role: str
    from_percent: int | None


class TopUpRuleShown(TypedDict):
    """What is bought when few credits are left; `money` null: without a limit."""

    below: int
    credits: int | None
    up_to: int | None
    pack: str | None
    times: int
    money: str | None


class CustomerSettingsShown(TypedDict):
    """What is in force for the customer. `credits_per_person` is the cap per person and month."""

    customer: str
    thresholds: list[int]
    recipients: list[RecipientShown]
    credits_per_person: int | None
    auto_top_up: TopUpRuleShown | None
    waits: list[str]


class CustomerSettings(ApiView):
    """What a customer decides."""

    @Operation(scope=Scope.BILLING_READ, answers=CustomerSettingsShown)
    def get(self, request: Request, customer: str) -> Response:
        """Show what is in force for a customer."""
        return Response(_shown(self.customer(customer), clock.now()))

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=SettingsBody,
        answers=CustomerSettingsShown,
        refuses=("person_unknown", "setting_waits"),
        unreadable=("policy_invalid",),
        waits=True,
    )
    def put(self, request: Request, customer: str) -> Response:
        """Change what the customer decides. By a customer's own key it acts at once; by the vendor's when
        it says who of the customer agreed, else it waits for that (202, `waits`)."""
        given, whose = self.given(), self.customer(customer)

        def change(at: datetime) -> Mapping[str, Any]:
            for someone in given.get("recipients", ()):
                people.tell_from(whose, someone["email"], someone.get("from_percent"))
            asked = self._ask(whose, given, at)
            shown = _shown(whose, at, waits=[w.content["setting"] for w in asked])
            return Waiting(shown) if asked else shown

        return self.once(change)

    def _ask(self, whose: Customer, given: Mapping[str, Any], at: datetime) -> list[Any]:
        wanted = {name: given[field] for field, name in _POLICIES.items() if field in given}
        if not wanted:
            return []
        agreed_by = given.get("agreed_by", "")
        speaks = self.key.customer is not None or bool(agreed_by)
        asked = setting_requests.ask(
            policies.customer_scope(whose.code),
            wanted,
            effective_at=None,
            by=self.by,
            at=at,
            speaks_for=frozenset({roles.CUSTOMER_ADMINISTRATOR}) if speaks else frozenset(),
            agreed_by=agreed_by,
            tell=setting_words.told,
        )
        return list(asked.waiting)


def _shown(
    customer: Customer, at: datetime, waits: list[str] | None = None
) -> CustomerSettingsShown:
    found = policies.in_force([policies.customer_scope(customer.code)], at)
    members = Membership.objects.filter(customer=customer).select_related("person")
    return {
        "customer": customer.code,
        "thresholds": list(found["alerts"]),
        "recipients": [
            {
                "email": member.person.email,
                "name": member.person.name,
                "role": member.role,
                "from_percent": member.notify_at_percent,
            }
            for member in members.order_by("person__email")
        ],
        "credits_per_person": found["seat_allowance"],
        "auto_top_up": _rule(found[_TOP_UP]),
        "waits": waits or [],
    }


def _rule(rule: Mapping[str, Any] | None) -> TopUpRuleShown | None:
    if rule is None:
        return None
    return {
        "below": rule["below"],
        "credits": rule.get("credits"),
        "up_to": rule.get("up_to"),
        "pack": rule.get("pack"),
        "times": rule["times"],
        "money": rule["money"],
    }
