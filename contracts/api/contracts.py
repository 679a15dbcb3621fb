"""`/contracts`: what is signed, how it stands, what its renewal would be."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from accounts.models import Customer
from contracts import agreements, commission_plans, rate_cards, renewals, standing, termination
from contracts.models import Contract
from creditops.lib import clock, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import (
    Body,
    Code,
    Credits,
    Day,
    Instant,
    Lines,
    Paged,
    Text,
    Truth,
    Whole,
)
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound, Refusal
from ledger import holders
from ledger.models import Holder, Term

_SIGNING = (
    "commitment_not_positive",
    "default_overlaps",
    "installments_unfit",
    "contract_code_invalid",
    "contract_exists",
    "currency_without_rate",
    "grant_ends_before_it_begins",
    "lock_over",
    "price_negative",
    "term_over",
    "time_zone_unknown",
)
_MONEY = ("amount_exponent", "amount_unreadable", "currency_unknown")


class ContractsQuery(Paged):
    """Which contracts."""

    customer = Text(required=False)


class BonusBody(Body):
    """Bonus credits of the same purchase."""

    credits = Credits()
    expires_at = Instant(required=False, help_text="default: with the term")


class ContractBody(Body):
    """A contract to be signed; money as decimal text in its currency."""

    id = Code(max_length=100)
    customer = Text(max_length=100)
    name = Text(max_length=200, required=False)
    starts_on = Day(help_text="local date in the contract's zone")
    term_months = Whole(min_value=1, max_value=120, required=False, help_text="default: 12")
    credits = Credits(help_text="committed per term")
    price = Text(max_length=30, help_text="of the first term, net")
    currency = Text(max_length=3, required=False, help_text="default: the customer's")
    time_zone = Text(max_length=60, required=False, help_text="default: the customer's")
    due_on = Day(required=False, help_text="of the first invoice; default: by its payment terms")
    cancellable = Truth(required=False, help_text="true: nothing is granted before it is paid")
    auto_renew = Truth(required=False, help_text="true: last term's usage is the next commitment")
    is_default = Truth(required=False, help_text="takes usage that names no contract")
    list_price = Text(max_length=30, required=False)
    bonus = BonusBody(required=False)
    rate_card = Text(max_length=100, required=False)
    rate_lock_until = Instant(required=False, help_text="keeps the card's version until then")
    price_lock_until = Instant(required=False, help_text="keeps the top-up price until then")
    commission_plan = Text(max_length=100, required=False, help_text="its newest version pays reps")
    settings = serializers.DictField(required=False, help_text="policies of this contract")
    signed_by = Text(max_length=200, required=False, help_text="default: the key")


class ContractShown(TypedDict):
    """A contract as it was signed."""

    id: str
    customer: str
    name: str
    status: Annotated[str, shapes.one_of(Contract.Status.values)]
    signed_at: shapes.Instant
    signed_by: str
    starts_on: shapes.Day
    term_months: int
    credits: int
    price: shapes.Money
    currency: shapes.Currency
    time_zone: str
    cancellable: bool
    auto_renew: bool


class TermShown(TypedDict):
    """A term; commitment and cap are null before it is active."""

    number: int
    starts_at: shapes.Instant
    ends_at: shapes.Instant
    credits: int | None
    price: shapes.Money | None
    overage: int
    overage_cap: int | None


class ContractStandingShown(ContractShown):
    """A contract as it stands. `warnings` are codes of what is worth a second look."""

    terms: list[TermShown]
    warnings: list[str]


class RenewalShown(TypedDict):
    """A proposal: last term's usage as the next commitment, with the arithmetic behind it."""

    contract: str
    term: int
    baseline: int
    credits: int
    price: shapes.Money
    overage_credits: int
    overage: shapes.Money
    rollover_credits: int
    total: shapes.Money
    currency: shapes.Currency
    evidence: dict[str, Any]


