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
from creditops.lib.languages import ENGLISH

# An address of more lines, or longer ones, is cut with an ellipsis.
ADDRESS_LINES_MAX = 12
ADDRESS_LINE_LENGTH_MAX = 200

# Unit prices are exact to 12 decimals (M3).
_PRICE_DECIMALS_MAX = 12


def credits(count: int, language: str = ENGLISH) -> str:
    """Whole credits: `18,288`."""
    return _decimal(Decimal(count), 0, 0, language)


def amount(minor: int, currency: str, language: str = ENGLISH) -> str:
    """An amount with all decimals of its currency and without its name: `1,234.50`, `1,235` JPY."""
    decimals = money.exponent(currency)
    return _decimal(Decimal(minor).scaleb(-decimals), decimals, decimals, language)


def unit_price(price: str, currency: str, language: str = ENGLISH) -> str:
    """An exact price written as decimal text: at least the currency's decimals, never rounded."""
    return _decimal(Decimal(price), money.exponent(currency), _PRICE_DECIMALS_MAX, language)


def percent(pct: str, language: str = ENGLISH) -> str:
    """A percentage written as decimal text: `8.875`, in German `8,875`."""
    return _decimal(Decimal(pct), 0, _PRICE_DECIMALS_MAX, language)


def day(when: date, language: str = ENGLISH) -> str:
    """A date as nobody misreads it: `17 Nov 2023`, in German `17.11.2023`."""
    style = "d MMM y" if language == ENGLISH else "medium"
    return format_date(when, style, locale=language)


def month(when: date, language: str = ENGLISH) -> str:
    """`Nov 2023`."""
    return format_date(when, "MMM y", locale=language)


def country(code: str, language: str = ENGLISH) -> str:
    """The name of a country by its ISO 3166 code, or the code where it has none."""
    return str(Locale(language).territories.get(code, code))


def address(text: str) -> list[str]:
    """The lines of an address, without empty ones."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > ADDRESS_LINES_MAX:
        lines = [*lines[: ADDRESS_LINES_MAX - 1], "…"]
    return [
        line if len(line) <= ADDRESS_LINE_LENGTH_MAX else f"{line[: ADDRESS_LINE_LENGTH_MAX - 1]}…"
        for line in lines
    ]


def _decimal(value: Decimal, fewest: int, most: int, language: str) -> str:
    pattern = f"#,##0.{'0' * fewest}{'#' * (most - fewest)}".rstrip(".")
    return format_decimal(value, pattern, locale=language)
