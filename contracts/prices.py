"""Answers what credits cost: the dollar-to-credit ratio by version (R7, S21, S23)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from contracts.models import PriceVersion
from creditops.lib import money
from creditops.lib.refusals import Refusal


def publish(
    *,
    currency: str,
    credits_per_currency_unit: int,
    effective_from: datetime,
    by: str,
    at: datetime,
) -> PriceVersion:
    """Publish a ratio for purchases from `effective_from` on.

    Raises Refusal `price_in_the_past`, `price_not_positive` or `price_exists`. What was bought
    before keeps its price.
    """
    money.exponent(currency)
    if effective_from < at:
        raise Refusal("price_in_the_past", "A price can't act in the past. Choose now or later.")
    if credits_per_currency_unit <= 0:
        raise Refusal("price_not_positive", "One unit of money has to buy at least one credit.")
    if PriceVersion.objects.filter(currency=currency, effective_from=effective_from).exists():
        raise Refusal("price_exists", f"There is a {currency} price from that instant already.")
    return PriceVersion.objects.create(
        currency=currency,
        credits_per_currency_unit=credits_per_currency_unit,
        effective_from=effective_from,
        published_at=at,
        published_by=by,
    )


def in_force(currency: str, at: datetime) -> PriceVersion | None:
    """The ratio for purchases in `currency` at `at`."""
    return PriceVersion.objects.filter(currency=currency, effective_from__lte=at).last()


def credits_for(amount_minor: int, currency: str, credits_per_currency_unit: int) -> int:
    """The whole credits that an amount buys, rounded down."""
    units = Fraction(amount_minor, 10 ** money.exponent(currency))
    return int(units * credits_per_currency_unit)
