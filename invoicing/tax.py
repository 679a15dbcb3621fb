"""Answers which tax a customer's documents carry (I7, I9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from accounts.models import Customer
from creditops.lib import money
from creditops.lib.refusals import Refusal
from invoicing.models import SellerProfile, TaxRate

# The member states of the European Union, ISO 3166.
EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
STANDARD, REVERSE_CHARGE, EXPORT, OUTSIDE = "S", "AE", "G", "O"


_WORDS = {
    STANDARD: "standard rate",
    REVERSE_CHARGE: "reverse charge",
    EXPORT: "export",
    OUTSIDE: "not subject to tax",
}


def words(category: str) -> str:
    """A category of EN 16931 for people: "AE, reverse charge"."""
    return f"{category}, {_WORDS[category]}" if category in _WORDS else category


@dataclass(frozen=True)
class Tax:
    """The tax of a document: EN 16931 category, rate and taxable share in percent, printed note."""

    category: str
    rate_pct: Fraction
    share_pct: Fraction = Fraction(100)
    note: str = ""

    def on(self, nets: Sequence[int]) -> int:
        """The tax on these nets in minor units: on their sum, rounded once (I7)."""
        return money.round_half_up(sum(nets) * self.share_pct * self.rate_pct / 10_000)


def define(
    *,
    country: str,
    rate_pct: str,
    at: datetime,
    region: str = "",
    taxable_share_pct: str = "100",
    source: str = "",
) -> TaxRate:
    """Add a rate of a country, or a region of it, to the tax table, from `at` on.

    Raises Refusal `decimal_unreadable`, `tax_rate_invalid` or `tax_rate_exists`.
    """
    rate, share = money.decimal(rate_pct), money.decimal(taxable_share_pct)
    if not (_COUNTRY.fullmatch(country) and 0 <= rate <= 100 and 0 <= share <= 100):
        raise Refusal(
            "tax_rate_invalid",
            "A tax rate is of a country by its ISO 3166 code in capitals, like DE, and from 0 to "
            "100 %; so is the share that is taxable.",
        )
    made, is_new = TaxRate.objects.get_or_create(
        country=country,
        region=region,
        effective_from=at,
        defaults={
            "rate_pct": money.decimal_text(rate),
            "taxable_share_pct": money.decimal_text(share),
            "source": source,
        },
    )
    if not is_new:
        raise Refusal("tax_rate_exists", f"There is a rate from that instant already: {made}.")
    return made


def of(customer: Customer, seller: SellerProfile, at: datetime) -> Tax:
    """The tax of a document for `customer` issued at `at`.

    A matching rate of the tax table decides; from a seller in the European Union a business in
    another member state that gives its VAT id owes the tax itself, and nothing is taxed outside.
    Without a matching rate there is none.
    """
    if seller.country in EU and customer.country and customer.country != seller.country:
        if customer.country not in EU:
            return Tax(EXPORT, Fraction(0), note="Supply outside the European Union")
        if customer.kind == Customer.Kind.BUSINESS and customer.tax_id:
            return Tax(REVERSE_CHARGE, Fraction(0), note="Reverse charge")
    rate = _rate(customer, at)
    if rate is None:
        return Tax(OUTSIDE, Fraction(0))
    share = money.decimal(rate.taxable_share_pct)
    note = "" if share == 100 else f"{rate.taxable_share_pct} % of the price is taxable"
    return Tax(STANDARD, money.decimal(rate.rate_pct), share, note)


def _rate(customer: Customer, at: datetime) -> TaxRate | None:
    """The newest rate of the customer's region, else of its country."""
    rates = TaxRate.objects.filter(country=customer.country, effective_from__lte=at)
    regional = rates.filter(region=customer.region).last() if customer.region else None
    return regional or rates.filter(region="").last()
