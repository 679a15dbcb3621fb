"""`/units` and `/meters`: what is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Code, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Page
from ledger import units
from ledger.models import CreditUnit, Meter

PROPERTY_TYPES = ("number", "text")


class UnitBody(Body):
    """A credit unit to be made."""

    id = Code(max_length=40)
    name = Text(max_length=100)


class UnitShown(TypedDict):
    """A credit unit: one currency of credits."""

    id: str
    name: str


class MeterBody(Body):
    """A meter to be made."""

    id = Text(max_length=100, help_text="as events name it")
    name = Text(max_length=100)
    quantity_property = Text(
        max_length=100, required=False, help_text="which of an event's data is the quantity"
    )
    properties = serializers.DictField(
        child=Choice(choices=PROPERTY_TYPES), required=False, help_text="further data to keep"
    )


class MeterShown(TypedDict):
    """A meter: what an event's data is kept, and which of it is the quantity."""

    id: str
    name: str
    quantity_property: str | None
    properties: dict[str, Annotated[str, shapes.one_of(PROPERTY_TYPES)]]


class Units(ApiView):
    """Make and list credit units."""

    @Operation(scope=Scope.USAGE_READ, query=Paged, answers=Page[UnitShown])
    def get(self, request: Request) -> Response:
        """List credit units, newest first."""
        return Response(pages.page(CreditUnit.objects.all(), self.query, _shown_unit))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=UnitBody,
        answers=UnitShown,
        status=201,
        refuses=("unit_exists",),
    )
    def post(self, request: Request) -> Response:
        """Make a credit unit. It comes with a meter of already rated usage, `credits:<id>`."""
        given = self.given()

        def make(at: datetime) -> UnitShown:
            return _shown_unit(units.create(code=given["id"], name=given["name"]))

        return self.once(make)


class Meters(ApiView):
    """Make and list meters."""

    @Operation(scope=Scope.USAGE_READ, query=Paged, answers=Page[MeterShown])
    def get(self, request: Request) -> Response:
        """List meters, newest first."""
        return Response(pages.page(Meter.objects.all(), self.query, _shown_meter))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=MeterBody,
        answers=MeterShown,
        status=201,
        refuses=("meter_exists",),
    )
    def post(self, request: Request) -> Response:
        """Make a meter."""
        given = self.given()

        def make(at: datetime) -> MeterShown:
            return _shown_meter(units.create_meter(code=given.pop("id"), **given))

        return self.once(make)


def _shown_unit(unit: CreditUnit) -> UnitShown:
    return {"id": unit.code, "name": unit.name}


def _shown_meter(meter: Meter) -> MeterShown:
    return {
        "id": meter.code,
        "name": meter.name,
        "quantity_property": meter.quantity_property or None,
        "properties": meter.properties,
    }
