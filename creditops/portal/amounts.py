"""Answers how money reads on a page: an amount that templates print as it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_currency

from creditops.lib import money

# Decimals of a price per credit; one that needs more is rounded, and called "about".
_PRICE_DECIMALS = 6


@dataclass(frozen=True)
class Amount:
    """Minor units of a currency; prints as people write it: $21,000.00."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return money.for_people(self.minor, self.currency)


def price(value: Fraction, currency: str) -> str:
    """A price per credit, in units of the currency: $0.007, "about $0.333333"."""
    scaled = value * 10**_PRICE_DECIMALS
    rounded = Decimal(money.round_half_up(scaled)).scaleb(-_PRICE_DECIMALS)
    decimals = money.exponent(currency)
    pattern = "¤#,##0." + "0" * decimals + "#" * (_PRICE_DECIMALS - decimals)
    written = format_currency(
        rounded, currency, locale="en_US", format=pattern, currency_digits=False
    )
    return written if scaled.denominator == 1 else f"about {written}"
