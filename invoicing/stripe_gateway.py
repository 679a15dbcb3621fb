"""Does the charging of cards through Stripe, by its SDK; contract-tested against localstripe.

A charge is two calls: a PaymentIntent is made without confirming it, its id is stored by the caller, then
it is confirmed by that id. A PaymentIntent succeeds at most once, so confirming again after a lost answer
can't charge twice; idempotency keys are sent as well, but nothing rests on them.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import stripe

from creditops.lib import money
from creditops.lib.refusals import Refusal
from invoicing import gateway
from invoicing.gateway import GatewaySilent, News, Order, Outcome, Saved, SetUp
from invoicing.models import CardCharge

NAME = "stripe"
SECONDS_MAX = 20
# How far a signature's time may be from ours, both ways (Stripe's own libraries allow five minutes).
TOLERANCE = timedelta(minutes=5)

_STATE = CardCharge.State
_DECLINE_TELLS = "requires_payment_method"
_STATES = {
    "succeeded": _STATE.SUCCEEDED,
    "processing": _STATE.ASKED,
    "requires_action": _STATE.CONFIRM,
    "requires_confirmation": _STATE.READY,
    _DECLINE_TELLS: _STATE.DECLINED,
    "canceled": _STATE.GIVEN_UP,
}
_AUTHENTICATE = "authentication_required"
_CHARGE_NEWS = "payment_intent."
# A key that is refused decides nothing about a charge either: it waits until the key is mended.
_SILENT = (
    stripe.APIConnectionError,
    stripe.APIError,
    stripe.RateLimitError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)
_TWO_DECIMALS_THERE = frozenset({"ISK", "UGX"})
_THREE_DECIMALS = 3
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Dialect:
    """Words that differ between versions of Stripe's API: how an intent says that only cards pay for it,
    and what a confirmation says besides the id."""

    only_cards: str
    confirm_with: Mapping[str, Any]


PRESENT = Dialect("allowed_payment_method_types", {"off_session": True})
# What localstripe 1.15 understands.
OF_LOCALSTRIPE = Dialect("payment_method_types", {})


@dataclass(frozen=True)
class StripeGateway:
    """The port's verbs, each one or two calls of Stripe.

    Attributes:
        secret_key, webhook_secret: of the account.
        api_base: another address than Stripe's, of a test double.
        dialect: which words of Stripe's API are used.
    """

    secret_key: str
    webhook_secret: str
    api_base: str = ""
    dialect: Dialect = PRESENT
    name: str = NAME

    @cached_property
    def _client(self) -> stripe.StripeClient:
        addresses: Any = {"api": self.api_base} if self.api_base else {}
        return stripe.StripeClient(
            self.secret_key,
            base_addresses=addresses,
            http_client=stripe.RequestsClient(timeout=SECONDS_MAX),
            max_network_retries=0,
        )

    def set_up(self, *, customer: str, name: str, payer: str) -> SetUp:
        """A SetupIntent for later charges without the customer; a new payer where there is none."""
        calls = self._client.v1
        if not payer:
            made = _answered(
                lambda: calls.customers.create(
                    params={"name": name, "metadata": {"customer": customer}}
                )
            )
            payer = made.id
        params: Any = {
            "customer": payer,
            "usage": "off_session",
            self.dialect.only_cards: ["card"],
            "metadata": {"customer": customer},
        }
        intent = _answered(lambda: calls.setup_intents.create(params=params))
        return SetUp(payer, intent.id, intent.client_secret or "")

    def saved(self, setup: str) -> Saved | None:
        """The card of a SetupIntent that succeeded, by brand and last digits."""
        intent: Any = _answered(lambda: self._client.v1.setup_intents.retrieve(setup))
        if intent.status != "succeeded":
            return None
        method: Any = _answered(
            lambda: self._client.v1.payment_methods.retrieve(str(intent.payment_method))
        )
        label = f"{method.card.brand.title()} ending in {method.card.last4}"
        return Saved(str(intent.customer), method.id, label)

    def prepare(self, order: Order) -> str:
        """A PaymentIntent that is not confirmed: no money moves.

        Raises Refusal `card_unfit` (the card is gone, or this can't be charged) or `card_amount_unfit`.
        """
        params: Any = {
            "amount": _theirs(order.amount_minor, order.currency),
            "currency": order.currency.lower(),
            "customer": order.payer,
            "payment_method": order.token,
            self.dialect.only_cards: ["card"],
            "metadata": {"reference": order.reference},
        }
        key: Any = {"idempotency_key": f"prepare:{order.reference}"}
        try:
            intent = _answered(
                lambda: self._client.v1.payment_intents.create(params=params, options=key)
            )
        except stripe.InvalidRequestError as error:
            raise Refusal("card_unfit", f"The gateway can't charge this: {error}"[:300]) from error
        return intent.id

    def charge(self, gateway_id: str) -> Outcome:
        """Look, and confirm only what waits to be confirmed."""
        before = self.look(gateway_id)
        if before.state != _STATE.READY:
            return before
        params: Any = dict(self.dialect.confirm_with)
        try:
            intent: Any = _answered(
                lambda: self._client.v1.payment_intents.confirm(gateway_id, params=params)
            )
        except stripe.CardError as error:
            if error.code == _AUTHENTICATE:
                return Outcome(_STATE.CONFIRM, _AUTHENTICATE, "The bank asks the holder.")
            why = _field(error.error, "decline_code") or error.code
            return _declined(why, error.user_message)
        except stripe.InvalidRequestError:
            return self.look(gateway_id)  # somebody was faster: how it stands now is the answer
        return _outcome(intent)

    def look(self, gateway_id: str) -> Outcome:
        """How the PaymentIntent stands."""
        try:
            intent: Any = _answered(lambda: self._client.v1.payment_intents.retrieve(gateway_id))
        except stripe.InvalidRequestError as error:  # another account's, or none: nobody can say
            raise GatewaySilent(str(error)) from error
        return _outcome(intent)

    def give_up(self, gateway_id: str) -> Outcome:
        """Cancel the PaymentIntent; one that can't be cancelled any more tells how it stands."""
        try:
            intent: Any = _answered(lambda: self._client.v1.payment_intents.cancel(gateway_id))
        except stripe.InvalidRequestError:
            return self.look(gateway_id)
        return _outcome(intent)

    def refund(self, gateway_id: str, *, reference: str, amount_minor: int, currency: str) -> None:
        """Look for a refund of this reference before one is made."""
        made: Any = _answered(
            lambda: self._client.v1.refunds.list(
                params={"payment_intent": gateway_id, "limit": 100}
            )
        )
        for refund in made.auto_paging_iter():
            if _field(_field(refund, "metadata"), "reference") == reference:
                return
        _answered(
            lambda: self._client.v1.refunds.create(
                params={
                    "payment_intent": gateway_id,
                    "amount": _theirs(amount_minor, currency),
                    "metadata": {"reference": reference},
                },
                options={"idempotency_key": f"refund:{reference}"},
            )
        )

    def hear(self, body: bytes, signature: str, *, at: datetime) -> News:
        """Check the signature and its time, and read the event.

        Raises Refusal `webhook_unsigned` (or signed by somebody else), `webhook_old`,
        `webhook_unreadable`.
        """
        _check(body, signature, self.webhook_secret, at)
        try:
            event = json.loads(body)
            return _read(event)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refusal(
                "webhook_unreadable", "This is no event of the gateway.", unreadable=True
            ) from error


def _theirs(minor: int, currency: str) -> int:
    """An amount as Stripe counts it (docs.stripe.com/currencies: special cases).

    Raises Refusal `card_amount_unfit`: of currencies with three decimals it takes none in the last.
    """
    if money.exponent(currency) == _THREE_DECIMALS and minor % 10:
        shown = f"{money.text(minor, currency)} {currency}"
        raise Refusal(
            "card_amount_unfit", f"Cards can't be charged {shown}: its last digit is not 0."
        )
    return minor * 100 if currency in _TWO_DECIMALS_THERE else minor


def _ours(amount: int, currency: str) -> int:
    """An amount of Stripe's as we count it."""
    return amount // 100 if currency in _TWO_DECIMALS_THERE else amount


def _answered(call: Callable[[], _Answer]) -> _Answer:
    """The answer of a call; no answer, or one that the gateway itself does not stand by, is silence."""
    try:
        return call()
    except stripe.CardError:
        raise
    except _SILENT as error:
        raise GatewaySilent(str(error)) from error


def _outcome(intent: Any) -> Outcome:
    """How a PaymentIntent stands; one that failed for want of its holder can still be confirmed."""
    error = _field(intent, "last_payment_error")
    code = str(_field(error, "decline_code") or _field(error, "code") or "")
    secret = str(_field(intent, "client_secret") or "")
    state = _STATES.get(_field(intent, "status"), _STATE.ASKED)
    if state == _STATE.CONFIRM or (state == _STATE.DECLINED and code == _AUTHENTICATE):
        return Outcome(_STATE.CONFIRM, _AUTHENTICATE, "The bank asks the holder.", secret)
    if state == _STATE.DECLINED:
        return _declined(code, _field(error, "message"))
    return Outcome(state)


def _declined(code: str | None, said: str | None) -> Outcome:
    return Outcome(_STATE.DECLINED, (code or "card_declined")[:60], (said or "")[:300])


def _field(thing: Any, name: str) -> Any:
    """A field of the SDK's object or of plain JSON; None where there is none."""
    if thing is None:
        return None
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _check(body: bytes, header: str, secret: str, at: datetime) -> None:
    """The SDK checks against the wall's clock; here time is an argument."""
    parts = [part.split("=", 1) for part in header.split(",") if "=" in part]
    told = [value for name, value in parts if name.strip() == "t"]
    signatures = [value for name, value in parts if name.strip() == "v1"]
    unsigned = Refusal("webhook_unsigned", "This event is not signed by the gateway.")
    if not secret or len(told) != 1 or not (told[0].isascii() and told[0].isdecimal()):
        raise unsigned
    signed = told[0].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, "sha256").hexdigest()
    if not any(hmac.compare_digest(expected, given.strip()) for given in signatures):
        raise unsigned
    if len(told[0]) > 12 or abs(at.timestamp() - int(told[0])) > TOLERANCE.total_seconds():
        raise Refusal(
            "webhook_old",
            "This event was signed too long ago, or by a clock that is wrong. The gateway sends it "
            "again with a new signature.",
        )


