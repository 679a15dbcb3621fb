"""Does what a declined card asks for: retries on days 1, 3, 5 and 7, then suspension, and recovery (Q6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from contracts import subscriptions
from contracts.models import PlanCharge, Subscription
from creditops.lib import calendar, due
from creditops.lib.refusals import Refusal
from invoicing import letters, plan_charges
from invoicing.cards import CardWaits
from ledger import balances, graces
from ledger.models import Term

RETRY = "invoicing.card_retry"
# Days after the first no, at local midnight.
DAYS = (1, 3, 5, 7)


def fall_behind(subscription: Subscription, *, at: datetime) -> None:
    """The card was declined at `at`: nothing more goes beyond the balance, and the card is tried again.

    Another no counts anew: retries of an earlier one are over with it.
    """
    with transaction.atomic():
        found = subscriptions.lock(subscription)
        if found.status == Subscription.Status.ENDED:
            return
        found.status, found.past_due_since = Subscription.Status.PAST_DUE, at
        found.save(update_fields=["status", "past_due_since"])
        for day in DAYS:
            _plan(found, day, at)
        if found.charges.filter(state=PlanCharge.State.OPEN, attempts__gt=0).exists():
            letters.tell(letters.DECLINED, found, at=at)
    subscription.refresh_from_db()


def retry_at(subscription: Subscription, since: datetime, day: int) -> datetime:
    """Local midnight so many days after the card was declined."""
    first = calendar.local_date(since, subscription.time_zone)
    return calendar.local_midnight(first + timedelta(days=day), subscription.time_zone)


def next_retry(subscription: Subscription, at: datetime) -> datetime | None:
    """When the card is tried next; None: not by itself any more."""
    since = subscription.past_due_since
    if since is None or subscription.status != Subscription.Status.PAST_DUE:
        return None
    coming = (retry_at(subscription, since, day) for day in DAYS)
    return next((instant for instant in coming if instant > at), None)


def retry_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: try the card of a subscription again, `<code>:<day>`; after the last day suspend it, unless
    it is us for whom its payment waits."""
    code, _, day = subject.rpartition(":")
    subscription = subscriptions.find(code)
    since = subscription.past_due_since
    if subscription.status != Subscription.Status.PAST_DUE or since is None:
        return
    if retry_at(subscription, since, int(day)) != due_at:
        return
    if _collect_all(subscription, recorded_at) or int(day) < DAYS[-1]:
        return
    if _waits_for_us(subscription):
        _plan(subscription, int(day) + 1, since)
    else:
        _suspend(subscription, recorded_at)


def recover(subscription: Subscription, *, at: datetime) -> Subscription:
    """Charge what is open now: a card works again. A suspended subscription goes on with the running
    period.

    Raises Refusal `nothing_open`, `card_declined`: then all stays as it was.
    """
    with transaction.atomic():
        found = subscriptions.lock(subscription)
        if found.status not in subscriptions.UNPAID:
            raise Refusal("nothing_open", f"Nothing of {found} waits to be paid.")
        if found.status == Subscription.Status.SUSPENDED:
            _charge_running(found, at)
        for charge in plan_charges.open_charges(found):
            try:
                with transaction.atomic():
                    plan_charges.collect_now(charge, at=at)
            except CardWaits as waits:
                plan_charges.ask_gateway(charge, waits, at)
    return subscriptions.find(subscription.code)


def charged_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the gateway has decided about a card's charge for a subscription; of a no its customer is
    told. What was to be moved to by hand stays as it was then."""
    charge = plan_charges.go_on(subject, recorded_at)
    if charge.state != PlanCharge.State.OPEN:
        return
    subscription = subscriptions.find(charge.subscription.code)
    if subscription.status not in subscriptions.UNPAID:
        plan_charges.lapse(charge, at=recorded_at)
    letters.tell(letters.DECLINED, subscription, at=recorded_at)


def stop_grace(subscription: Subscription, term: Term, *, reason: str, at: datetime) -> None:
    """Let nothing more go beyond the balance in a period, if it could at all."""
    pool = subscriptions.pool_of(subscription, at)
    if balances.commitment_of(pool, term) is not None:
        graces.stop(pool, term, reason=reason, at=at)


def _plan(subscription: Subscription, day: int, since: datetime) -> None:
    due.plan(
        RETRY, f"{subscription.code}:{day}", retry_at(subscription, since, day), rank=due.START,
        group=subscription.customer.code,
    )  # fmt: skip


def _waits_for_us(subscription: Subscription) -> bool:
    """Whether no card was declined: what is open waits for a tax that we have to tell first, and a customer
    is not suspended for that; it is tried every day."""
    open_ = plan_charges.open_charges(subscription)
    return all(charge.problem and not charge.attempts for charge in open_)


def _collect_all(subscription: Subscription, at: datetime) -> bool:
    """Try what is open, in its order; whether all of it is paid."""
    paid = [plan_charges.collect(c, at=at) for c in plan_charges.open_charges(subscription)]
    return all(paid)


def _suspend(subscription: Subscription, at: datetime) -> None:
    with transaction.atomic():
        found = subscriptions.lock(subscription)
        found.status = Subscription.Status.SUSPENDED
        found.save(update_fields=["status"])
        letters.tell(letters.SUSPENDED, found, at=at)


def _charge_running(subscription: Subscription, at: datetime) -> None:
    """Leave the charge of the running period, if it has none: while suspended none was made."""
    term = subscriptions.running_term(subscription, at)
    if term is None:
        raise Refusal("period_over", f"{subscription} has no period running.")
    made = subscription.charges.filter(term=term, kind=PlanCharge.Kind.PERIOD)
    if not made.exists():
        version = subscription.version
        subscriptions.leave_charge(
            subscription, term, PlanCharge.Kind.PERIOD, version, credits=version.credits,
            amount_minor=version.price_minor, at=at,
        )  # fmt: skip
