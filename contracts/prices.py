"""Does what credits cost: the dollar-to-credit ratio by version, with its tiers (R7, S21, S23, S31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import transaction

from contracts.models import PriceTier, PriceVersion
from creditops.lib import money
from creditops.lib.refusals import Refusal

_ALL = 10_000  # basis points


@dataclass(frozen=True)
class Tier:
    """From `amount_minor` at list on, `discount_pct` less: a percentage as decimal text."""

    amount_minor: int
    discount_pct: str = "0"


def publish(
    *,
    currency: str,
    credits_per_currency_unit: int,
    effective_from: datetime,
    by: str,
    at: datetime,
    tiers: Sequence[Tier] = (),
) -> PriceVersion:
    """Publish a ratio for purchases from `effective_from` on, with the tiers of its volume discount.

    Raises Refusal `price_in_the_past`, `price_not_positive`, `price_exists`, `tier_twice`,
    `tier_not_positive` or `discount_unfit`. What was bought before keeps its price.
    """
    money.exponent(currency)
    if effective_from < at:
        raise Refusal("price_in_the_past", "A price can't act in the past. Choose now or later.")
    if credits_per_currency_unit <= 0:
        raise Refusal("price_not_positive", "One unit of money has to buy at least one credit.")
    if PriceVersion.objects.filter(currency=currency, effective_from=effective_from).exists():
        raise Refusal("price_exists", f"There is a {currency} price from that instant already.")
    points = _points_by_amount(tiers, currency)
    with transaction.atomic():
        made = PriceVersion.objects.create(
            currency=currency,
            credits_per_currency_unit=credits_per_currency_unit,
            effective_from=effective_from,
            published_at=at,
            published_by=by,
        )
        PriceTier.objects.bulk_create(
            PriceTier(price=made, amount_minor=amount, discount_basis_points=off)
            for amount, off in sorted(points.items())
        )
    return made


def in_force(currency: str, at: datetime) -> PriceVersion | None:
    """The ratio for purchases in `currency` at `at`."""
    return PriceVersion.objects.filter(currency=currency, effective_from__lte=at).last()


def credits_for(amount_minor: int, currency: str, credits_per_currency_unit: int) -> int:
    """The whole credits that an amount buys, rounded down."""
    units = Fraction(amount_minor, 10 ** money.exponent(currency))
    return int(units * credits_per_currency_unit)


def list_minor(price: PriceVersion, credits: int) -> int:
    """What so many credits cost at list, in minor units of the price's currency."""
    scale = 10 ** money.exponent(price.currency)
    return money.round_half_up(Fraction(credits * scale, price.credits_per_currency_unit))


def price_minor(price: PriceVersion, credits: int) -> int:
    """What so many credits cost, less the discount of the tier that they reach (S31)."""
    reached = tier_of(price, credits)
    listed = list_minor(price, credits)
    if reached is None:
        return listed
    return money.round_half_up(Fraction(listed * (_ALL - reached.discount_basis_points), _ALL))


def tier_of(price: PriceVersion, credits: int) -> PriceTier | None:
    """The largest tier that so many credits reach; None below the first."""
    reached = [tier for tier in price.tiers.all() if tier_credits(price, tier) <= credits]
    return reached[-1] if reached else None


def covering_tier(price: PriceVersion, credits: int) -> PriceTier | None:
    """The smallest tier that buys so many credits at least: what is proposed for a need; None where it
    is beyond the largest."""
    enough = [tier for tier in price.tiers.all() if tier_credits(price, tier) >= credits]
    return enough[0] if enough else None


def tier_credits(price: PriceVersion, tier: PriceTier) -> int:
    """The size that a tier sells: what its amount buys at list (S21)."""
    return credits_for(tier.amount_minor, price.currency, price.credits_per_currency_unit)


def ratios(currency: str, at: datetime) -> set[Fraction]:
    """How many credits one unit of money buys, each way that is on offer: at list and in every tier (S23)."""
    price = in_force(currency, at)
    if price is None:
        return set()
    listed = Fraction(price.credits_per_currency_unit)
    off = [tier.discount_basis_points for tier in price.tiers.all()]
    return {listed, *(listed * _ALL / (_ALL - points) for points in off if points < _ALL)}


def discount_pct(tier: PriceTier) -> str:
    """A tier's discount in percent, as decimal text: `"12.5"`."""
    return money.decimal_text(Fraction(tier.discount_basis_points, 100))


def basis_points(pct: str) -> int:
    """A discount of 0 to 100 %, written with at most two decimals, in hundredths of a percent.

    Raises Refusal `discount_unfit`.
    """
    exact = money.decimal(pct) * 100
    if exact.denominator != 1 or not 0 <= exact <= _ALL:
        raise Refusal(
            "discount_unfit",
            f"A discount is 0 to 100 %, with at most two decimals, not {pct}.",
            unreadable=True,
        )
    return int(exact)


def _points_by_amount(tiers: Sequence[Tier], currency: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for tier in tiers:
        if tier.amount_minor <= 0:
            raise Refusal("tier_not_positive", "A tier begins at an amount above zero.")
        if tier.amount_minor in found:
            amount = money.for_people(tier.amount_minor, currency)
            raise Refusal("tier_twice", f"There are two tiers from {amount}. Keep one.")
        found[tier.amount_minor] = basis_points(tier.discount_pct)
    return found
