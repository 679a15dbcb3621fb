"""`/quotes`: what is offered, sent, and accepted."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypedDict

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from contracts import (
    prices,
    quote_activation,
    quote_answers,
    quote_terms,
    quotes,
    renewal_quotes,
)
from contracts.api.contracts import visible
from contracts.models import PriceVersion, Quote, QuoteVersion
from contracts.quote_terms import QuoteTerms, Year
from creditops.lib import calendar, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Credits, Day, Paged, Text, Truth, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound, Refusal
from invoicing import seller

_OPEN_DAYS = 30
_TERMS = (
    "amount_exponent",
    "commitment_not_positive",
    "installments_unfit",
    "lock_over",
    "price_negative",
    "quote_over",
    "quote_without_price",
    "ramp_unfit",
    "term_over",
)
_ANSWERED = (
    "quote_accepted",
    "quote_expired",
    "quote_not_sent",
    "quote_refused",
    "quote_superseded",
)


class QuotesQuery(Paged):
    """Which quotes."""

    customer = Text(required=False)


class YearBody(Body):
    """The commitment of a term; without a price it costs what the price list says."""

    credits = Credits()
    price = Text(max_length=30, required=False, help_text="net")


class QuoteBody(Body):
    """An offer. `renews` quotes the next term of a contract by its use; all else is left out then."""

    customer = Text(max_length=100)
    renews = Text(max_length=100, required=False, help_text="a contract of the customer")
    years = YearBody(many=True, required=False, help_text="one per term; more than one is a ramp")
    starts_on = Day(required=False, help_text="default: today")
    term_months = Whole(min_value=1, max_value=120, required=False, help_text="of the first term")
    open_until = Day(required=False, help_text="last day to accept; default: in 30 days")
    currency = Text(max_length=3, required=False, help_text="default: the customer's")
    time_zone = Text(max_length=60, required=False, help_text="default: the customer's")
    bonus_credits = Credits(required=False)
    installments = Whole(
        min_value=1, max_value=12, required=False, help_text="1, 2, 4 or 12, of each term's price"
    )
    payment_terms_days = Whole(min_value=0, max_value=180, required=False)
    rollover = Choice(choices=("FULL", "PARTIAL", "NONE"), required=False)
    rollover_pct = Text(max_length=12, required=False)
    overage_pct = Text(max_length=12, required=False)
    enforcement = Choice(choices=("SOFT", "HARD", "OBSERVE"), required=False)
    seat_allowance = Credits(required=False)
    rate_card = Text(max_length=100, required=False)
    rate_lock_on = Day(required=False)
    price_lock_on = Day(required=False)
    auto_renew = Truth(required=False)
    cancellable = Truth(required=False)
    is_default = Truth(required=False)
    contract_name = Text(max_length=200, required=False)
    recipient_name = Text(max_length=200, required=False)
    recipient_email = serializers.EmailField(required=False, max_length=254)
    message = Text(max_length=2_000, required=False)


class AcceptBody(Body):
    """Who accepts for the customer."""

    name = Text(max_length=200)
    email = serializers.EmailField(max_length=254)


class YearShown(TypedDict):
    """A term's commitment."""

    starts_on: shapes.Day
    months: int
    credits: int
    price: shapes.Money


class QuoteShown(TypedDict):
    """A quote as its newest version says. `contract` is what it became."""

    id: str
    customer: str
    version: int
    status: Annotated[str, shapes.one_of(QuoteVersion.Status.values)]
    currency: shapes.Currency
    credits: int
    bonus_credits: int
    price: shapes.Money
    list_price: shapes.Money | None
    years: list[YearShown]
    open_until: shapes.Day
    renews: str | None
    contract: str | None
    document_sha256: str | None


class QuoteSentShown(QuoteShown):
    """A quote that was sent; with `reasons` it waits for a second person instead. The letter with the
    link goes to its recipient: no answer of a program ever holds it."""

    reasons: list[str]


class Quotes(ApiView):
    """Draft and list quotes."""

    @Operation(scope=Scope.BILLING_READ, query=QuotesQuery, answers=Page[QuoteShown])
    def get(self, request: Request) -> Response:
        """List quotes that were sent, newest first; to the vendor's own keys drafts too."""
        rows = access.visible_to(self.key, Quote.objects.select_related("customer", "renews"))
        if self.key.customer_id is not None:
            rows = rows.filter(versions__sent_at__isnull=False).distinct()
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        rows = rows.select_related("contract", "agreed_term").prefetch_related("versions")
        return Response(pages.page(rows, self.query, _shown))

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=QuoteBody,
        answers=QuoteShown,
        status=201,
        refuses=(*_TERMS, "no_running_term", "nothing_to_renew", "renewal_quoted"),
        unreadable=(
            "amount_unreadable",
            "currency_unknown",
            "decimal_unreadable",
            "policy_invalid",
            "quote_without_size",
            "time_zone_unknown",
        ),
    )
    def post(self, request: Request) -> Response:
        """Draft a quote. Nothing leaves the house before it is sent."""
        given = self.given()
        buyer = self.customer(given["customer"])

        def draft(at: datetime) -> QuoteShown:
            if "renews" in given:
                contract = visible(self, given["renews"])
                if contract.customer_id != buyer.root_id:
                    raise NotFound("contract", given["renews"])
                return _shown(renewal_quotes.draft(contract, by=self.by, at=at).quote)
            terms, until = _terms(given, buyer, at)
            made = quotes.draft(buyer, terms, open_until=until, by=self.by, at=at)
            return _shown(made.quote)

        return self.once(draft)


