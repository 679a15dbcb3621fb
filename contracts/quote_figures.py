"""Answers what a quote comes to: totals, discount, margin, what an action costs under it (S31, S54)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from contracts.models import RateCardVersion, RateItem
from contracts.quote_terms import QuoteTerms
from creditops.lib import money, policies
from ledger import books, units
from ledger.models import Rate

COST = "cost_per_credit"

# Actions whose price can be told ahead: they cost the same whatever happens.
_FIXED = (Rate.Kind.FIXED, Rate.Kind.PACK, Rate.Kind.LICENCE, Rate.Kind.FLAT)


@dataclass(frozen=True)
class Figures:
    """What terms come to. Amounts are net, in minor units of their currency.

    Attributes:
        credits: committed and bonus, of all years.
        list_minor: what they would cost at list; None without a list price.
        discount_pct: below list, bonus credits counted as given away; None without a list price.
        unit_price: what a credit costs, bonus included, in units of the currency, exact.
        cost_minor: what serving all of it costs, by the books' cost of a credit; None if that is not
            set, or the quote is in another currency.
        overage_cap: credits that the first term may go beyond its balance; 0 where it may not.
    """

    currency: str
    credits: int
    price_minor: int
    list_minor: int | None
    discount_pct: Fraction | None
    unit_price: Fraction
    cost_minor: int | None
    overage_cap: int

    @property
    def margin_minor(self) -> int | None:
        """What is left of the price when all credits are used."""
        return None if self.cost_minor is None else self.price_minor - self.cost_minor

    @property
    def margin_pct(self) -> Fraction | None:
        """The margin as a share of the price."""
        if self.margin_minor is None or not self.price_minor:
            return None
        return Fraction(self.margin_minor * 100, self.price_minor)


@dataclass(frozen=True)
class ActionPrice:
    """What an action costs: credits per `per` of what the customer counts, and in money."""

    item: str
    customer_unit: str
    credits: int
    per: int
    price: Fraction


def of(terms: QuoteTerms, at: datetime) -> Figures:
    """What terms come to, by the books' settings at `at`."""
    credits = terms.credits + terms.bonus_credits
    listed = _list_with_bonus(terms)
    off = None
    if listed:
        off = Fraction((listed - terms.price_minor) * 100, listed)
    scale = 10 ** money.exponent(terms.currency)
    return Figures(
        currency=terms.currency,
        credits=credits,
        price_minor=terms.price_minor,
        list_minor=listed,
        discount_pct=off,
        unit_price=Fraction(terms.price_minor, credits * scale) if credits else Fraction(0),
        cost_minor=_cost(terms, credits, at),
        overage_cap=_cap(terms),
    )


def actions(terms: QuoteTerms, at: datetime) -> list[ActionPrice]:
    """What the actions of the quote's rate card cost at its price of a credit (S54)."""
    each = of(terms, at).unit_price
    return [
        ActionPrice(
            item=item.item,
            customer_unit=item.customer_unit or item.item,
            credits=item.credits,
            per=item.per,
            price=each * item.credits,
        )
        for item in _items(terms.rate_card, at)
        if item.kind in _FIXED
    ]


def needed(forecast: Mapping[str, int], card: str, months: int, at: datetime) -> int:
    """The credits that a mix of actions a month takes in so many months, rounded up at the end.

    Actions are found however they are capitalised; those of `missing` count nothing.
    """
    rates: dict[str, Fraction] = {}
    for item in _items(card, at):
        name = item.item.casefold()
        rates[name] = rates.get(name, Fraction(0)) + Fraction(item.credits, item.per)
    need = sum(
        (rates.get(name.casefold(), Fraction(0)) * quantity for name, quantity in forecast.items()),
        Fraction(0),
    )
    return math.ceil(need * months)


def missing(forecast: Mapping[str, int], card: str, at: datetime) -> list[str]:
    """The actions of a mix that the rate card does not name."""
    known = {item.item.casefold() for item in _items(card, at)}
    return [name for name in forecast if name.casefold() not in known]


def _items(card: str, at: datetime) -> list[RateItem]:
    """What the card's version in force prices in credits."""
    version = (
        RateCardVersion.objects.filter(card__code=card, effective_from__lte=at)
        .order_by("-effective_from", "-id")
        .first()
    )
    if version is None:
        return []
    return list(version.items.filter(unit__code=units.CREDITS).order_by("id"))


def cost_per_credit(at: datetime) -> Fraction | None:
    """What serving a credit costs, in the books' currency; None if nobody said."""
    said = policies.in_force([], at)[COST]
    return None if said is None else money.decimal(said)


def _list_with_bonus(terms: QuoteTerms) -> int | None:
    """List value of what is given for the price; bonus credits at what those of the first year cost."""
    listed = terms.list_minor
    if listed is None or not terms.bonus_credits or terms.years[0].list_minor is None:
        return listed
    first = terms.years[0]
    return listed + money.round_half_up(
        Fraction(terms.bonus_credits * (first.list_minor or 0), first.credits)
    )


def _cost(terms: QuoteTerms, credits: int, at: datetime) -> int | None:
    each = cost_per_credit(at)
    current = books.current(at)
    if each is None or terms.currency != current.currency:
        return None
    scale = 10 ** money.exponent(terms.currency)
    return money.rounded(each * credits * scale, current.rounding)


def _cap(terms: QuoteTerms) -> int:
    if terms.enforcement != "SOFT" or not terms.years:
        return 0
    return int(money.decimal(terms.overage_pct) * terms.years[0].credits / 100)
