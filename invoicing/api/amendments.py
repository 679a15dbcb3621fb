"""`/contracts/{contract}/amend` and `/options`: running contracts change; rights to buy more are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts import access
from accounts.api.callers import ApiView, Scope
from contracts import amendments
from contracts.api.contracts import visible
from contracts.models import Amendment
from creditops.lib import clock, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Credits, Lines, Paged, Text, Truth
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from invoicing import billing, downgrades, options
from invoicing.api import credit_notes, invoices
from invoicing.api.credit_notes import CreditNoteShown
from invoicing.api.invoices import InvoiceShown
from invoicing.models import PurchaseOption

STATES = (options.OPEN, *(str(how) for how in options.ENDS))


class AmendBody(Body):
    """Credits to add with their price, or credits to give back."""

    add_credits = Credits(required=False)
    price = Text(max_length=30, required=False, help_text="of the added credits, before tax")
    remove_credits = Credits(required=False, help_text="unused ones of the running commitment")
    preview = Truth(required=False, help_text="only say what it would come to")
    reason = Lines(max_length=1000, default="", allow_blank=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("add_credits" in given) == ("remove_credits" in given):
            raise ValidationError("Give add_credits or remove_credits, one of the two.")
        if ("add_credits" in given) != ("price" in given):
            raise ValidationError("Added credits have a price, and only they.")
        if "remove_credits" in given and not given["reason"].strip():
            raise ValidationError("Say why credits are given back: it stands on the credit note.")
        return given


class StandingShown(TypedDict):
    """What is left of paid credits, and what of their price is not earned yet."""

    credits_left: int
    deferred: shapes.Money
    per_credit: str


class AmendmentShown(TypedDict):
    """A change of a contract, with its effect in numbers. A preview has no number yet."""

    contract: str
    no: int | None
    kind: Annotated[str, shapes.one_of(Amendment.Kind.values)]
    credits: int
    price: shapes.Money
    currency: shapes.Currency
    before: StandingShown | None
    after: StandingShown | None
    signed_at: shapes.Instant | None
    signed_by: str | None
    reason: str | None


class AmendedShown(AmendmentShown):
    """An amendment that was signed, and its document."""

    invoice: InvoiceShown | None
    credit_note: CreditNoteShown | None


class OptionShown(TypedDict):
    """A right to buy more credits at a discount, until an instant (exclusive)."""

    id: str
    customer: str
    credits: int
    exercise_price: shapes.Money
    list_price: shapes.Money
    currency: shapes.Currency
    valid_until: shapes.Instant
    state: Annotated[str, shapes.one_of(STATES)]


class ExercisedShown(OptionShown):
    """A right that was used, and its invoice, paid by card."""

    invoice: InvoiceShown


class OptionsQuery(Paged):
    """Which rights."""

    customer = Text(required=False)


class ContractAmend(ApiView):
    """Change a running contract."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=AmendBody,
        answers=AmendedShown,
        status=201,
        refuses=(
            "amount_exponent",
            "commitment_not_invoiced",
            "credits_consumed",
            "credits_held",
            "grant_not_positive",
            "no_running_term",
            "price_negative",
            "respread_in_another_currency",
            "respread_of_estimated",
            "ssp_missing",
            "zero_amount",
        ),
        unreadable=("amount_unreadable",),
    )
    def post(self, request: Request, contract: str) -> Response:
        """Add credits to the running term, or give unused ones back. Added at the price that a credit
        has on its own they stand apart; otherwise prices are blended from now on."""
        given, found = self.given(), visible(self, contract)

        def amend(at: datetime) -> AmendedShown:
            source = f"api:{contract}:{at.isoformat()}"
            if "remove_credits" in given:
                done = downgrades.reduce(
                    found, credits=given["remove_credits"], source=source, by=self.by,
                    reason=given["reason"], at=at,
                )  # fmt: skip
                note = credit_notes.shown(done.note)
                return {**_shown(done.amendment), "invoice": None, "credit_note": note}
            addition = amendments.Addition(
                given["add_credits"], money.minor_units(given["price"], found.currency)
            )
            if given.get("preview"):
                return _previewed(contract, amendments.treatment(found, addition, at))
            made = amendments.add(
                found, addition, source=source, by=self.by, reason=given["reason"], at=at
            )
            invoice = billing.bill(found, until=at, at=at)
            return {
                **_shown(made.amendment),
                "invoice": None if invoice is None else invoices.shown(invoice),
                "credit_note": None,
            }

        return self.once(amend)


