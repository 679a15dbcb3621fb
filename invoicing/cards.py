"""Does the charging of saved cards through a gateway.

The gateway is a port with one verb. Until a real one is configured it is the house's own, which
takes every charge; a declined card is a saved card whose token says so (tests, demo, scenarios).
"""

from __future__ import annotations

from datetime import datetime

from accounts.models import Customer
from creditops.lib.refusals import Refusal
from invoicing.models import Invoice, SavedCard

_WORKS = "works"
_DECLINED = "declined"


def save(customer: Customer, *, works: bool = True, at: datetime) -> SavedCard:
    """Leave a test card on file with the house's own gateway; one that works, or is declined."""
    token = _WORKS if works else _DECLINED
    label = "Test card ending in 4242" if works else "Test card ending in 0002"
    card, _ = SavedCard.objects.update_or_create(
        customer=customer, defaults={"token": token, "label": label, "saved_at": at}
    )
    return card


def charge(invoice: Invoice, *, at: datetime) -> str:
    """Charge the customer's card for an invoice; returns the gateway's reference.

    The reference is derived from the invoice, so a repetition charges once. Raises Refusal
    `card_declined`.
    """
    card = SavedCard.objects.filter(customer=invoice.customer).first()
    if card is not None and card.token == _DECLINED:
        raise Refusal("card_declined", f"{card.label} was declined. Ask for another card.")
    return f"card:{invoice.number}"
