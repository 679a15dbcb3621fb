"""Does cards on file: saved with a gateway, charged for an invoice, paid back to.

Which gateway is in force is said by the environment: Stripe where it has a key, else the house's own. A card
of another gateway is none. Cards that the house decides in the same instant are charged within the
caller's transaction; every other charge is a row first (`charges.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings

from accounts.models import Customer
from creditops.lib.refusals import Refusal
from invoicing import documents, house_gateway
from invoicing.gateway import Gateway, Saved, SetUp
from invoicing.house_gateway import HouseGateway
from invoicing.models import CardCharge, Invoice, SavedCard

_NO_CARD = "No card yet"


@dataclass(eq=False)
class CardWaits(Refusal):
    """What is bought waits for a charge of a card that is not made yet; nothing was written.

    `charges.ask` leaves the charge as a row; when it succeeds the act is done again, and goes through.
    """

    invoice: Invoice | None = None
    amount_minor: int = 0
    what: str = ""


def in_force() -> Gateway:
    """The gateway that cards are charged through."""
    if not settings.STRIPE_SECRET_KEY:
        return HouseGateway()
    return _stripe(
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE
    )


def gateway_of(charge: CardCharge) -> Gateway:
    """The gateway that a charge belongs to. Raises Refusal `gateway_gone` if it is not in force."""
    gateway = in_force()
    if gateway.name != charge.gateway:
        raise Refusal(
            "gateway_gone", f"{charge.reference} is of {charge.gateway}, which is not configured."
        )
    return gateway


def save(customer: Customer, *, works: bool = True, at: datetime) -> SavedCard:
    """Leave a test card on file with the house's own gateway; one that works, or is declined."""
    token = house_gateway.WORKS if works else house_gateway.DECLINED
    return save_test_card(customer, token=token, by="", at=at)


def save_test_card(customer: Customer, *, token: str, by: str, at: datetime) -> SavedCard:
    """Leave a test card that behaves as its token says (`house_gateway.CARDS`).

    Raises Refusal `card_unknown`; `card_of_the_house` where a real gateway is in force.
    """
    if in_force().name != house_gateway.NAME:
        raise Refusal(
            "card_of_the_house", "Test cards are charged nowhere. Save a real card in the portal."
        )
    if token not in house_gateway.CARDS:
        known = ", ".join(house_gateway.CARDS)
        raise Refusal("card_unknown", f"There is no test card {token!r}. There are: {known}.")
    saved = Saved(f"house:{customer.code}", token, house_gateway.CARDS[token])
    return _keep(customer, house_gateway.NAME, saved, by=by, at=at)


def begin_saving(customer: Customer, *, at: datetime) -> SetUp:
    """Begin to save a card with the gateway in force; asks the gateway, so outside of transactions.

    The payer's name there is kept before the card is: only its own customer can finish. Raises
    GatewaySilent.
    """
    gateway = in_force()
    known = SavedCard.objects.filter(customer=customer, gateway=gateway.name).first()
    begun = gateway.set_up(
        customer=customer.code, name=customer.name, payer=known.payer if known else ""
    )
    if known is None:
        _keep(customer, gateway.name, Saved(begun.payer, "", _NO_CARD), by="", at=at)
    return begun


def finish_saving(customer: Customer, *, setup: str, by: str, at: datetime) -> SavedCard:
    """Keep the card that a set-up saved; asks the gateway, so outside of transactions.

    Args:
        by: who agreed that it is charged later without them (F6).

    Raises Refusal `card_not_saved` where it is not finished, or is another customer's; GatewaySilent.
    """
    gateway = in_force()
    saved = gateway.saved(setup)
    begun = SavedCard.objects.filter(customer=customer, gateway=gateway.name).first()
    if saved is None or begun is None or begun.payer != saved.payer:
        raise Refusal("card_not_saved", "No card was saved. Try again, or use another card.")
    return _keep(customer, gateway.name, saved, by=by, at=at)


def remove(customer: Customer, *, at: datetime) -> None:
    """Forget the customer's card: nothing is charged to it any more. What is under way goes on.

    Raises Refusal `card_missing`.
    """
    if on_file(customer) is None:
        raise Refusal("card_missing", f"{customer.code} has no card on file. Ask for one first.")
    SavedCard.objects.filter(customer=customer).update(token="", label=_NO_CARD, consented_by="")


def on_file(customer: Customer) -> SavedCard | None:
    """The customer's card at the gateway in force."""
    found: SavedCard | None = SavedCard.objects.filter(
        customer=customer, gateway=in_force().name
    ).first()
    return found if found is None or found.token else None


def charge(invoice: Invoice, *, at: datetime) -> str:
    """Charge the customer's card for what is open of an invoice; returns the payment's reference.

    The charge is known by the invoice's source, so a repetition charges once. Raises Refusal
    `card_declined`, `card_missing`, `charge_differs` (another amount was charged for this act) and
    CardWaits where the charge has to be a row first.
    """
    card = on_file(invoice.customer)
    if in_force().name == house_gateway.NAME and (card is None or is_instant(card)):
        if card is not None and card.token == house_gateway.DECLINED:
            raise Refusal("card_declined", f"{card.label} was declined. Ask for another card.")
        return f"card:{invoice.number}"
    if card is None:
        raise Refusal(
            "card_missing", f"{invoice.customer.code} has no card on file. Ask for one first."
        )
    made = CardCharge.objects.filter(
        source=invoice.source, state=CardCharge.State.SUCCEEDED
    ).first()
    if made is None:
        raise CardWaits(
            "card_waits",
            f"{card.label} has to be charged first.",
            invoice=invoice,
            amount_minor=documents.open_minor(invoice),
            what=", ".join(line.text for line in invoice.lines.all()),
        )
    if (made.customer_id, made.amount_minor, made.currency) != (
        invoice.customer_id, documents.open_minor(invoice), invoice.currency,
    ):  # fmt: skip
        raise Refusal(
            "charge_differs",
            f"{made.reference} charged another amount than {invoice.source} costs.",
        )
    return made.reference


def is_instant(card: SavedCard) -> bool:
    """Whether a charge of it is decided here and now."""
    return card.gateway == house_gateway.NAME and card.token in house_gateway.INSTANT


def _keep(customer: Customer, gateway: str, saved: Saved, *, by: str, at: datetime) -> SavedCard:
    card, _ = SavedCard.objects.update_or_create(
        customer=customer,
        defaults={
            "gateway": gateway,
            "payer": saved.payer,
            "token": saved.token,
            "label": saved.label[:60],
            "consented_by": by,
            "saved_at": at,
        },
    )
    return card


@cache
def _stripe(secret_key: str, webhook_secret: str, api_base: str) -> Gateway:
    """Stripe's SDK is loaded only where it is used."""
    from invoicing.stripe_gateway import StripeGateway

    return StripeGateway(secret_key, webhook_secret, api_base)
