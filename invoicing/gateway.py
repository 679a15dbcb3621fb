"""Answers what a card gateway is to us: a port with few verbs, and what comes back through it.

Two adapters stand behind it: `house_gateway` (in this process, for trials, tests and scenarios) and
`stripe_gateway`. A gateway may be slow, silent, repeat itself and tell things in the wrong order; what
we build on is little, and stands in docs/payments.md: nothing is charged before its id is stored, and
asking for the same charge again charges once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class GatewaySilent(Exception):
    """The gateway gave no answer. What was asked of it may have been done, or not: ask again."""


@dataclass(frozen=True)
class Order:
    """A charge to be made: `reference` is ours and unique, `payer` and `token` are the gateway's words."""

    reference: str
    payer: str
    token: str
    amount_minor: int
    currency: str
    what: str


@dataclass(frozen=True)
class Outcome:
    """How a charge stands, by the states of `CardCharge`; `code` and `said` tell why it was declined.

    `secret` lets the customer's browser confirm this charge with the gateway, and nothing else.
    """

    state: str
    code: str = ""
    said: str = ""
    secret: str = ""


@dataclass(frozen=True)
class SetUp:
    """A card being saved: the gateway's ids, and the secret with which a browser finishes it."""

    payer: str
    setup: str
    secret: str


@dataclass(frozen=True)
class Saved:
    """A card that the gateway keeps: whose it is, its token there, and how people know it."""

    payer: str
    token: str
    label: str


@dataclass(frozen=True)
class News:
    """What a gateway tells by itself, its signature checked.

    Attributes:
        event: its number, the same when it is told again.
        kind: in the gateway's words.
        topic: one of the constants below.
        about: the charge's id at the gateway, or the set-up's.
        reference: ours, if the gateway kept it.
        outcome: how the charge stands, for `CHARGE`.
        amount_minor, currency: of the charge or dispute.
        dispute, reason, won: of a dispute.
        happened_at: by the gateway's clock.
    """

    event: str
    kind: str
    topic: str
    about: str
    happened_at: datetime
    reference: str = ""
    outcome: Outcome | None = None
    amount_minor: int = 0
    currency: str = ""
    dispute: str = ""
    reason: str = ""
    won: bool = False


CHARGE, DISPUTE_OPENED, DISPUTE_CLOSED = "charge", "dispute_opened", "dispute_closed"
CARD_SAVED, REFUND_FAILED, OTHER = "card_saved", "refund_failed", "other"


class Gateway(Protocol):
    """What we ask of a gateway. Every call may raise GatewaySilent."""

    @property
    def name(self) -> str:
        """By which cards and charges remember it."""

    def set_up(self, *, customer: str, name: str, payer: str) -> SetUp:
        """Begin to save a card of a customer; `payer` is empty for one that the gateway does not know."""

    def saved(self, setup: str) -> Saved | None:
        """The card that a set-up saved; None: it is not finished."""

    def prepare(self, order: Order) -> str:
        """Make a charge known, without charging; returns the gateway's id of it."""

    def charge(self, gateway_id: str) -> Outcome:
        """Charge what was prepared. Asked again, it tells how it stands and charges no second time."""

    def look(self, gateway_id: str) -> Outcome:
        """How a charge stands."""

    def give_up(self, gateway_id: str) -> Outcome:
        """Take back a charge that was not made; tells how it stands then."""

    def refund(self, gateway_id: str, *, reference: str, amount_minor: int, currency: str) -> None:
        """Pay back a part of a charge, once per reference, however often it is asked."""

    def hear(self, body: bytes, signature: str, *, at: datetime) -> News:
        """Read news. Raises Refusal `webhook_unsigned`, `webhook_old` or `webhook_unreadable`."""
