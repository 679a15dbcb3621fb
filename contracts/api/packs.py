"""`/packs`: sizes of credits at a fixed price, for whoever buys more without a quote."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import packs
from contracts.models import Pack
from creditops.lib import money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Code, Credits, Instant, Paged, Text, Truth
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger import units


class PackBody(Body):
    """A pack; the same id and currency replaces it from `effective_from` on."""

    id = Code(max_length=100)
    name = Text(max_length=200, required=False)
    credits = Credits()
    unit = Text(max_length=40, required=False)
    price = Text(max_length=30, help_text="net")
    currency = Text(max_length=3)
    effective_from = Instant(required=False, help_text="default: now")
    on_sale = Truth(required=False, help_text="false: taken off sale, as it was; default: true")


class PackShown(TypedDict):
    """A version of a pack: what it holds and costs from an instant on."""

    id: str
    name: str
    credits: int
    unit: str
    price: shapes.Money
    currency: shapes.Currency
    on_sale: bool
    effective_from: shapes.Instant


class Packs(ApiView):
    """Packs by version."""

    @Operation(scope=Scope.BILLING_READ, query=Paged, answers=Page[PackShown])
    def get(self, request: Request) -> Response:
        """List the versions of packs, newest first."""
        return Response(pages.page(Pack.objects.select_related("unit"), self.query, _shown))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=PackBody,
        answers=PackShown,
        status=201,
        refuses=(
            "amount_exponent",
            "pack_exists",
            "pack_in_the_past",
            "pack_not_positive",
            "price_negative",
        ),
        unreadable=("amount_unreadable", "currency_unknown"),
    )
    def post(self, request: Request) -> Response:
        """Put a pack on sale, or take it off, from an instant on. What was bought stays."""
        given = self.given()

        def publish(at: datetime) -> PackShown:
            code, currency = given["id"], given["currency"]
            start = given.get("effective_from", at)
            if not given.get("on_sale", True):
                return _shown(
                    packs.withdraw(code, currency, effective_from=start, by=self.by, at=at)
                )
            made = packs.publish(
                code=code,
                name=given.get("name", ""),
                credits=given["credits"],
                unit=given.get("unit", units.CREDITS),
                price_minor=money.minor_units(given["price"], currency),
                currency=currency,
                effective_from=start,
                by=self.by,
                at=at,
            )
            return _shown(made)

        return self.once(publish)


def _shown(pack: Pack) -> PackShown:
    return {
        "id": pack.code,
        "name": pack.name,
        "credits": pack.credits,
        "unit": pack.unit.code,
        "price": money.text(pack.price_minor, pack.currency),
        "currency": pack.currency,
        "on_sale": pack.on_sale,
        "effective_from": written(pack.effective_from),
    }
