"""`/topups` and the card on file: more credits."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from contracts import rate_cards
from creditops.lib import money
from creditops.lib.api.forms import Body, Choice, Credits, Text, Truth
from creditops.lib.api.operations import Operation
from invoicing import cards, purchases
from invoicing.api import invoices
from invoicing.api.invoices import InvoiceShown
from ledger import holders


class CardBody(Body):
    """A test card of the house's own gateway: one that works, or is declined."""

    works = Truth()


class CardShown(TypedDict):
    """The card on file, as people know it."""

    customer: str
    card: str


class TopUpBody(Body):
    """Credits to be bought: `credits`, or what `price` buys at the ratio in force."""

    customer = Text(max_length=100)
    contract = Text(max_length=100, required=False, help_text="default: credits without a contract")
    credits = Credits(required=False)
    price = Text(max_length=30, help_text="net, in the customer's currency")
    rate_card = Text(
        max_length=100, required=False, help_text="prices the usage from now on, if none does yet"
    )
    payment = Choice(choices=(purchases.CARD, purchases.INVOICE))


class TopUpShown(TypedDict):
    """What was bought: a block of credits, and its invoice."""

    credits: int
    block: str
    invoice: InvoiceShown


class CardOnFile(ApiView):
    """The card that automatic charges go to."""

    @Operation(scope=Scope.BILLING_WRITE, body=CardBody, answers=CardShown)
    def put(self, request: Request, customer: str) -> Response:
        """Leave a test card on file. Until a real gateway is configured there is no other."""
        given, whose = self.given(), self.customer(customer)

        def save(at: datetime) -> CardShown:
            card = cards.save(whose, works=given["works"], at=at)
            return {"customer": whose.code, "card": card.label}

        return self.once(save)


class TopUps(ApiView):
    """Buy credits."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=TopUpBody,
        answers=TopUpShown,
        status=201,
        refuses=(
            "card_declined",
            "currency_without_rate",
            "grant_not_positive",
            "no_price",
            "no_running_term",
            "price_negative",
        ),
        unreadable=("amount_exponent", "amount_unreadable"),
    )
    def post(self, request: Request) -> Response:
        """Buy credits by card or on invoice. Invoice and credits come together, or not at all."""
        given = self.given()
        customer = self.customer(given["customer"])

        def buy(at: datetime) -> TopUpShown:
            bought = purchases.buy(self._order(customer, given, at), by=self.by, at=at)
            block = bought.blocks[0]
            return {
                "credits": block.granted,
                "block": str(block.id),
                "invoice": invoices.shown(bought.invoice),
            }

        return self.once(buy)

    def _order(self, customer: Customer, given: dict[str, Any], at: datetime) -> purchases.Order:
        named = given.get("contract")
        return purchases.Order(
            holder=holders.find_of(customer, named)
            if named
            else holders.pay_as_you_go(customer, at),
            credits=given.get("credits"),
            price_minor=money.minor_units(given["price"], customer.currency),
            currency=customer.currency,
            pay=given["payment"],
            rate_card=rate_cards.find(given["rate_card"]) if "rate_card" in given else None,
            source=f"api:{self.key.name}:{uuid.uuid4().hex}",
        )