class Contracts(ApiView):
    """Sign and list contracts."""

    @Operation(scope=Scope.BILLING_READ, query=ContractsQuery, answers=Page[ContractShown])
    def get(self, request: Request) -> Response:
        """List contracts, newest first."""
        rows = access.visible_to(self.key, Contract.objects.select_related("customer"))
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        return Response(pages.page(rows, self.query, _shown_contract))

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=ContractBody,
        answers=ContractShown,
        status=201,
        refuses=_SIGNING,
        unreadable=(*_MONEY, "policy_invalid"),
    )
    def post(self, request: Request) -> Response:
        """Sign a contract. Active at once if its term has begun; its invoice is left to the billing
        run."""
        given = self.given()
        buyer = self.customer(given["customer"])

        def sign(at: datetime) -> ContractShown:
            by = given.get("signed_by", self.by)
            return _shown_contract(agreements.sign(buyer, _terms(given, buyer), by=by, at=at))

        return self.once(sign)


class ContractDetail(ApiView):
    """One contract."""

    @Operation(scope=Scope.BILLING_READ, answers=ContractStandingShown)
    def get(self, request: Request, contract: str) -> Response:
        """Show a contract as it stands, with its terms and their overage."""
        return Response(_shown_standing(visible(self, contract), clock.now()))


class ContractActivate(ApiView):
    """A begin that nobody should wait for."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        answers=ContractStandingShown,
        refuses=("activation_waits_for_payment", "contract_active", "term_not_begun"),
    )
    def post(self, request: Request, contract: str) -> Response:
        """Begin a signed contract whose term has begun. The schedule does it by itself; this asks for it
        now."""
        self.given()
        found = visible(self, contract)

        def activate(at: datetime) -> ContractStandingShown:
            return _shown_standing(agreements.begin(found, at=at), at)

        return self.once(activate)


class ContractCancel(ApiView):
    """No renewal."""

    @Operation(scope=Scope.BILLING_WRITE, answers=ContractShown)
    def post(self, request: Request, contract: str) -> Response:
        """Cancel the renewal: the contract ends with its term."""
        self.given()
        found = visible(self, contract)

        def cancel(at: datetime) -> ContractShown:
            return _shown_contract(agreements.cancel(found, by=self.by, at=at))

        return self.once(cancel)


class TerminateBody(Body):
    """When, and why."""

    end = Instant(help_text="exclusive, now or later, inside the running term")
    reason = Lines(max_length=1000, help_text="kept with the credits, for ever")


class ContractTerminate(ApiView):
    """An early end."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=TerminateBody,
        answers=ContractStandingShown,
        refuses=("term_ended", "termination_in_the_past", "termination_outside_term"),
    )
    def post(self, request: Request, contract: str) -> Response:
        """End a contract early: its running term ends at `end`, unused credits expire there, overage is
        billed."""
        given = self.given()
        found = visible(self, contract)

        def terminate(at: datetime) -> ContractStandingShown:
            termination.terminate(found, **given, by=self.by, at=at)
            return _shown_standing(found, at)

        return self.once(terminate)


class ContractRenewal(ApiView):
    """The renewal as usage proposes it."""

    @Operation(scope=Scope.BILLING_READ, answers=RenewalShown, refuses=("no_running_term",))
    def get(self, request: Request, contract: str) -> Response:
        """Propose the renewal, by the usage so far."""
        found, at = visible(self, contract), clock.now()
        term = renewals.running_term(found, at)
        if term is None or standing.commitment(found, term, at) is None:
            raise Refusal("no_running_term", f"{found.code} has no term with a commitment yet.")
        return Response(_shown_renewal(found, term, renewals.proposal(found, term, at)))


def visible(view: ApiView, code: str) -> Contract:
    """The contract of this code, if the caller may see it; else it does not exist."""
    contract = agreements.find(code)
    if not access.customers(view.key).filter(pk=contract.customer_id).exists():
        raise NotFound("contract", code)
    return contract


