"""Does the charging of test cards, in this process: the default, for trials, tests and scenarios.

What a card does is its token; nothing is remembered, so every process and every repetition gets the same
answer. No money moves anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from creditops.lib.refusals import Refusal
from invoicing.gateway import GatewaySilent, News, Order, Outcome, Saved, SetUp
from invoicing.models import CardCharge

NAME = "house"
WORKS, DECLINED = "works", "declined"
CONFIRM, SILENT, SILENT_DECLINED, SLOW = "confirm", "silent", "silent_declined", "slow"

# Test cards, as people choose them: token -> label.
CARDS = {
    WORKS: "Test card ending in 4242",
    DECLINED: "Test card ending in 0002",
    CONFIRM: "Test card ending in 3184, its bank asks the holder",
    SILENT: "Test card ending in 0119, the answer is lost",
    SILENT_DECLINED: "Test card ending in 0127, declined and the answer is lost",
    SLOW: "Test card ending in 0077, answered later",
}
# These are decided in the same instant, without asking anybody outside.
INSTANT = frozenset({WORKS, DECLINED})

_STATE = CardCharge.State
_CHARGED = Outcome(_STATE.SUCCEEDED)
_REFUSED = Outcome(_STATE.DECLINED, "card_declined", "The card was declined.")
_UNCONFIRMED = Outcome(_STATE.CONFIRM, "authentication_required", "The bank asks the holder.")
_ANSWERS = {
    WORKS: _CHARGED,
    DECLINED: _REFUSED,
    CONFIRM: _UNCONFIRMED,
    SLOW: Outcome(_STATE.ASKED, "processing", "The bank has not answered yet."),
}
_LATER = {
    SILENT: _CHARGED,
    SILENT_DECLINED: _REFUSED,
    SLOW: _CHARGED,
}


@dataclass(frozen=True)
class HouseGateway:
    """The port's verbs for test cards; an id carries the card's token and our reference."""

    name: str = NAME

    def set_up(self, *, customer: str, name: str, payer: str) -> SetUp:
        """A set-up that `saved` finishes; the page offers test cards instead of a form."""
        return SetUp(payer or f"house:{customer}", f"house:{customer}:{WORKS}", "")

    def saved(self, setup: str) -> Saved | None:
        """The card whose token ends the set-up's name."""
        payer, _, token = setup.rpartition(":")
        return Saved(payer, token, CARDS[token]) if token in CARDS else None

    def prepare(self, order: Order) -> str:
        """The same id for the same order."""
        return f"{NAME}:{order.token}:{order.reference}"[:200]

    def charge(self, gateway_id: str) -> Outcome:
        """What the card's token says. Raises GatewaySilent for one whose answer is lost."""
        token = _token(gateway_id)
        if token not in _ANSWERS:
            raise GatewaySilent("the test gateway says nothing, as its card demands")
        return _ANSWERS[token]

    def look(self, gateway_id: str) -> Outcome:
        """What was done in truth."""
        token = _token(gateway_id)
        return _LATER.get(token) or _ANSWERS[token]

    def give_up(self, gateway_id: str) -> Outcome:
        """Nothing was charged before `charge`."""
        return Outcome(_STATE.GIVEN_UP)

    def refund(self, gateway_id: str, *, reference: str, amount_minor: int, currency: str) -> None:
        """Nothing was taken, nothing is given."""

    def hear(self, body: bytes, signature: str, *, at: datetime) -> News:
        """Test cards send no news: whoever sends some is somebody else."""
        raise Refusal(
            "webhook_unsigned",
            "No card gateway is configured here, so nobody may tell news of one.",
        )


def _token(gateway_id: str) -> str:
    return gateway_id.split(":", 2)[1]
