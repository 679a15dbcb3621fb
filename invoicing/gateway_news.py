"""Does what a gateway tells by itself: signed news, each heard once, in whatever order they come.

What was heard is written with what it did in one transaction. News about something that is not ours, or
about another amount than ours, change nothing and call for somebody to look.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditops.lib import locks
from creditops.lib.refusals import Refusal
from invoicing import cards, charges, disputes, gateway
from invoicing.gateway import GatewaySilent, News
from invoicing.models import CardCharge, GatewayEvent, SavedCard

DONE, KNOWN, IGNORED, UNFIT = "done", "known", "ignored", "unfit"


def hear(body: bytes, signature: str, *, at: datetime) -> str:
    """Hear signed news at `at`; returns what came of it.

    `known` when it was heard before, however long ago. Raises Refusal `webhook_unsigned`, `webhook_old` or
    `webhook_unreadable`; then nothing is written.
    """
    source = cards.in_force()
    news = source.hear(body, signature, at=at)
    with transaction.atomic():
        locks.hold(f"gateway:{source.name}:{news.event}")
        if GatewayEvent.objects.filter(gateway=source.name, event=news.event).exists():
            return KNOWN
        outcome, said = _act(news, at)
        GatewayEvent.objects.create(
            gateway=source.name,
            event=news.event,
            kind=news.kind,
            about=news.about,
            outcome=outcome,
            said=said[:500],
            calls=outcome == UNFIT or news.topic in _CALLING,
            happened_at=news.happened_at,
            received_at=at,
        )
    return outcome


_CALLING = (gateway.DISPUTE_OPENED, gateway.DISPUTE_CLOSED, gateway.REFUND_FAILED)


def _act(news: News, at: datetime) -> tuple[str, str]:
    """Do what the news call for: (outcome, sentence)."""
    if news.topic == gateway.OTHER:
        return IGNORED, ""
    if news.topic == gateway.CARD_SAVED:
        return _card_saved(news, at)
    charge = _charge(news)
    if charge is None:
        return UNFIT, "No charge of ours has this id."
    if news.topic == gateway.CHARGE:
        return _charged(charge, news, at)
    if news.topic == gateway.REFUND_FAILED:
        return DONE, f"A refund of {charge.reference} came back. Pay it another way."
    return disputes.told(charge, news, at=at)


def _charge(news: News) -> CardCharge | None:
    """The charge that the news are about, by the gateway's id or by ours."""
    known: CardCharge | None = CardCharge.objects.filter(gateway_id=news.about).first()
    if known is None and news.reference:
        known = CardCharge.objects.filter(reference=news.reference, gateway_id="").first()
    return known


def _charged(charge: CardCharge, news: News, at: datetime) -> tuple[str, str]:
    assert news.outcome is not None
    if (news.amount_minor, news.currency) != (charge.amount_minor, charge.currency):
        return UNFIT, f"{charge.reference} is about another amount."
    before = charge.state
    after = charges.decide(charge.reference, news.outcome, at=at)
    if after.state == before:
        return IGNORED, f"{charge.reference} was {after.get_state_display()} already."
    return DONE, f"{charge.reference} is {after.get_state_display()}."


def _card_saved(news: News, at: datetime) -> tuple[str, str]:
    """Keep a card whose page was closed too early, for the customer who began to save it."""
    try:
        saved = cards.in_force().saved(news.about)
        row = SavedCard.objects.filter(payer=saved.payer).first() if saved else None
        if saved is None or row is None:
            return UNFIT, "No customer of ours began to save this card."
        if row.token == saved.token:
            return IGNORED, f"{row.label} is on file already."
        cards.finish_saving(row.customer, setup=news.about, by=row.consented_by, at=at)
    except GatewaySilent as silent:
        raise Refusal("gateway_silent", "The gateway gives no answer. Send this again.") from silent
    return DONE, f"{saved.label} is on file."
