"""`/check`: may an action go ahead?"""

from __future__ import annotations

from typing import TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib import clock
from creditops.lib.api.forms import Body, Quantity, Text
from creditops.lib.api.operations import Operation
from ledger import availability
from ledger.messages import Message


class CheckBody(Body):
    """An action that is about to be taken."""

    customer = Text()
    contract = Text(required=False)
    meter = Text()
    quantity = Quantity(required=False, help_text="default: the meter's, or 1")
    user = Text(required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # also an attribute of serializers


class VerdictShown(TypedDict):
    """Whether usage would be accepted now, what it would cost and what there is in that unit.

    `reason` is the code that the event would get."""

    allowed: bool
    credits: int
    available: int
    reason: str | None


class Check(ApiView):
    """May an action go ahead?"""

    @Operation(scope=Scope.USAGE_READ, body=CheckBody, answers=VerdictShown, keyed=False)
    def post(self, request: Request) -> Response:
        """Ask whether usage would be accepted. One read before expensive work: nothing is written or
        held."""
        given = self.given()
        message = Message(
            source="check",
            key="check",
            customer=self.customer(given["customer"]).code,
            contract=given.get("contract"),
            meter=given["meter"],
            quantity=given.get("quantity"),
            user=given.get("user"),
            data=given.get("data", {}),
        )
        verdict = availability.check(message, clock.now())
        shown: VerdictShown = {
            "allowed": verdict.allowed,
            "credits": verdict.credits,
            "available": verdict.available,
            "reason": verdict.reason or None,
        }
        return Response(shown)
