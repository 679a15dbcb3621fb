"""Answers how amounts are counted: whole minor units, exact fractions while computing, one rounding.

Rules M1 to M6. An amount is an `int` of minor units beside its ISO 4217 currency; a unit price is a
`Fraction`; text becomes an amount in `minor_units` and an amount becomes text in `text`, nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_currency, get_currency_symbol

from creditops.lib.refusals import Refusal

# ISO 4217, minor unit of every currency whose exponent is not 2.
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_WITH_FOUR = "CLF UYW"
_EXPONENTS = {
    code: decimals
    for codes, decimals in ((_WITHOUT_DECIMALS, 0), (_WITH_THREE, 3), (_WITH_FOUR, 4))
    for code in codes.split()
}
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)
# How halves are rounded (M2): away from zero, or to the even neighbour, as the books have it.
HALF_UP, HALF_EVEN = "HALF_UP", "HALF_EVEN"

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def exponent(currency: str) -> int:
    """How many decimals an amount in `currency` (ISO 4217) has (M1): 2 for USD, 0 for JPY."""
    if not _CURRENCY.fullmatch(currency):
        raise Refusal(
            "currency_unknown",
            f"{currency!r} is no currency. Write an ISO 4217 code in capitals, like USD.",
            unreadable=True,
        )
    return _EXPONENTS.get(currency, 2)


def minor_units(amount: str, currency: str) -> int:
    """Read an amount written as decimal text.

    Args:
        amount: plain decimal text, `"10.00"`; no exponent, no separators, ASCII digits.
        currency: ISO 4217; its exponent bounds the decimals.

    Returns the amount in minor units: 1000 for 10.00 USD, 10 for 10 JPY.
    Raises Refusal `amount_unreadable`, or `amount_exponent` (M1) for more decimals than it has.
    """
    if not _AMOUNT.fullmatch(amount):
        raise Refusal(
            "amount_unreadable",
            f"{amount!r} is no amount. Write it with digits and a point, like 1250.00.",
            unreadable=True,
        )
    scaled = Decimal(amount).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise Refusal(
            "amount_exponent",
            f"{amount} {currency} has more decimals than {currency} knows "
            f"({exponent(currency)}). Write the amount in whole minor units.",
        )
    return int(scaled)


def decimal(text_: str) -> Fraction:
    """Read an exact decimal written as text (a price, a percentage). Raises `decimal_unreadable`."""
    if not _DECIMAL.fullmatch(text_):
        raise Refusal(
            "decimal_unreadable",
            f"{text_!r} is no decimal number. Write it with digits and a point, like 12.5.",
            unreadable=True,
        )
    return Fraction(text_)


def text(minor: int, currency: str) -> str:
    """The amount as text with exactly the currency's decimals: `"10.00"`, `"-0.05"`, `"3333"`."""
    decimals = exponent(currency)
    if decimals == 0:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{decimals}d}"


def for_people(minor: int, currency: str, *, short: bool = False, locale: str = "en_US") -> str:
    """The amount as people of `locale` write it: `"$21,000.00"`; `short` as in a sentence: `"$21,000"`.

    Short amounts that are not whole keep their decimals.
    """
    decimals = exponent(currency)
    amount = Decimal(minor).scaleb(-decimals)
    whole = short and amount == amount.to_integral_value()
    symbol = get_currency_symbol(currency, locale=locale)
    gap = "\xa0" if symbol[-1].isalpha() else ""  # CHF 5.00 beside $5.00
    pattern = f"¤{gap}#,##0" if whole or not decimals else f"¤{gap}#,##0.{'0' * decimals}"
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def decimal_text(value: Fraction) -> str:
    """An exact finite decimal without trailing zeros: `"0.007"`, `"12"`. Else 12 decimals, rounded."""
    scaled = value * 10**12
    digits = scaled.numerator if scaled.denominator == 1 else round_half_up(scaled)
    whole, rest = divmod(abs(digits), 10**12)
    written = f"{whole}.{rest:012d}".rstrip("0").rstrip(".")
    return f"-{written}" if digits < 0 else written


def fixed_text(value: Fraction, decimals: int) -> str:
    """`value` rounded half up to exactly `decimals` decimals: a percentage `"49.90"`."""
    digits = round_half_up(value * 10**decimals)
    whole, rest = divmod(abs(digits), 10**decimals)
    sign = "-" if digits < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def rounded(value: Fraction | int, rounding: str = HALF_UP) -> int:
    """The one rounding of amounts (M2): to a whole number, halves as `rounding` of the books says.

    HALF_UP takes 2.5 to 3 and -2.5 to -3, HALF_EVEN both to 2 and -2.
    """
    return round_half_even(value) if rounding == HALF_EVEN else round_half_up(value)


def round_half_up(value: Fraction | int) -> int:
    """To a whole number, halves away from zero: amounts unless the books have it otherwise, and
    whatever is no amount."""
    value = Fraction(value)
    doubled = 2 * abs(value.numerator) + value.denominator
    whole = doubled // (2 * value.denominator)
    return whole if value >= 0 else -whole


def round_half_even(value: Fraction | int) -> int:
    """To a whole number, halves to the even neighbour."""
    return round(Fraction(value))


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` minor units over `weights` by largest remainder (M5).

    Args:
        amount: minor units, of either sign.
        weights: whole numbers >= 0, not all zero (unless `amount` is 0).

    Returns one share per weight, in order; they add up to `amount`. Ties go to the earlier one.
    Raises Refusal `nothing_to_share_over` if there is an amount and no weight to carry it.
    """
    total = sum(weights)
    if total == 0:
        if amount:
            raise Refusal("nothing_to_share_over", "An amount can't be spread over nothing.")
        return [0] * len(weights)
    sign = -1 if amount < 0 else 1
    exact = [(abs(amount) * weight, total) for weight in weights]
    shares = [numerator // denominator for numerator, denominator in exact]
    missing = abs(amount) - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(exact[i][0] % total), i))
    for i in by_remainder[:missing]:
        shares[i] += 1
    return [sign * share for share in shares]


def released(cost: int, quantity: int, credits_released: int, rounding: str = HALF_UP) -> int:
    """The value released after `credits_released` of a block's `quantity` credits (M4).

    Args:
        cost: what the block cost, in minor units.
        quantity: the block's credits, > 0.
        credits_released: consumed + expired + refunded so far; may be negative after a reversal
            across a blend of cost layers, then rounded symmetrically.
        rounding: of the books, `books.current(at).rounding`.

    Returns minor units, `round(cost x released / quantity)`; the value of one movement is the
    difference of two of these, so any split adds up to `cost` exactly.
    """
    return rounded(Fraction(cost * credits_released, quantity), rounding)
