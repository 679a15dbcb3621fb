"""Does the ends of graces: an upgrade that use asks for, or grace use at the plan's unit price (Q3, Q5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from contracts import plan_changes, subscriptions
from contracts.models import GraceEnd, PlanCharge, PlanVersion, Subscription
from invoicing import card_retries, plan_charges
from invoicing.models import CreditNoteLine
from ledger import balances, grace_ends, graces
from ledger.grace_ends import Grace
from ledger.graces import Owed
from ledger.models import Term


def end_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a grace is over, by its time or because all that it allows is used.

    The end of its period sees to itself.
    """
    grace = grace_ends.find(subject)
    subscription = of_holder(grace.pool.holder_id)
    if subscription is None or due_at >= grace.term.ends_at or _is_over(subscription, grace):
        return
    how = GraceEnd.How.TIME if due_at >= grace.ends_at else GraceEnd.How.USED_UP
    end(subscription, grace, how=how, ended_at=due_at, at=recorded_at)


def end(
    subscription: Subscription, grace: Grace, *, how: GraceEnd.How, ended_at: datetime, at: datetime
) -> GraceEnd:
    """End a grace inside its period. Once per grace.

    The smallest plan that covers the use of the period is charged for, with the difference of prices for
    the difference of credits, which pay for the grace use; where there is none, or no further period is
    wanted, the grace use is charged at the plan's unit price and nothing more goes beyond the balance.
    """
    with transaction.atomic():
        found = subscriptions.lock(subscription)
        beyond = balances.overage_of(grace.pool, grace.term)
        newest = grace_ends.newest(grace.pool, grace.term)
        superseded = newest is not None and newest.crossing.id != grace.crossing.id
        version = plan_changes.upgrade(found, grace.term, at)
        if superseded or not beyond:
            if not beyond:
                graces.renew(grace.pool, at=at)
            return _write(found, grace, how, GraceEnd.Outcome.NOTHING, ended_at, beyond)
        if version is None or found.cancelled_at is not None:
            outcome = GraceEnd.Outcome.CHARGED
            charge = charge_use(found, grace.term, at=at)
        else:
            outcome = GraceEnd.Outcome.UPGRADE
            charge = leave_upgrade(found, grace.term, version, at=at)
        done = _write(found, grace, how, outcome, ended_at, beyond)
        if charge is not None and not plan_charges.collect(charge, at=at):
            card_retries.stop_grace(found, grace.term, reason="card declined", at=at)
            card_retries.fall_behind(found, at=at)
    return done


def leave_upgrade(
    subscription: Subscription, term: Term, version: PlanVersion, *, at: datetime
) -> PlanCharge:
    """Leave the charge of an upgrade: the difference of prices for the difference of credits."""
    current = subscription.version
    return subscriptions.leave_charge(
        subscription,
        term,
        PlanCharge.Kind.UPGRADE,
        version,
        credits=version.credits - current.credits,
        amount_minor=max(0, version.price_minor - current.price_minor),
        at=at,
    )


def charge_use(subscription: Subscription, term: Term, *, at: datetime) -> PlanCharge | None:
    """Value what went beyond the balance in a period at its plan's unit price, and invoice what was not
    yet. None where there is no more of it than was charged.
    """
    due = uncharged(subscription, term, at=at)
    if due is None or due.credits <= 0 or due.minor < 0:
        return None
    version = version_of(subscription, term)
    made = subscriptions.leave_charge(
        subscription, term, PlanCharge.Kind.GRACE, version, credits=due.credits,
        amount_minor=due.minor, at=at,
    )  # fmt: skip
    plan_charges.issue_grace(made, at=at)
    return made


def uncharged(subscription: Subscription, term: Term, *, at: datetime) -> Owed | None:
    """What went beyond the balance in a period at its plan's unit price, less what was charged of it and
    not credited: below zero where too much was. None where nothing went beyond, nor was charged.

    It has its price from then on, and nothing more goes beyond the balance.
    """
    pool = subscriptions.pool_of(subscription, at)
    charges = subscription.charges.filter(term=term, kind=PlanCharge.Kind.GRACE)
    left = [left_of(charge) for charge in charges]
    if balances.commitment_of(pool, term) is None:
        return None
    if not left and not balances.overage_of(pool, term):
        return None
    version = version_of(subscription, term)
    owed = graces.value(
        pool, term, credits=version.credits, price_minor=version.price_minor,
        currency=version.currency, at=at,
    )  # fmt: skip
    return Owed(
        owed.credits - sum(charged.credits for charged in left),
        owed.minor - sum(charged.minor for charged in left),
    )


def left_of(charge: PlanCharge) -> Owed:
    """What a charge of grace use charges, less what credit notes took back of it."""
    back = CreditNoteLine.objects.filter(line__invoice__source=charge.source).aggregate(
        credits=Sum("credits", default=0), minor=Sum("amount_minor", default=0)
    )
    return Owed(charge.credits - int(back["credits"]), charge.amount_minor - int(back["minor"]))


def version_of(subscription: Subscription, term: Term) -> PlanVersion:
    """The plan that a period had in the end: that of what was paid last for it."""
    paid = subscription.charges.filter(term=term, state=PlanCharge.State.PAID)
    newest = paid.exclude(kind=PlanCharge.Kind.GRACE).order_by("settled_at", "id").last()
    return subscription.version if newest is None else newest.version


def restate(term: Term, *, at: datetime) -> None:
    """Use of a period that is over came late, or was corrected: what is more than was charged is charged
    beside (O7)."""
    subscription = of_holder(term.holder_id)
    if subscription is None:
        return
    with transaction.atomic():
        charge = charge_use(subscriptions.lock(subscription), term, at=at)
        if charge is not None and not plan_charges.collect(charge, at=at):
            card_retries.fall_behind(subscription, at=at)


def end_with_period(subscription: Subscription, term: Term, *, at: datetime) -> None:
    """Write down that the grace which ran at the end of a period is over with it."""
    pool = subscriptions.pool_of(subscription, at)
    grace = grace_ends.newest(pool, term)
    if grace is not None and not _is_over(subscription, grace):
        beyond = balances.overage_of(pool, term)
        outcome = GraceEnd.Outcome.CHARGED if beyond else GraceEnd.Outcome.NOTHING
        _write(subscription, grace, GraceEnd.How.PERIOD, outcome, term.ends_at, beyond)


def of_holder(holder_id: int) -> Subscription | None:
    """The subscription of a holder; None where it is a contract's."""
    found = Subscription.objects.filter(holder_id=holder_id).first()
    return None if found is None else subscriptions.find(found.code)


def _is_over(subscription: Subscription, grace: Grace) -> bool:
    return subscription.grace_ends.filter(crossing_id=grace.crossing.id).exists()


def _write(
    subscription: Subscription,
    grace: Grace,
    how: GraceEnd.How,
    outcome: GraceEnd.Outcome,
    ended_at: datetime,
    credits: int,
) -> GraceEnd:
    return GraceEnd.objects.create(
        subscription=subscription,
        term=grace.term,
        crossing_id=grace.crossing.id,
        began_at=grace.began_at,
        ended_at=ended_at,
        how=how,
        outcome=outcome,
        credits=credits,
    )
