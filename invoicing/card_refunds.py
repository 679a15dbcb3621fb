"""Does what goes back to cards: left in the outbox with the books' entry, sent to the gateway after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.lib import outbox
from invoicing import cards
from invoicing.models import CardCharge

PAY_BACK = "invoicing.card_refund"


def leave(paid_by: str, reference: str, amount_minor: int, *, at: datetime) -> None:
    """Leave a payment back to a card in the outbox, where what was paid came by a charge of one.

    Args:
        paid_by: the reference of the payment or receipt.
        reference: of what goes back, unique: it goes back once, however often it is sent.
    """
    charge = CardCharge.objects.filter(reference=paid_by.partition("#")[0]).first()
    if charge is not None:
        payload = {"charge": charge.reference, "amount_minor": amount_minor}
        outbox.add(PAY_BACK, reference, payload, at=at)


def send(reference: str, payload: dict[str, Any], at: datetime) -> None:
    """Pay back to a card what the outbox says; no answer is tried again by the outbox."""
    charge = CardCharge.objects.get(reference=payload["charge"])
    cards.gateway_of(charge).refund(
        charge.gateway_id,
        reference=reference,
        amount_minor=payload["amount_minor"],
        currency=charge.currency,
    )
