"""Does the publishing of plans, and answers which are on sale and which of them covers a use (Q3, S79)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from accounts.models.customer import CODE
from contracts.models import Plan, PlanVersion, RateCard
from creditops.lib import money
from creditops.lib.refusals import NotFound, Refusal
from ledger import exchange


def publish(
    *,
    code: str,
    credits: int,
    price_minor: int,
    currency: str,
    by: str,
    at: datetime,
    name: str = "",
    rate_card: RateCard | None = None,
    effective_from: datetime | None = None,
) -> PlanVersion:
    """Publish what a plan gives and costs per period; the first version makes the plan.

    Args:
        code: by which everyone knows the plan.
        credits: per period, > 0.
        price_minor, currency: per period, net; 0 makes it a free plan.
        name: for people; empty: as it was, or the code.
        rate_card: prices the use of subscriptions that have no card yet; None: as it was.
        effective_from: acts on periods that begin then or later; None: at once.

    Raises Refusal `plan_code_invalid`, `plan_gives_nothing`, `plan_price_negative`,
    `plan_in_the_past`, `plan_exists`, `plan_currency`, `currency_without_rate`.
    """
    starts = effective_from or at
    _check(code, credits, price_minor, currency, starts, at)
    try:
        with transaction.atomic():
            plan, made = Plan.objects.get_or_create(
                code=code, defaults={"name": name or code, "rate_card": rate_card}
            )
            if not made:
                _check_same_currency(plan, currency)
                plan.name, plan.rate_card = name or plan.name, rate_card or plan.rate_card
                plan.save(update_fields=["name", "rate_card"])
            return PlanVersion.objects.create(
                plan=plan,
                credits=credits,
                price_minor=price_minor,
                currency=currency,
                effective_from=starts,
                published_at=at,
                published_by=by,
            )
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Refusal("plan_exists", f"{code} has a version from that instant already.") from error


def put_on_sale(plan: Plan, *, on_sale: bool) -> Plan:
    """Sell a plan, or not any more: subscriptions that have it keep it until they change."""
    plan.on_sale = on_sale
    plan.save(update_fields=["on_sale"])
    return plan


def find(code: str) -> Plan:
    """The plan known as `code`. Raises NotFound."""
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        raise NotFound("plan", code)
    return plan


def version_at(plan: Plan, at: datetime) -> PlanVersion:
    """What the plan gives and costs at `at`. Raises Refusal `plan_not_yet`."""
    version: PlanVersion | None = plan.versions.filter(effective_from__lte=at).last()
    if version is None:
        raise Refusal("plan_not_yet", f"{plan} is not sold yet at {at:%Y-%m-%d %H:%M}.")
    return version


def on_sale(currency: str, at: datetime) -> list[PlanVersion]:
    """What can be bought at `at` in a currency: the smallest first, of two as large the cheaper."""
    newest: dict[int, PlanVersion] = {}
    for version in PlanVersion.objects.filter(
        currency=currency, effective_from__lte=at, plan__on_sale=True
    ).select_related("plan"):
        newest[version.plan_id] = version
    return sorted(newest.values(), key=lambda v: (v.credits, v.price_minor, v.plan.code))


def covering(credits: int, currency: str, at: datetime) -> PlanVersion | None:
    """The smallest paid plan that gives so many credits; None: none is large enough (Q3)."""
    return next((version for version in paid(currency, at) if version.credits >= credits), None)


def paid(currency: str, at: datetime) -> list[PlanVersion]:
    """The plans on sale that cost something, the smallest first. The first one is the entry plan."""
    return [version for version in on_sale(currency, at) if version.price_minor]


def _check(
    code: str, credits: int, price_minor: int, currency: str, starts: datetime, at: datetime
) -> None:
    try:
        CODE(code)
    except ValidationError as error:
        raise Refusal("plan_code_invalid", f"{code!r}: {error.messages[0]}") from error
    money.exponent(currency)
    exchange.check(currency, at)
    if credits <= 0:
        raise Refusal("plan_gives_nothing", "A plan gives at least one credit per period.")
    if price_minor < 0:
        raise Refusal("plan_price_negative", "The price of a plan can't be below zero.")
    if starts < at:
        raise Refusal("plan_in_the_past", "A plan can't act in the past. Choose now or later.")


def _check_same_currency(plan: Plan, currency: str) -> None:
    first = plan.versions.first()
    if first is not None and first.currency != currency:
        raise Refusal(
            "plan_currency",
            f"{plan} is sold in {first.currency}. Publish another plan for {currency}.",
        )
