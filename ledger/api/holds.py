"""`/holds`: credits set aside before work begins, captured as an event or given back."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts import access
from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from creditops.lib import clock
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Code, Credits, Paged, Quantity, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from ledger import hold_ends, holds, units
from ledger.messages import Message
from ledger.models import Hold, HoldEnd

_LONGEST_ID = 40
_RANDOM_BYTES = 10
_LONGEST_SECONDS = 86_400

STATES = [holds.OPEN, *map(str, HoldEnd.Act.labels)]
State = Annotated[str, shapes.one_of(STATES)]


class Asked(Body):
    """Either a number of credits, or a meter and what is to be measured."""

    credits = Credits(required=False)
    unit = Text(required=False, help_text="of the credits; default: CREDIT")
    meter = Text(required=False)
    quantity = Quantity(required=False, help_text="default: the meter's, or 1")
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # also an attribute of serializers

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, not both."""
        if ("credits" in attrs) == ("meter" in attrs):
            raise ValidationError("Give credits, or a meter with its quantity.", code="invalid")
        beside = {"credits": ("quantity", "data"), "meter": ("unit",)}
        for name in beside["credits" if "credits" in attrs else "meter"]:
            if name in attrs:
                raise ValidationError({name: "This goes with the other form."}, code="invalid")
        return attrs


class HoldsQuery(Paged):
    """Which holds."""

    customer = Text(required=False, help_text="whose; not needed with a key of one customer")
    contract = Text(required=False)
    state = Choice(choices=STATES, required=False)


class HoldBody(Asked):
    """Work that is about to begin, and how long it may take."""

    customer = Text()
    contract = Text(required=False)
    user = Text(required=False, help_text="whose seat it counts in")
    expires_in = Whole(min_value=1, max_value=_LONGEST_SECONDS, help_text="seconds until it lapses")
    id = Code(required=False, max_length=_LONGEST_ID, help_text="unique under the customer")


class CapturedEvent(Body):
    """The work that was done. Customer, contract, user and time are the hold's."""

    id = Text(required=False)
    source = Text(required=False)  # type: ignore[assignment]  # also an attribute of fields
    meter = Text()
    quantity = Quantity(required=False, help_text="default: the meter's, or 1")
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # also an attribute of serializers


class CaptureBody(Body):
    """What was used: an event, or credits with the identity of the event that they become."""

    event = CapturedEvent(required=False)
    credits = Whole(required=False)
    source = Text(  # type: ignore[assignment]  # also an attribute of fields
        required=False, help_text="default: the key's name"
    )
    id = Text(required=False, help_text="default: hold: and the hold's id")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two forms, not both."""
        if ("credits" in attrs) == ("event" in attrs):
            raise ValidationError("Give credits, or an event.", code="invalid")
        if "event" in attrs and {"source", "id"} & attrs.keys():
            raise ValidationError("The event has its own source and id.", code="invalid")
        return attrs


class HoldShown(TypedDict):
    """A hold. `event` is the uid of the event that it became; `ended_at` when it ended, as recorded."""

    uid: str
    id: str
    customer: str
    contract: str
    unit: str
    credits: int
    state: State
    held_at: shapes.Instant
    expires_at: shapes.Instant
    ended_at: shapes.Instant | None
    event: str | None


class Holds(ApiView):
    """Set credits aside, and list what was."""

    @Operation(
        scope=Scope.USAGE_READ,
        query=HoldsQuery,
        answers=Page[HoldShown],
        unreadable=("customer_missing",),
    )
    def get(self, request: Request) -> Response:
        """List a customer's holds, newest first. One that is over has lapsed, swept or not."""
        at, customer = clock.now(), self.whose(self.query.get("customer"))
        rows = holds.of_customer(customer, at=at, state=self.query.get("state"))
        if "contract" in self.query:
            rows = rows.filter(pool__holder__code=self.query["contract"])
        page = pages.page(rows, self.query, lambda hold: hold)
        ends = hold_ends.of_many(page["results"])
        members = Customer.objects.in_bulk({h.member_id for h in page["results"] if h.member_id})
        shown = [
            _shown_by(hold, ends.get(hold.id), members.get(hold.member_id, hold.customer), at)
            for hold in page["results"]
        ]
        return Response({"results": shown, "next": page["next"]})

    @Operation(
        scope=Scope.USAGE_WRITE,
        body=HoldBody,
        answers=HoldShown,
        status=201,
        refuses=(
            "insufficient_credits",
            "overage_cap",
            "seat_limit",
            "hold_conflict",
            "hold_in_two_units",
            "hold_of_nothing",
            "ambiguous_contract",
            "unknown_contract",
            "unknown_customer",
            "unknown_meter",
            "no_rate",
            "no_quantity",
            "quantity_not_whole",
            "quantity_too_large",
        ),
    )
    def post(self, request: Request) -> Response:
        """Set credits aside before work begins. They count in every check, hold and event until
        the hold is captured, released, or lapses. The same id again answers with the same hold."""
        given = self.given()
        customer = self.customer(given["customer"])
        message = _message(given, source=self.key.name, key="hold", customer=customer.code)
        message.contract, message.user = given.get("contract"), given.get("user")

        def effect(at: datetime) -> HoldShown:
            placed = holds.place(
                message,
                code=given.get("id") or secrets.token_hex(_RANDOM_BYTES),
                lasts=timedelta(seconds=given["expires_in"]),
                by=self.by,
                at=at,
            )
            return _shown(placed)

        return self.once(effect)


