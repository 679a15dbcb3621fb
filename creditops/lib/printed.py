"""Answers how figures, dates and addresses are printed on documents.

Babel knows the language; how many decimals an amount has is ours to say (M1): Babel's own table
would print 12.50 RSD as 13.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from creditops.lib import money

LANGUAGE = "en"

# An address of more lines, or longer ones, is cut with an ellipsis.
ADDRESS_LINES_MAX = 12
ADDRESS_LINE_LENGTH_MAX = 200

# Unit prices are exact to 12 decimals (M3).
_PRICE_DECIMALS_MAX = 12


def credits(count: int) -> str:
    """Whole credits: `18,288`."""
    return _decimal(Decimal(count), 0, 0)


def amount(minor: int, currency: str) -> str:
    """An amount with all decimals of its currency and without its name: `1,234.50`, `1,235` JPY."""
    decimals = money.exponent(currency)
    return _decimal(Decimal(minor).scaleb(-decimals), decimals, decimals)


def unit_price(price: str, currency: str) -> str:
    """An exact price written as decimal text: at least the currency's decimals, never rounded."""
    return _decimal(Decimal(price), money.exponent(currency), _PRICE_DECIMALS_MAX)


def day(when: date) -> str:
    """A date that no country reads differently: `17 Nov 2023`."""
    return format_date(when, "d MMM y", locale=LANGUAGE)


def month(when: date) -> str:
    """`Nov 2023`."""
    return format_date(when, "MMM y", locale=LANGUAGE)


def country(code: str) -> str:
    """The name of a country by its ISO 3166 code, or the code where it has none."""
    return str(Locale(LANGUAGE).territories.get(code, code))


def address(text: str) -> list[str]:
    """The lines of an address, without empty ones."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > ADDRESS_LINES_MAX:
        lines = [*lines[: ADDRESS_LINES_MAX - 1], "…"]
    return [
        line if len(line) <= ADDRESS_LINE_LENGTH_MAX else f"{line[: ADDRESS_LINE_LENGTH_MAX - 1]}…"
        for line in lines
    ]


def _decimal(value: Decimal, fewest: int, most: int) -> str:
    pattern = f"#,##0.{'0' * fewest}{'#' * (most - fewest)}".rstrip(".")
    return format_decimal(value, pattern, locale=LANGUAGE)
