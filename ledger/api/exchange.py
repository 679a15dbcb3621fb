"""`/exchange-rates`: what currencies cost in each other."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Instant, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger import exchange
from ledger.models import ExchangeRate


class ExchangeRateBody(Body):
    """A rate: one unit of `from_currency` costs `rate` of `to_currency`."""

    from_currency = Text(max_length=3)
    to_currency = Text(max_length=3)
    rate = Text(max_length=40, help_text="exact decimal, like 1.0842")
    effective_from = Instant(required=False, help_text="default: now")
    origin = Text(max_length=200, required=False, help_text="who says so: the ECB, a bank")


class ExchangeRateShown(TypedDict):
    """A rate in force from an instant on, until the next one of the two currencies."""

    from_currency: shapes.Currency
    to_currency: shapes.Currency
    rate: str
    effective_from: shapes.Instant
    origin: str
    recorded_at: shapes.Instant
    published_by: str


class ExchangeRates(ApiView):
    """Publish and list rates between currencies."""

    @Operation(
        scope=Scope.BILLING_READ, vendors_own=True, query=Paged, answers=Page[ExchangeRateShown]
    )
    def get(self, request: Request) -> Response:
        """List exchange rates, newest first."""
        return Response(pages.page(ExchangeRate.objects.all(), self.query, _shown))

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=ExchangeRateBody,
        answers=ExchangeRateShown,
        status=201,
        refuses=("rate_of_one_currency", "rate_touches_the_past", "rate_unfit"),
        unreadable=("currency_unknown", "decimal_unreadable"),
    )
    def post(self, request: Request) -> Response:
        """Publish an exchange rate. Amounts that were translated keep their rate."""
        given = self.given()

        def publish(at: datetime) -> ExchangeRateShown:
            return _shown(
                exchange.publish(
                    from_currency=given["from_currency"],
                    to_currency=given["to_currency"],
                    rate=given["rate"],
                    effective_from=given.get("effective_from", at),
                    origin=given.get("origin", ""),
                    by=self.by,
                    at=at,
                )
            )

        return self.once(publish)


def _shown(rate: ExchangeRate) -> ExchangeRateShown:
    return {
        "from_currency": rate.from_currency,
        "to_currency": rate.to_currency,
        "rate": rate.rate,
        "effective_from": written(rate.effective_from),
        "origin": rate.origin,
        "recorded_at": written(rate.recorded_at),
        "published_by": rate.published_by,
    }
