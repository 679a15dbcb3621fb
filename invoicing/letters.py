"""Does letters about subscriptions: every charge is announced before, and explained (F6).

Their sentences are written when the fact is, so a letter that goes out late still says what was true.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts import recipients
from contracts import plan_changes, subscriptions
from contracts.models import PlanVersion, Subscription
from creditops.lib import calendar, mail, money, outbox
from creditops.lib.refusals import Refusal
from invoicing import issuing, plan_charges
from ledger import grace_ends

LETTER = "invoicing.subscription_letter"
BEGUN, GRACE, PERIOD, DECLINED, ENDS = "begun", "grace", "period", "declined", "ends"
SUSPENDED, TOP_UP, TOP_UP_FAILED = "suspended", "top_up", "top_up_failed"

_HEADLINES = {
    BEGUN: "Your subscription has begun",
    GRACE: "Your credits are used up; you may go on for a while",
    PERIOD: "Your next period begins soon",
    ENDS: "Your subscription ends with its period",
    DECLINED: "Your card was declined",
    SUSPENDED: "Your subscription is suspended",
    TOP_UP: "Credits were bought for you",
    TOP_UP_FAILED: "Credits could not be bought for you",
}


def tell(
    kind: str, subscription: Subscription, *, at: datetime, sentences: Sequence[str] = ()
) -> None:
    """Leave a letter about a subscription in the outbox, once per kind and instant.

    Args:
        kind: one of those above.
        sentences: what it says; empty: what is usual for its kind.
    """
    said = list(sentences) or _USUAL[kind](subscription, at)
    write(kind, subscription.customer_id, subscription.code, said, at=at)


def write(
    kind: str, customer_id: int, about: str, sentences: Sequence[str], *, at: datetime
) -> None:
    """Leave a letter about a subscription, a contract or credits without one in the outbox."""
    outbox.add(
        LETTER,
        f"{about}:{kind}:{at.isoformat()}",
        {"customer": customer_id, "about": about, "headline": _HEADLINES[kind],
         "sentences": list(sentences)},
        at=at,
    )  # fmt: skip


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Deliver a letter from the outbox: to the customer's administrators and finance people."""
    mail.send("subscription", to=recipients.of_invoices(payload["customer"]), context=payload)


def grace_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: tell that a grace has begun, and what its end will cost (F6)."""
    grace = grace_ends.find(subject)
    found = Subscription.objects.filter(holder_id=grace.pool.holder_id).first()
    if found is None:
        return
    subscription = subscriptions.find(found.code)
    until = _instant(grace.ends_at, subscription)
    version = plan_changes.upgrade(subscription, grace.term, recorded_at)
    if version is None or subscription.cancelled_at is not None:
        then = (
            "What is used until then is charged at the price of your plan's credits, and use stops "
            "there until the next period."
        )
    else:
        less = max(0, version.price_minor - subscription.version.price_minor)
        paid = _cost(subscription, less, recorded_at)
        then = (
            f"Then {version.plan} is what your use asks for: your card is charged {paid}, the "
            f"difference to {subscription.version.plan}, and you get "
            f"{version.credits - subscription.version.credits:,} credits more."
        )
    tell(GRACE, subscription, at=recorded_at, sentences=[f"You may go on until {until}.", then])


def period_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: tell ahead what the next period of subscription `subject` will cost, or that none comes
    (F6, F2)."""
    subscription = subscriptions.find(subject)
    term = subscriptions.running_term(subscription, due_at)
    if term is None or subscription.cancelled_at is not None:
        return
    if subscription.status == Subscription.Status.SUSPENDED:
        return
    version = plan_changes.next_version(subscription, term, recorded_at)
    day = calendar.local_date(term.ends_at, subscription.time_zone)
    if not subscriptions.may_go_on(subscription, version, at=term.ends_at):
        tell(
            ENDS, subscription, at=recorded_at,
            sentences=[f"No period follows on {day:%-d %B %Y}, and your card is not charged: the credits "
                       "of your plan end sooner than those that we may sell to consumers.",
                       "What you paid for stays usable as long as its credits live."],
        )  # fmt: skip
        return
    if version.price_minor:
        begins = f"It begins on {day:%-d %B %Y} with {_plan(version)}"
        paid = _cost(subscription, version.price_minor, recorded_at)
        tell(
            PERIOD, subscription, at=recorded_at,
            sentences=[f"{begins}; your card is charged {paid}.",
                       "Use until then may still change the plan that it asks for."],
        )  # fmt: skip


def _begun(subscription: Subscription, at: datetime) -> list[str]:
    version = subscription.version
    if not version.price_minor:
        return [f"You have {_plan(version)} per month, without a card and without an invoice."]
    paid = _cost(subscription, version.price_minor, at)
    return [
        f"You have {_plan(version)} per month. Your card is charged {paid} now and with each period.",
        "You can cancel at any time; what you paid for stays usable as long as its credits live.",
    ]


def _declined(subscription: Subscription, at: datetime) -> list[str]:
    owed = [charge.amount_minor for charge in plan_charges.open_charges(subscription)]
    return [
        f"Your card was charged {_cost(subscription, sum(owed), at)}, and its bank said no.",
        "It is tried again after 1, 3, 5 and 7 days. Save another card, or pay by transfer.",
        "Credits that you have can be used meanwhile.",
    ]


def _suspended(subscription: Subscription, at: datetime) -> list[str]:
    return [
        "Nothing was paid for a week, so no further credits come.",
        "Credits that you have can be used. With a card that works you can go on at any time.",
    ]


_USUAL = {BEGUN: _begun, DECLINED: _declined, SUSPENDED: _suspended}


def _plan(version: PlanVersion) -> str:
    return f"{version.plan}, {version.credits:,} credits"


def _cost(subscription: Subscription, net_minor: int, at: datetime) -> str:
    """An amount with its tax, as people write it; where the tax has to be told first, without it."""
    try:
        cost = plan_charges.cost(
            subscription.customer, net_minor, subscription.currency, at, holder=subscription.holder
        )
    except Refusal as refusal:
        if refusal.code not in issuing.HOLDS:
            raise
        return f"{money.for_people(net_minor, subscription.currency)} and the tax on it"
    total = money.for_people(cost.total_minor, cost.currency)
    if not cost.tax_minor:
        return total
    return f"{total} with {money.for_people(cost.tax_minor, cost.currency)} tax"


def _instant(at: datetime, subscription: Subscription) -> str:
    local = at.astimezone(ZoneInfo(subscription.time_zone))
    return f"{local:%-d %B %Y, %H:%M} ({subscription.time_zone})"
