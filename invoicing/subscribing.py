"""Does what customers decide about a subscription: begin it, move to a larger plan at once (Q1, S51)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Customer
from contracts import plans, subscriptions
from contracts.models import Plan, PlanCharge, PlanVersion, Subscription
from contracts.subscriptions import Agreed
from creditops.lib import due
from creditops.lib.refusals import Refusal
from invoicing import card_retries, grace_charges, letters, plan_charges
from invoicing.cards import CardWaits
from ledger.models import Term


def subscribe(
    customer: Customer, plan: Plan, agreed: Agreed, *, by: str, at: datetime
) -> Subscription:
    """Begin a subscription at `at`, charged to the card on file at once (Q1).

    Where a gateway has to be asked first it waits for its first payment, past due until then. Raises
    Refusal `card_declined`: then nothing has begun; or as `subscriptions.open_`.
    """
    version = plans.version_at(plan, at)
    try:
        with transaction.atomic():
            made, charge = _opened(customer, version, agreed, by, at)
            plan_charges.collect_now(charge, at=at)
            letters.tell(letters.BEGUN, made, at=at)
    except CardWaits:
        with transaction.atomic():
            made, charge = _opened(customer, version, agreed, by, at)
            plan_charges.collect(charge, at=at)
            card_retries.fall_behind(made, at=at)
    return subscriptions.find(made.code)


def _opened(
    customer: Customer, version: PlanVersion, agreed: Agreed, by: str, at: datetime
) -> tuple[Subscription, PlanCharge]:
    """A subscription with the charge of its first period."""
    made = subscriptions.open_(customer, version, agreed, by=by, at=at)
    return made, leave_period(made, _running(made, at), version, at=at)


def leave_period(
    subscription: Subscription, term: Term, version: PlanVersion, *, at: datetime
) -> PlanCharge:
    """Leave the charge of a period."""
    return subscriptions.leave_charge(
        subscription, term, PlanCharge.Kind.PERIOD, version, credits=version.credits,
        amount_minor=version.price_minor, at=at,
    )  # fmt: skip


def change_plan(subscription: Subscription, plan: Plan, *, at: datetime) -> Subscription:
    """Move to another plan by hand: to a larger one at once, for the difference; to another with the next
    period. Where a gateway has to be asked first the larger one begins with its payment.

    Raises Refusal `subscription_unpaid`, `card_declined` (then nothing changed), or as
    `subscriptions.choose_next`.
    """
    due.catch_up([subscription.customer.code], at)
    with transaction.atomic():
        found = subscriptions.lock(subscription)
        version = plans.version_at(plan, at)
        if not _is_larger(version, found.version):
            return subscriptions.choose_next(found, plan, at=at)
        _check_may_grow(found, version)
        subscriptions.check_consumer(found, version, at=at)
        term = _running(found, at)
        charge = grace_charges.leave_upgrade(found, term, version, at=at)
        try:
            with transaction.atomic():
                plan_charges.collect_now(charge, at=at)
        except CardWaits as waits:
            plan_charges.ask_gateway(charge, waits, at)
    return subscriptions.find(subscription.code)


def _is_larger(version: PlanVersion, current: PlanVersion) -> bool:
    """Whether more credits come at once: a free plan is left with the next period, since its credits were
    free."""
    return bool(current.price_minor) and version.credits > current.credits


def _check_may_grow(subscription: Subscription, version: PlanVersion) -> None:
    if subscription.status in subscriptions.UNPAID:
        raise Refusal("subscription_unpaid", f"{subscription} is not paid. Pay what is open first.")
    if subscription.status == Subscription.Status.ENDED:
        raise Refusal("subscription_ended", f"{subscription} has ended. Start a new one instead.")
    if not version.plan.on_sale or version.currency != subscription.currency:
        raise Refusal("plan_not_on_sale", f"{version.plan} can't be bought. Choose another.")


def _running(subscription: Subscription, at: datetime) -> Term:
    term = subscriptions.running_term(subscription, at)
    if term is None:
        raise Refusal("subscription_ended", f"{subscription} has no period running.")
    return term