class ContractAmendments(ApiView):
    """What changed about a contract."""

    @Operation(scope=Scope.BILLING_READ, query=Paged, answers=Page[AmendmentShown])
    def get(self, request: Request, contract: str) -> Response:
        """List the amendments of a contract, newest first."""
        rows = Amendment.objects.filter(contract=visible(self, contract)).select_related("contract")
        return Response(pages.page(rows, self.query, _shown))


class Options(ApiView):
    """Rights to buy more."""

    @Operation(scope=Scope.BILLING_READ, query=OptionsQuery, answers=Page[OptionShown])
    def get(self, request: Request) -> Response:
        """List rights to buy more credits, newest first."""
        known = PurchaseOption.objects.select_related("customer", "end")
        rows = access.visible_to(self.key, known)
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        now = clock.now()
        return Response(pages.page(rows, self.query, lambda row: _option(row, now)))


class OptionExercise(ApiView):
    """Use a right."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        answers=ExercisedShown,
        status=201,
        refuses=("card_declined", "option_closed"),
    )
    def post(self, request: Request, option: str) -> Response:
        """Use a right to buy more: the card on file is charged with its price."""
        self.given()
        found = options.find(option)
        if not access.customers(self.key).filter(pk=found.customer_id).exists():
            raise NotFound("option", option)

        def use(at: datetime) -> ExercisedShown:
            done = options.exercise(found, by=self.by, at=at)
            shown = _option(options.find(option), at)
            return {**shown, "invoice": invoices.shown(done.invoice)}

        return self.once(use)


def _shown(row: Amendment) -> AmendmentShown:
    return {
        "contract": row.contract.code,
        "no": row.no,
        "kind": row.kind,
        "credits": row.credits,
        "price": money.text(row.price_minor, row.currency),
        "currency": row.currency,
        "before": row.effect.get("before"),
        "after": row.effect.get("after"),
        "signed_at": written(row.signed_at),
        "signed_by": row.signed_by,
        "reason": row.reason or None,
    }


def _previewed(contract: str, found: amendments.Treatment) -> AmendedShown:
    kinds = Amendment.Kind
    return {
        "contract": contract,
        "no": None,
        "kind": str(kinds.BLENDED if found.blended else kinds.SEPARATE),
        "credits": found.addition.credits,
        "price": money.text(found.addition.price_minor, found.currency),
        "currency": found.currency,
        "before": _stands(found.before, found.currency),
        "after": _stands(found.after, found.currency),
        "signed_at": None,
        "signed_by": None,
        "reason": None,
        "invoice": None,
        "credit_note": None,
    }


def _stands(found: amendments.Standing, currency: str) -> StandingShown:
    return {
        "credits_left": found.credits,
        "deferred": money.text(found.deferred_minor, currency),
        "per_credit": money.decimal_text(found.unit_price(currency)),
    }


def _option(row: PurchaseOption, at: datetime) -> OptionShown:
    return {
        "id": row.code,
        "customer": row.customer.code,
        "credits": row.credits,
        "exercise_price": money.text(row.exercise_price_minor, row.currency),
        "list_price": money.text(row.list_price_minor, row.currency),
        "currency": row.currency,
        "valid_until": written(row.valid_until),
        "state": options.state(row, at),
    }