class QuoteDetail(ApiView):
    """One quote."""

    @Operation(scope=Scope.BILLING_READ, answers=QuoteShown)
    def get(self, request: Request, quote: str) -> Response:
        """Show a quote as its newest version says."""
        return Response(_shown(_visible(self, quote)))


class QuoteSend(ApiView):
    """Send a draft."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        answers=QuoteSentShown,
        refuses=(*_TERMS, "pdf_unavailable", "quote_not_a_draft"),
    )
    def post(self, request: Request, quote: str) -> Response:
        """Send a quote; beyond the key's limits a second person is asked first."""
        self.given()
        found = _visible(self, quote)

        def send(at: datetime) -> QuoteSentShown:
            sent = quotes.send(
                quotes.newest_of(found), by=self.by, at=at, vendor=seller.as_printed(),
                site=settings.SITE_URL,
            )  # fmt: skip
            return {**_shown(found), "reasons": list(sent.reasons)}

        return self.once(send)


class QuoteAccept(ApiView):
    """Accept a quote that was sent."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=AcceptBody,
        answers=QuoteShown,
        refuses=_ANSWERED,
        unreadable=("name_missing",),
    )
    def post(self, request: Request, quote: str) -> Response:
        """Accept a quote for its customer, once. Its contract is made right away."""
        given = self.given()
        found = _visible(self, quote)

        def accept(at: datetime) -> QuoteShown:
            quote_answers.accept(
                quotes.newest_of(found), **given, at=at,
                ip_address=request.META.get("REMOTE_ADDR") or None,
            )  # fmt: skip
            return _shown(quotes.find(found.code))

        return self.once(accept)


def _visible(view: ApiView, code: str) -> Quote:
    """The quote of this code, if the caller may see it; to a customer's own key no drafts."""
    found = quotes.find(code)
    mine = access.customers(view.key).filter(pk=found.customer_id).exists()
    bound = view.key.customer_id is not None
    if not mine or (bound and not found.versions.filter(sent_at__isnull=False).exists()):
        raise NotFound("quote", code)
    return found


def _terms(given: dict[str, Any], buyer: Customer, at: datetime) -> tuple[QuoteTerms, date]:
    currency = given.get("currency", buyer.currency)
    zone = given.get("time_zone", buyer.time_zone)
    today = calendar.local_date(at, zone)
    if not given.get("years"):
        raise Refusal(
            "quote_without_size", "Say what at least one year commits to.", unreadable=True
        )
    price = prices.in_force(currency, at)
    kept = {name: value for name, value in given.items() if name in _KEPT}
    terms = QuoteTerms(
        **kept,
        currency=currency,
        time_zone=zone,
        starts_on=given.get("starts_on", today),
        years=tuple(_year(year, price, currency) for year in given["years"]),
    )
    return terms, given.get("open_until", today + timedelta(days=_OPEN_DAYS))


def _year(given: dict[str, Any], price: PriceVersion | None, currency: str) -> Year:
    credits = given["credits"]
    listed = None if price is None else prices.list_minor(price, credits)
    if "price" in given:
        return Year(credits, money.minor_units(given["price"], currency), listed)
    if price is None:
        raise Refusal(
            "quote_without_price",
            f"There is no price list in {currency}: say the price, or publish one.",
        )
    return Year(credits, prices.price_minor(price, credits), listed)


# What is taken over from a body as it is.
_KEPT = frozenset(QuoteBody().fields) & {f.name for f in dataclasses.fields(QuoteTerms)} - {
    "years", "currency", "time_zone", "starts_on",
}  # fmt: skip


def _shown(quote: Quote) -> QuoteShown:
    version = max(quote.versions.all(), key=lambda v: v.number)
    terms = quote_terms.read(version.terms)
    made = quote_activation.made_of(quote)
    return {
        "id": quote.code,
        "customer": quote.customer.code,
        "version": version.number,
        "status": version.status,
        "currency": version.currency,
        "credits": version.credits,
        "bonus_credits": terms.bonus_credits,
        "price": money.text(version.price_minor, version.currency),
        "list_price": None
        if version.list_minor is None
        else money.text(version.list_minor, version.currency),
        "years": [
            {
                "starts_on": terms.begins(number).isoformat(),
                "months": terms.months(number),
                "credits": year.credits,
                "price": money.text(year.price_minor, version.currency),
            }
            for number, year in enumerate(terms.years)
        ],
        "open_until": version.open_until.isoformat(),
        "renews": quote.renews.code if quote.renews else None,
        "contract": made.code if made else None,
        "document_sha256": version.document_sha256 or None,
    }