def _read(event: dict[str, Any]) -> News:
    thing: dict[str, Any] = event["data"]["object"]
    kind = str(event["type"])[:100]
    currency = str(thing.get("currency") or "").upper()[:3]
    shared: dict[str, Any] = {
        "event": str(event["id"])[:200],
        "kind": kind,
        "happened_at": datetime.fromtimestamp(int(event["created"]), UTC),
        "amount_minor": _ours(int(thing.get("amount") or 0), currency),
        "currency": currency,
        "reference": str((thing.get("metadata") or {}).get("reference") or "")[:200],
    }
    if kind.startswith(_CHARGE_NEWS):
        return News(
            topic=gateway.CHARGE, about=str(thing["id"])[:200], outcome=_outcome(thing), **shared
        )
    if kind == "setup_intent.succeeded":
        return News(topic=gateway.CARD_SAVED, about=str(thing["id"])[:200], **shared)
    about = str(thing.get("payment_intent") or thing.get("id") or "")[:200]
    if kind in ("charge.dispute.created", "charge.dispute.closed"):
        opened = kind.endswith("created")
        return News(
            topic=gateway.DISPUTE_OPENED if opened else gateway.DISPUTE_CLOSED,
            about=about,
            dispute=str(thing["id"])[:200],
            reason=str(thing.get("reason") or "")[:200],
            won=thing.get("status") in ("won", "warning_closed"),
            **shared,
        )
    if kind == "refund.failed" or (
        kind == "charge.refund.updated" and thing.get("status") == "failed"
    ):
        return News(topic=gateway.REFUND_FAILED, about=about, **shared)
    return News(topic=gateway.OTHER, about=about, **shared)
