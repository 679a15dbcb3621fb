"""`/topups` and the card on file: more credits."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope, Waiting
from accounts.models import Customer
from contracts import packs, rate_cards
from creditops.lib import money
from creditops.lib.api.forms import Body, Choice, Code, Credits, Instant, Text, Truth
from creditops.lib.api.operations import Operation
from creditops.lib.refusals import Refusal
from invoicing import cards, charged_orders, options, purchases
from invoicing.api import invoices
from invoicing.api.invoices import InvoiceShown
from invoicing.models import CardCharge
from ledger import holders


class CardBody(Body):
    """A test card of the house's own gateway: one that works, or is declined."""

    works = Truth()


class CardShown(TypedDict):
    """The card on file, as people know it."""

    customer: str
    card: str


class OptionBody(Body):
    """A right, sold with the credits, to buy more of them below what anybody pays (V6)."""

    id = Code()
    credits = Credits()
    list_price = Text(max_length=30, help_text="what they cost without it, net")
    discount_pct = Text(max_length=12)
    discount_anyone_gets_pct = Text(max_length=12, default="0")
    likelihood_pct = Text(max_length=12, help_text="how likely it is used")
    valid_until = Instant(help_text="exclusive")


class TopUpBody(Body):
    """Credits to be bought: a `pack`, `credits` at a `price`, or what `price` buys at the ratio in
    force."""

    customer = Text(max_length=100)
    contract = Text(max_length=100, required=False, help_text="default: credits without a contract")
    pack = Text(max_length=100, required=False, help_text="on sale in the customer's currency")
    credits = Credits(required=False)
    price = Text(
        max_length=30, required=False, help_text="net, in the customer's currency; not of a pack"
    )
    rate_card = Text(
        max_length=100, required=False, help_text="prices the usage from now on, if none does yet"
    )
    payment = Choice(choices=(purchases.CARD, purchases.INVOICE))
    option = OptionBody(required=False)


class TopUpShown(TypedDict):
    """What was bought: a block of credits, and its invoice. While the card is being charged (202) only
    `charge` is there, which names the charge; credits and invoice come when it succeeds."""

    credits: int | None
    block: str | None
    invoice: InvoiceShown | None
    charge: str | None


class CardOnFile(ApiView):
    """The card that automatic charges go to."""

    @Operation(
        scope=Scope.BILLING_WRITE, body=CardBody, answers=CardShown, refuses=("card_of_the_house",)
    )
    def put(self, request: Request, customer: str) -> Response:
        """Leave a test card on file. Where a real gateway is configured, cards are saved in the portal."""
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
        waits=True,
        refuses=(
            "card_declined",
            "card_missing",
            "currency_without_rate",
            "grant_not_positive",
            "no_price",
            "no_running_term",
            "option_exists",
            "option_over",
            "option_unfit",
            "price_negative",
            "ssp_missing",
        ),
        unreadable=(
            "amount_exponent",
            "amount_unreadable",
            "decimal_unreadable",
            "topup_of_nothing",
        ),
    )
    def post(self, request: Request) -> Response:
        """Buy credits by card or on invoice. Invoice and credits come together, or not at all. Where the
        card has to be charged by a gateway first, the answer is 202 and both come with its success."""
        given = self.given()
        customer = self.customer(given["customer"])

        def buy(at: datetime) -> TopUpShown | Waiting:
            bought = charged_orders.buy(self._order(customer, given, at), by=self.by, at=at)
            if isinstance(bought, CardCharge):
                return Waiting(credits=None, block=None, invoice=None, charge=bought.reference)
            block = bought.blocks[0]
            return {
                "credits": block.granted,
                "block": str(block.id),
                "invoice": invoices.shown(bought.invoice),
                "charge": None,
            }

        return self.once(buy)

    def _order(self, customer: Customer, given: dict[str, Any], at: datetime) -> purchases.Order:
        named = given.get("contract")
        return purchases.Order(
            holder=holders.find_of(customer, named)
            if named
            else holders.pay_as_you_go(customer, at),
            **_wanted(given, customer.currency, at),
            currency=customer.currency,
            pay=given["payment"],
            rate_card=rate_cards.find(given["rate_card"]) if "rate_card" in given else None,
            option=_offered(given["option"], customer.currency) if "option" in given else None,
            source=f"api:{self.key.name}:{uuid.uuid4().hex}",
        )


def _offered(said: dict[str, Any], currency: str) -> options.Offered:
    """The right that is sold with the credits."""
    shares = ("discount_pct", "discount_anyone_gets_pct", "likelihood_pct")
    return options.Offered(
        code=said["id"],
        credits=said["credits"],
        list_price_minor=money.minor_units(said["list_price"], currency),
        valid_until=said["valid_until"],
        **{name: money.decimal(said[name]) for name in shares},
    )


def _wanted(given: dict[str, Any], currency: str, at: datetime) -> dict[str, Any]:
    """What is bought and for how much: a pack says both."""
    if ("pack" in given) == ("price" in given) or ("pack" in given and "credits" in given):
        raise Refusal(
            "topup_of_nothing", "Name a pack, or say a price, with or without the credits for it.",
            unreadable=True,
        )  # fmt: skip
    if "pack" not in given:
        price = money.minor_units(given["price"], currency)
        return {"credits": given.get("credits"), "price_minor": price}
    pack = packs.find(given["pack"], currency, at)
    return {"credits": pack.credits, "price_minor": pack.price_minor, "unit": pack.unit.code}
