"""Does the beginning, changing and ending of subscriptions: contracts with monthly periods (T3, Q1).

A period is a term of the subscription's holder. What it costs is left as a `PlanCharge`, which is
collected on the floor above; credits come when it is paid. Cancelled is at the period's end: what was
paid for stays usable as long as its credits live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from accounts.models import Customer
from contracts import agreements, consumer_credits, plans, terms_of_sale
from contracts.models import Consent, Plan, PlanCharge, PlanVersion, Subscription
from creditops.lib import calendar, due, policies
from creditops.lib.refusals import NotFound, Refusal
from ledger import daily_credits, exchange, grace_ends, holders, units
from ledger.grace_ends import Grace
from ledger.models import Holder, Pool, Term

PERIOD_END, PERIOD_NOTICE = "contracts.period_end", "contracts.period_notice"
# The charge of a period is announced this long before it.
NOTICE = timedelta(days=3)
# Where a card was declined and something waits to be paid.
UNPAID = (Subscription.Status.PAST_DUE, Subscription.Status.SUSPENDED)


@dataclass(frozen=True)
class Agreed:
    """What a subscription begins with.

    Attributes:
        code: by which everyone knows it.
        settings, settings_agreed_by: policies of its own, as of a contract.
        words: what was consented to, the very sentence; empty where nobody was asked (F6).
        address: from where.
    """

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_agreed_by: str = ""
    words: str = ""
    address: str | None = None


def open_(
    customer: Customer, version: PlanVersion, agreed: Agreed, *, by: str, at: datetime
) -> Subscription:
    """Open a subscription whose first period begins at `at`; its charge is left to be collected.

    Raises Refusal `subscription_exists`, `contract_code_invalid`, `plan_currency`, `plan_not_on_sale`,
    `setting_needs_approval`, `consumer_credits_end_early`, or what a setting is refused with.
    """
    agreements.check_code(customer, agreed.code)
    exchange.check(version.currency, at)
    if not version.plan.on_sale:
        raise Refusal("plan_not_on_sale", f"{version.plan} is not sold any more. Choose another.")
    with transaction.atomic():
        if agreed.settings:
            terms_of_sale.check_signable(agreed.settings, agreed.settings_agreed_by)
            policies.change(
                policies.contract_scope(agreed.code),
                agreed.settings,
                effective_at=at,
                recorded_at=at,
                by=by,
                approved_by=agreed.settings_agreed_by or f"the start of {agreed.code}",
            )
        made = _create(customer, version, agreed.code, by, at)
        if agreed.words:
            consent(customer, agreed.code, words=agreed.words, by=by, address=agreed.address, at=at)
        if version.plan.rate_card is not None:
            agreements.follow_rates(made.holder, version.plan.rate_card, at=at)
        check_consumer(made, version, at=at)
        begin_period(made, version, at=at)
    return made


def find(code: str) -> Subscription:
    """The subscription known as `code`. Raises NotFound."""
    found = (
        Subscription.objects.select_related("customer", "holder__customer", "version__plan")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise NotFound("subscription", code)
    return found


def lock(subscription: Subscription) -> Subscription:
    """The subscription as it stands now, locked until the transaction ends."""
    return (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("customer", "holder__customer", "version__plan", "next_plan")
        .get(pk=subscription.pk)
    )


def consent(
    customer: Customer, subject: str, *, words: str, by: str, address: str | None, at: datetime
) -> Consent:
    """Keep what a customer agreed to, word by word (F6)."""
    return Consent.objects.create(
        customer=customer, subject=subject, words=words, given_by=by, given_at=at, address=address
    )


def begin_period(subscription: Subscription, version: PlanVersion, *, at: datetime) -> Term:
    """Begin the next period with a plan and plan its end. Its charge is left by whoever collects it."""
    number = subscription.holder.terms.filter(customer_id=subscription.customer_id).count() + 1
    ends_on = calendar.add_months(subscription.anchor_on, number)
    ends_at = calendar.local_midnight(ends_on, subscription.time_zone)
    term = holders.begin_term(subscription.holder, starts_at=at, ends_at=ends_at)
    subscription.version = version
    subscription.next_plan = None
    subscription.save(update_fields=["version", "next_plan"])
    group = subscription.customer.code
    due.plan(PERIOD_END, subscription.code, ends_at, rank=due.TERM_END, group=group)
    due.plan(PERIOD_NOTICE, subscription.code, ends_at - NOTICE, rank=due.NOTICE, group=group)
    return term


def leave_charge(
    subscription: Subscription,
    term: Term,
    kind: PlanCharge.Kind,
    version: PlanVersion,
    *,
    credits: int,
    amount_minor: int,
    at: datetime,
) -> PlanCharge:
    """Leave a charge to be collected. Once per source: a period and its upgrades are numbered."""
    return PlanCharge.objects.create(
        subscription=subscription,
        term=term,
        kind=kind,
        version=version,
        credits=credits,
        amount_minor=amount_minor,
        currency=subscription.currency,
        made_at=at,
        source=_source(subscription, term, kind),
    )


def block_source(subscription: Subscription, number: int, upgrade: int = 0) -> str:
    """The source of the credits, and of the invoice, of period `number` or of one of its upgrades."""
    period = f"subscription:{subscription.code}:period:{number}"
    return f"{period}:upgrade:{upgrade}" if upgrade else period


def pool_of(subscription: Subscription, at: datetime) -> Pool:
    """The pool of the plan's credits."""
    return holders.pool(subscription.holder, units.ensure(units.CREDITS), at)


