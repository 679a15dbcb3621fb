"""Does the ends of periods: grace use is charged, the next plan is chosen, the next period begins (Q5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import consumer_credits, plan_changes, subscriptions
from contracts.models import PlanCharge, PlanVersion, Subscription
from invoicing import card_retries, grace_charges, grace_notes, plan_charges, subscribing
from ledger.models import Term

# Who ended a subscription whose credits a consumer may not be sold any more.
_F2 = f"rule F2: {consumer_credits.SETTING}"


def end_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a period of subscription `subject` ends at `due_at`. Once: one that another follows has
    ended already.

    What it still owed for the period lapses; what went beyond the balance is charged at the plan's unit
    price, with the next period. While suspended periods pass without a charge. A period that a consumer may
    not be sold does not begin (F2): the subscription ends.
    """
    found = subscriptions.find(subject)
    terms = found.holder.terms.filter(customer_id=found.customer_id)
    term = terms.filter(ends_at=due_at).first()
    ended = found.status == Subscription.Status.ENDED
    if term is None or ended or terms.filter(follows=due_at).exists():
        return
    with transaction.atomic():
        charges = [_close(found, term, recorded_at)]
        found = subscriptions.lock(found)
        version = plan_changes.next_version(found, term, due_at)
        if found.cancelled_at is None and not subscriptions.may_go_on(found, version, at=due_at):
            found = subscriptions.cancel(found, by=_F2, at=due_at)
        if found.cancelled_at is not None:
            subscriptions.end(found, at=due_at)
        else:
            charges.append(_go_on(found, version, due_at, recorded_at))
        paid = [plan_charges.collect(c, at=recorded_at) for c in charges if c is not None]
        if not all(paid):
            card_retries.fall_behind(found, at=recorded_at)


def _close(subscription: Subscription, term: Term, at: datetime) -> PlanCharge | None:
    """Charge what went beyond the balance or credit what was charged too much of it, and let lapse what was
    not paid and gave nothing."""
    for charge in plan_charges.open_charges(subscription):
        if charge.term_id == term.id and charge.kind != PlanCharge.Kind.GRACE:
            plan_charges.lapse(charge, at=at)
    grace_charges.end_with_period(subscription, term, at=at)
    grace_notes.credit(subscription, term, at=at)
    return grace_charges.charge_use(subscription, term, at=at)


def _go_on(
    subscription: Subscription, version: PlanVersion, due_at: datetime, recorded_at: datetime
) -> PlanCharge | None:
    """Begin the next period with the plan that use asks for; its charge, or None while suspended."""
    if subscription.status == Subscription.Status.SUSPENDED:
        subscriptions.begin_period(subscription, subscription.version, at=due_at)
        return None
    following = subscriptions.begin_period(subscription, version, at=due_at)
    return subscribing.leave_period(subscription, following, version, at=recorded_at)