class HoldDetail(ApiView):
    """A hold."""

    @Operation(scope=Scope.USAGE_READ, answers=HoldShown)
    def get(self, request: Request, hold: str) -> Response:
        """Show a hold, and how it ended."""
        return Response(_shown(_find(self, hold)))


class HoldCapture(ApiView):
    """Turn a hold into usage."""

    @Operation(
        scope=Scope.USAGE_WRITE,
        body=CaptureBody,
        answers=HoldShown,
        refuses=(
            "hold_ended",
            "hold_exceeded",
            "hold_of_another_unit",
            "capture_conflict",
            "capture_refused",
        ),
    )
    def post(self, request: Request, hold: str) -> Response:
        """Turn a hold into an event of the hold's instant, and free the rest. Less, as much, or
        more by the percentage that policy allows. The same capture again changes nothing."""
        given, found = self.given(), _find(self, hold)
        said = given.get("event", given)
        message = _message(
            said | {"unit": found.pool.unit.code},
            source=said.get("source", self.key.name),
            key=said.get("id", f"hold:{found.code}"),
            customer="",
        )

        def effect(at: datetime) -> HoldShown:
            return _shown(holds.capture(found, message, origin=self.by, at=at))

        return self.once(effect)


class HoldRelease(ApiView):
    """Give a hold back."""

    @Operation(scope=Scope.USAGE_WRITE, answers=HoldShown, refuses=("hold_ended",))
    def post(self, request: Request, hold: str) -> Response:
        """Give a hold's credits back. One that was released, or has lapsed, stays as it is."""
        self.given()
        found = _find(self, hold)
        return self.once(lambda at: _shown(holds.release(found, at=at)))


def _message(given: dict[str, Any], *, source: str, key: str, customer: str) -> Message:
    """What the form asks for, as a usage message."""
    if "credits" in given:
        unit = units.find(given.get("unit", units.CREDITS))
        meter, quantity = units.rated_meter(unit.code), Decimal(given["credits"])
        return Message(source, key, customer, meter, quantity=quantity)
    return Message(
        source,
        key,
        customer,
        given["meter"],
        quantity=given.get("quantity"),
        data=given.get("data", {}),
    )


def _find(view: ApiView, uid: str) -> Hold:
    """The hold, if it is of a customer that the caller may see."""
    found = holds.find(uid)
    whose = found.member_id or found.customer_id
    if not access.customers(view.key).filter(pk=whose).exists():
        raise NotFound("hold", uid)
    return found


def _shown(hold: Hold) -> HoldShown:
    return _shown_by(hold, hold_ends.of(hold), holds.customer_of(hold), clock.now())


def _shown_by(hold: Hold, ended: HoldEnd | None, whose: Customer, at: datetime) -> HoldShown:
    return {
        "uid": holds.uid(hold),
        "id": hold.code,
        "customer": whose.code,
        "contract": hold.pool.holder.code,
        "unit": hold.pool.unit.code,
        "credits": hold.credits,
        "state": holds.state_by(hold, ended, at),
        "held_at": written(hold.held_at),
        "expires_at": written(hold.expires_at),
        "ended_at": None if ended is None else written(ended.recorded_at),
        "event": holds.event_by(ended),
    }
