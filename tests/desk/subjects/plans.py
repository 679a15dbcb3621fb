"""What acts on plans, packs and subscriptions are about: one that goes on, one cancelled, one unpaid."""

from __future__ import annotations

from contracts import packs, plans, subscriptions
from contracts.models import Plan, PlanCharge, PlanVersion, Subscription
from invoicing import card_retries, cards, grace_charges, subscribing
from tests.cast import START
from tests.staff import NOW, Book


def of(book: Book) -> dict[str, object]:
    """All three have the plan `starter`; an upgrade of the unpaid one waits for its money."""
    starter = _publish("starter", 5_000)
    growth = _publish("growth", 10_000)
    packs.publish(
        code="small", name="Small", credits=500, price_minor=450, currency="USD",
        effective_from=START, by="Sam", at=START,
    )  # fmt: skip
    cards.save(book.acme, at=START)
    begun = {code: _begin(book, starter.plan, code) for code in ("S-1", "S-ends", "S-unpaid")}
    subscriptions.cancel(begun["S-ends"], by="Ada", at=NOW)
    unpaid = _leave_unpaid(begun["S-unpaid"], growth)
    return {
        "sell-plan": starter.plan.code,
        "withdraw-pack": "USD/small",
        **dict.fromkeys(("change-plan", "cancel-subscription"), "S-1"),
        "keep-subscription": "S-ends",
        "retry-card": "S-unpaid",
        "pay-plan-charge": unpaid.pk,
    }


def _publish(code: str, credits: int) -> PlanVersion:
    """A plan whose credits cost a cent each."""
    return plans.publish(
        code=code, credits=credits, price_minor=credits, currency="USD", by="Sam", at=START
    )


def _begin(book: Book, plan: Plan, code: str) -> Subscription:
    return subscribing.subscribe(book.acme, plan, subscriptions.Agreed(code=code), by="Ada", at=NOW)


def _leave_unpaid(subscription: Subscription, version: PlanVersion) -> PlanCharge:
    """A larger plan was asked for, and the card was declined."""
    term = subscriptions.running_term(subscription, NOW)
    assert term is not None
    charge = grace_charges.leave_upgrade(subscription, term, version, at=NOW)
    card_retries.fall_behind(subscription, at=NOW)
    return charge