def holder_of(view: ApiView, customer: str, contract: str | None, at: datetime) -> Holder:
    """The holder of the named contract or subscription, else the customer's open one; what the caller may
    not see, or is somebody else's, does not exist."""
    owner = view.customer(customer)
    if contract is None:
        return holders.pay_as_you_go(owner.parent or owner, at)
    found = Holder.objects.filter(code=contract, customer_id=owner.root_id).first()
    seen = access.customers(view.key).filter(pk=owner.root_id).exists()
    if found is None or not seen or found.kind == Holder.Kind.OPEN:
        raise NotFound("contract", contract)
    return found


def _terms(given: dict[str, Any], buyer: Customer) -> agreements.Terms:
    currency = given.get("currency", buyer.currency)
    bonus = given.get("bonus", {})
    listed = given.get("list_price")
    return agreements.Terms(
        code=given["id"],
        name=given.get("name", ""),
        starts_on=given["starts_on"],
        term_months=given.get("term_months", 12),
        credits=given["credits"],
        price_minor=money.minor_units(given["price"], currency),
        currency=currency,
        time_zone=given.get("time_zone", buyer.time_zone),
        due_on=given.get("due_on"),
        cancellable=given.get("cancellable", False),
        auto_renew=given.get("auto_renew", False),
        is_default=given.get("is_default", False),
        list_price_minor=money.minor_units(listed, currency) if listed else None,
        bonus_credits=bonus.get("credits", 0),
        bonus_expires_at=bonus.get("expires_at"),
        rate_card=rate_cards.find(given["rate_card"]) if "rate_card" in given else None,
        rate_lock_until=given.get("rate_lock_until"),
        price_lock_until=given.get("price_lock_until"),
        commission_plan=(
            commission_plans.find(given["commission_plan"]) if "commission_plan" in given else None
        ),
        settings=given.get("settings", {}),
    )


def _shown_contract(contract: Contract) -> ContractShown:
    return {
        "id": contract.code,
        "customer": contract.customer.code,
        "name": contract.name,
        "status": contract.status,
        "signed_at": written(contract.signed_at),
        "signed_by": contract.signed_by,
        "starts_on": contract.starts_on.isoformat(),
        "term_months": contract.term_months,
        "credits": contract.commitment,
        "price": money.text(contract.price_minor, contract.currency),
        "currency": contract.currency,
        "time_zone": contract.time_zone,
        "cancellable": contract.cancellable,
        "auto_renew": contract.auto_renew,
    }


def _shown_standing(contract: Contract, at: datetime) -> ContractStandingShown:
    terms = contract.holder.terms.filter(customer_id=contract.customer_id).order_by("number")
    return {
        **_shown_contract(contract),
        "terms": [_shown_term(contract, term, at) for term in terms],
        "warnings": [code for code, _ in standing.warnings(contract, at)],
    }


def _shown_term(contract: Contract, term: Term, at: datetime) -> TermShown:
    overage = standing.overage(contract, term, at)
    committed = standing.commitment(contract, term, at)
    return {
        "number": term.number,
        "starts_at": written(term.starts_at),
        "ends_at": written(term.ends_at),
        "credits": committed.commitment if committed else None,
        "price": money.text(committed.price_minor, committed.currency) if committed else None,
        "overage": overage.credits if overage else 0,
        "overage_cap": overage.cap if overage else None,
    }


def _shown_renewal(contract: Contract, term: Term, found: renewals.Proposal) -> RenewalShown:
    return {
        "contract": contract.code,
        "term": term.number,
        "baseline": found.baseline,
        "credits": found.credits,
        "price": money.text(found.price_minor, found.currency),
        "overage_credits": found.overage_credits,
        "overage": money.text(found.overage_minor, found.currency),
        "rollover_credits": found.rollover_credits,
        "total": money.text(found.total_minor, found.currency),
        "currency": found.currency,
        "evidence": found.evidence,
    }
