"""Does the tax table: rates of countries, their regions and products, each from an instant on (I11)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from accounts.models import Customer
from creditops.lib import money
from creditops.lib.refusals import Refusal
from invoicing.models import TaxRate

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def define(
    *,
    country: str,
    rate_pct: str,
    at: datetime,
    region: str = "",
    product: str = "",
    taxable_share_pct: str = "100",
    category: str = TaxRate.Category.STANDARD,
    note: str = "",
    source: str = "",
) -> TaxRate:
    """Add a rate of a country, or a region of it, to the tax table, from `at` on.

    Args:
        product: the tax code of what it is for; empty: everything without a rate of its own.
        category: taxed, zero rated or exempt; the last two at 0 %.
        note: printed where nothing is taxed.
        source: the law, or the authority's page.

    Raises Refusal `decimal_unreadable`, `tax_rate_invalid` or `tax_rate_exists`.
    """
    rate, share = money.decimal(rate_pct), money.decimal(taxable_share_pct)
    if not (_COUNTRY.fullmatch(country) and 0 <= rate <= 100 and 0 <= share <= 100):
        raise Refusal(
            "tax_rate_invalid",
            "A tax rate is of a country by its ISO 3166 code in capitals, like DE, and from 0 to "
            "100 %; so is the share that is taxable.",
        )
    if category != TaxRate.Category.STANDARD and rate:
        raise Refusal("tax_rate_invalid", "What is zero rated or exempt has a rate of 0 %.")
    made, is_new = TaxRate.objects.get_or_create(
        country=country,
        region=region,
        product=product,
        effective_from=at,
        defaults={
            "rate_pct": money.decimal_text(rate),
            "taxable_share_pct": money.decimal_text(share),
            "category": category,
            "note": note,
            "source": source,
        },
    )
    if not is_new:
        raise Refusal("tax_rate_exists", f"There is a rate from that instant already: {made}.")
    return made


def find(customer: Customer, at: datetime, product: str = "") -> TaxRate | None:
    """The rate in force where the customer is, of one product or of what has none of its own."""
    return find_each(customer, at, [product])[product]


def find_each(
    customer: Customer, at: datetime, products: Collection[str]
) -> dict[str, TaxRate | None]:
    """The rate of each product in force where the customer is: of its region, else of its country; there
    of the product, else of everything; of several the newest."""
    known = TaxRate.objects.filter(
        Q(region=customer.region) | Q(region=""),
        product__in={*products, ""},
        country=customer.country,
        effective_from__lte=at,
    )
    rates = sorted(
        known, key=lambda rate: (bool(rate.region), bool(rate.product), rate.effective_from)
    )
    return {
        product: next((rate for rate in reversed(rates) if rate.product in (product, "")), None)
        for product in products
    }


def beginnings(country: str, first: datetime, last: datetime) -> list[datetime]:
    """When rates of a country begin, between two instants."""
    found = TaxRate.objects.filter(
        country=country, effective_from__gt=first, effective_from__lt=last
    )
    return list(found.order_by().values_list("effective_from", flat=True).distinct())


def by_region(country: str, at: datetime) -> bool:
    """Whether the table has rates of single regions of a country: then each has to be told."""
    return (
        TaxRate.objects.filter(country=country, effective_from__lte=at).exclude(region="").exists()
    )
