"""A gateway for tests: scripted answers, silence, news in any order; what it charged can be counted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

import stripe

from creditops.lib import outbox
from invoicing import cards
from invoicing.gateway import GatewaySilent, News, Order, Outcome, Saved, SetUp
from invoicing.models import CardCharge

STATE = CardCharge.State
CHARGED = Outcome(STATE.SUCCEEDED)
DECLINED = Outcome(STATE.DECLINED, "insufficient_funds", "The card has insufficient funds.")
CONFIRM = Outcome(STATE.CONFIRM, "authentication_required", "The bank asks the holder.", "secret")
SILENCE = "silence"
# Money moved, and the answer got lost.
LOST = "lost"


@dataclass
class ScriptedGateway:
    """Charges as its script says, one entry per call of `charge`; keeps no promise about repetitions but
    that one intent is charged once, as Stripe's are."""

    script: list = field(default_factory=list)
    intents: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    charged: list[str] = field(default_factory=list)
    refunded: list[tuple[str, str, int]] = field(default_factory=list)
    name: str = "scripted"

    def set_up(self, *, customer: str, name: str, payer: str) -> SetUp:
        return SetUp(payer or f"cus_{customer}", f"seti_{customer}", "secret")

    def saved(self, setup: str) -> Saved | None:
        return Saved(setup.replace("seti_", "cus_"), "pm_1", "Visa ending in 4242")

    def prepare(self, order: Order) -> str:
        gateway_id = f"pi_{len(self.intents) + 1}"
        self.intents[gateway_id] = STATE.READY
        self.orders[gateway_id] = order
        return gateway_id

    def charge(self, gateway_id: str) -> Outcome:
        if self.intents[gateway_id] != STATE.READY:
            return self.look(gateway_id)
        told = self.script.pop(0) if self.script else CHARGED
        if told == SILENCE:
            raise GatewaySilent("connection reset")
        outcome = CHARGED if told == LOST else told
        self.intents[gateway_id] = outcome.state
        if outcome.state == STATE.SUCCEEDED:
            self.charged.append(gateway_id)
        if told == LOST:
            raise GatewaySilent("timed out")
        return outcome

    def look(self, gateway_id: str) -> Outcome:
        return Outcome(self.intents[gateway_id])

    def give_up(self, gateway_id: str) -> Outcome:
        if self.intents[gateway_id] == STATE.READY:
            self.intents[gateway_id] = STATE.GIVEN_UP
        return self.look(gateway_id)

    def refund(self, gateway_id: str, *, reference: str, amount_minor: int, currency: str) -> None:
        if (gateway_id, reference, amount_minor) not in self.refunded:
            self.refunded.append((gateway_id, reference, amount_minor))

    def hear(self, body: bytes, signature: str, *, at: datetime) -> News:
        raise NotImplementedError


def put_in_force(monkeypatch, gateway) -> None:
    """Have cards charged through this one."""
    monkeypatch.setattr(cards, "in_force", lambda: gateway)


def with_card(customer, at: datetime):
    """Save a card of the gateway in force, as the portal's page does."""
    begun = cards.begin_saving(customer, at=at)
    return cards.finish_saving(customer, setup=begun.setup, by="ada@acme.example", at=at)


def relay(at: datetime) -> None:
    """Deliver what waits in the outbox; letters and PDFs of other tests' concern may fail."""
    outbox.relay(at)


SECRET = "whsec_test"


def event(kind: str, thing: dict, *, number: str = "evt_1", created: datetime) -> bytes:
    """An event as Stripe writes it."""
    return json.dumps(
        {
            "id": number,
            "object": "event",
            "type": kind,
            "created": int(created.timestamp()),
            "data": {"object": thing},
        }
    ).encode()


def signed(body: bytes, at: datetime, secret: str = SECRET) -> str:
    """The header that Stripe's own library makes for a body."""
    return stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=int(at.timestamp())
    )


def intent(charge: CardCharge, status: str = "succeeded", **fields) -> dict:
    """A PaymentIntent of a charge."""
    return {
        "id": charge.gateway_id,
        "object": "payment_intent",
        "amount": charge.amount_minor,
        "currency": charge.currency.lower(),
        "status": status,
        "metadata": {"reference": charge.reference},
    } | fields
