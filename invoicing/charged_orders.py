"""Does purchases by card that wait for their money: decided, charged, then bought with what was charged.

A card that is decided here and now is charged within the purchase (`purchases.buy`). Any other is charged
outside of every transaction: the purchase is tried and taken back, its charge left as a row, and when that
succeeds the purchase is done again and goes through with it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from contracts import rate_cards
from creditops.lib.refusals import Refusal
from invoicing import cards, charges, purchases
from invoicing.charges import Wanted
from invoicing.models import CardCharge
from invoicing.purchases import Bought, Order
from ledger.models import Holder

THEN = "invoicing.charged_order"


def buy(order: Order, *, by: str, at: datetime) -> Bought | CardCharge:
    """Buy at `at`, or leave the charge that the purchase waits for.

    Raises as `purchases.buy`.
    """
    try:
        with transaction.atomic():
            return purchases.buy(order, by=by, at=at)
    except cards.CardWaits as waits:
        invoice = waits.invoice
        assert invoice is not None
        return charges.ask(
            Wanted(
                customer=invoice.customer,
                source=order.source,
                amount_minor=waits.amount_minor,
                currency=invoice.currency,
                what=waits.what,
                then=THEN,
                content=_written(order),
            ),
            by=by,
            at=at,
        )


def go_on(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a charge that a purchase waited for is decided. Declined, nothing is bought.

    What can't be bought any more leaves its money on the customer's account.
    """
    charge = charges.find(subject)
    if charge.state != CardCharge.State.SUCCEEDED:
        return
    try:
        with transaction.atomic():
            purchases.buy(_read(charge.content), by=charge.asked_by, at=recorded_at)
    except Refusal as refusal:
        if refusal.code != "already_invoiced":
            charges.keep_as_money(charge, by=charge.asked_by, at=recorded_at)


_PLAIN = (
    "credits", "price_minor", "currency", "pay", "source", "unit", "validity", "bonus_credits",
)  # fmt: skip


def _written(order: Order) -> dict[str, Any]:
    """An order as JSON."""
    plain = {name: getattr(order, name) for name in _PLAIN}
    return plain | {
        "holder": [order.holder.customer_id, order.holder.pk],
        "expires_at": order.expires_at.isoformat() if order.expires_at else None,
        "bonus_expires_at": order.bonus_expires_at.isoformat() if order.bonus_expires_at else None,
        "due_on": order.due_on.isoformat() if order.due_on else None,
        "rate_card": order.rate_card.code if order.rate_card else None,
    }


def _read(content: dict[str, Any]) -> Order:
    """The order that `_written` wrote."""
    customer_id, holder_id = content["holder"]
    holder = Holder.objects.select_related("customer").get(customer_id=customer_id, id=holder_id)
    return Order(
        holder=holder,
        expires_at=_instant(content["expires_at"]),
        bonus_expires_at=_instant(content["bonus_expires_at"]),
        due_on=date.fromisoformat(content["due_on"]) if content["due_on"] else None,
        rate_card=rate_cards.find(content["rate_card"]) if content["rate_card"] else None,
        **{name: content[name] for name in _PLAIN},
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