def running_term(subscription: Subscription, at: datetime) -> Term | None:
    """The period that holds `at`; None once the last one is over."""
    found: Term | None = subscription.holder.terms.filter(
        customer_id=subscription.customer_id, starts_at__lte=at, ends_at__gt=at
    ).first()
    return found


def running_grace(subscription: Subscription, at: datetime) -> Grace | None:
    """The grace in which the subscription is at `at`, if it is in one (Q2)."""
    term = running_term(subscription, at)
    if term is None:
        return None
    found = grace_ends.newest(pool_of(subscription, at), term)
    if found is None or at >= found.ends_at:
        return None
    over = subscription.grace_ends.filter(crossing_id=found.crossing.id).exists()
    return None if over else found


def cancel(subscription: Subscription, *, by: str, at: datetime) -> Subscription:
    """No further period: it ends with the running one (F6). Raises Refusal `subscription_ended`."""
    with transaction.atomic():
        found = _not_ended(subscription)
        if found.cancelled_at is None:
            found.cancelled_at, found.cancelled_by, found.next_plan = at, by, None
            found.save(update_fields=["cancelled_at", "cancelled_by", "next_plan"])
    return found


def keep(subscription: Subscription) -> Subscription:
    """Take a cancellation back before it acts. Raises Refusal `subscription_ended`."""
    with transaction.atomic():
        found = _not_ended(subscription)
        found.cancelled_at, found.cancelled_by = None, ""
        found.save(update_fields=["cancelled_at", "cancelled_by"])
    return found


def choose_next(subscription: Subscription, plan: Plan | None, *, at: datetime) -> Subscription:
    """Choose the plan of the next period by hand; None: as use asks for.

    Raises Refusal `subscription_ended`, `plan_not_on_sale`, `plan_currency`, `consumer_credits_end_early`.
    """
    if plan is not None and not plan.on_sale:
        raise Refusal("plan_not_on_sale", f"{plan} is not sold any more. Choose another.")
    if plan is not None and plan.versions.exclude(currency=subscription.currency).exists():
        raise Refusal("plan_currency", f"{plan} is not sold in {subscription.currency}.")
    with transaction.atomic():
        found = _not_ended(subscription)
        if plan is not None:
            check_consumer(found, plans.version_at(plan, at), at=at)
        found.next_plan = plan
        found.save(update_fields=["next_plan"])
    return found


def check_consumer(subscription: Subscription, version: PlanVersion, *, at: datetime) -> None:
    """Refuse a plan whose credits end too soon for a consumer, by the validity of now (F2).

    Raises Refusal `consumer_credits_end_early`.
    """
    consumer_credits.check(
        subscription.holder, terms_of_sale.end_of_credits(subscription.holder, at),
        price_minor=version.price_minor, begins_at=at, at=at,
    )  # fmt: skip


def may_go_on(subscription: Subscription, version: PlanVersion, *, at: datetime) -> bool:
    """Whether a plan may be sold by itself at `at`, where nobody is there to be told a refusal (F2)."""
    try:
        check_consumer(subscription, version, at=at)
    except Refusal:
        return False
    return True


def end(subscription: Subscription, *, at: datetime) -> None:
    """It is over: no further period, and no further daily credits."""
    subscription.status = Subscription.Status.ENDED
    subscription.ended_at, subscription.past_due_since = at, None
    subscription.save(update_fields=["status", "ended_at", "past_due_since"])
    daily_credits.stop_all(subscription.holder, at=at)


def _not_ended(subscription: Subscription) -> Subscription:
    found = lock(subscription)
    if found.status == Subscription.Status.ENDED:
        raise Refusal("subscription_ended", f"{found} has ended already. Start a new one instead.")
    return found


def _source(subscription: Subscription, term: Term, kind: PlanCharge.Kind) -> str:
    if kind == PlanCharge.Kind.PERIOD:
        return block_source(subscription, term.number)
    before = subscription.charges.filter(term=term, kind=kind).count()
    if kind == PlanCharge.Kind.UPGRADE:
        return block_source(subscription, term.number, before + 1)
    return f"{block_source(subscription, term.number)}:grace:{before + 1}"


def _create(
    customer: Customer, version: PlanVersion, code: str, by: str, at: datetime
) -> Subscription:
    try:
        with transaction.atomic():
            holder = holders.add(
                customer,
                code=code,
                time_zone=customer.time_zone,
                at=at,
                kind=Holder.Kind.SUBSCRIPTION,
            )
            return Subscription.objects.create(
                customer=customer,
                code=code,
                holder=holder,
                version=version,
                anchor_on=calendar.local_date(at, customer.time_zone),
                time_zone=customer.time_zone,
                currency=version.currency,
                started_at=at,
                started_by=by,
            )
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Refusal(
            "subscription_exists",
            f"There is a contract or subscription {code!r} already. Choose another code.",
        ) from error
