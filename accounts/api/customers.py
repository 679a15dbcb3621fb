"""`/customers`: made, listed, changed."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access, customers
from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Code, Country, Lines, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Page


class CustomerBody(Body):
    """A customer to be made."""

    id = Code(max_length=100)
    name = Text(max_length=200)
    legal_name = Text(max_length=200, required=False, allow_blank=True)
    country = Country(required=False, help_text="ISO 3166; decides about tax")
    region = Text(max_length=60, required=False, allow_blank=True)
    currency = Text(max_length=3, help_text="ISO 4217, of contracts and invoices; stays")
    time_zone = Text(max_length=60, help_text="IANA, in which days begin; stays")
    segment = Choice(choices=Customer.Segment.values, required=False)
    kind = Choice(choices=Customer.Kind.values, required=False)
    language = Text(max_length=5, required=False, help_text="of documents: en, de, fr or es")
    tax_id = Text(max_length=40, required=False, allow_blank=True)
    address = Lines(max_length=2000, required=False, allow_blank=True)
    parent = Text(max_length=100, required=False, help_text="who pays for it")  # type: ignore[assignment]


class CustomerChange(Body):
    """What of a customer may be changed."""

    name = Text(max_length=200, required=False)
    legal_name = Text(max_length=200, required=False, allow_blank=True)
    language = Text(max_length=5, required=False, help_text="of documents: en, de, fr or es")
    country = Country(required=False)
    region = Text(max_length=60, required=False, allow_blank=True)
    tax_id = Text(max_length=40, required=False, allow_blank=True)
    address = Lines(max_length=2000, required=False, allow_blank=True)


class CustomerShown(TypedDict):
    """A customer."""

    id: str
    name: str
    legal_name: str
    kind: str
    segment: str
    country: str
    region: str
    language: str
    currency: shapes.Currency
    time_zone: str
    tax_id: str
    address: str
    parent: str | None


class Customers(ApiView):
    """Make and list customers."""

    @Operation(scope=Scope.USAGE_READ, query=Paged, answers=Page[CustomerShown])
    def get(self, request: Request) -> Response:
        """List the customers that the key may see, newest first."""
        rows = access.customers(self.key).select_related("parent")
        return Response(pages.page(rows, self.query, shown))

    @Operation(
        scope=Scope.LEDGER_WRITE,
        vendors_own=True,
        body=CustomerBody,
        answers=CustomerShown,
        status=201,
        refuses=(
            "customer_exists",
            "customer_family_too_deep",
            "time_zone_unknown",
            "language_unknown",
            "tax_id_of_elsewhere",
        ),
        unreadable=("currency_unknown",),
    )
    def post(self, request: Request) -> Response:
        """Make a customer. With `parent` its usage is paid from the parent's credits."""
        given = self.given()

        def make(at: datetime) -> CustomerShown:
            parent = given.pop("parent", None)
            return shown(
                customers.create(
                    code=given.pop("id"),
                    parent=self.customer(parent) if parent else None,
                    at=at,
                    **given,
                )
            )

        return self.once(make)


class CustomerDetail(ApiView):
    """One customer."""

    @Operation(scope=Scope.USAGE_READ, answers=CustomerShown)
    def get(self, request: Request, customer: str) -> Response:
        """Show a customer."""
        return Response(shown(self.customer(customer)))

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=CustomerChange,
        answers=CustomerShown,
        refuses=("language_unknown", "tax_id_of_elsewhere"),
    )
    def patch(self, request: Request, customer: str) -> Response:
        """Change facts of a customer. Documents issued before keep what they print."""
        given, found = self.given(), self.customer(customer)

        def change(at: datetime) -> CustomerShown:
            return shown(customers.change(found, **given))

        return self.once(change)


def shown(customer: Customer) -> CustomerShown:
    """A customer as the API shows it."""
    return {
        "id": customer.code,
        "name": customer.name,
        "legal_name": customer.legal_name,
        "kind": customer.kind,
        "segment": customer.segment,
        "country": customer.country,
        "region": customer.region,
        "language": customer.language,
        "currency": customer.currency,
        "time_zone": customer.time_zone,
        "tax_id": customer.tax_id,
        "address": customer.address,
        "parent": customer.parent.code if customer.parent else None,
    }
