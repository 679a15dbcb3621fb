"""Money and prices as pages print them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from creditops.portal.amounts import Amount, price


def test_an_amount_prints_as_people_write_it():
    assert str(Amount(2_100_000, "USD")) == "$21,000.00"


@pytest.mark.parametrize(
    ("value", "currency", "words"),
    [
        (Fraction(1, 100), "USD", "$0.01"),
        (Fraction(7, 1000), "USD", "$0.007"),
        (Fraction(1, 3), "USD", "about $0.333333"),
        (Fraction(3, 2), "JPY", "¥1.5"),
        (Fraction(2), "EUR", "€2.00"),
    ],
)
def test_a_price_per_credit_keeps_the_decimals_it_needs(value: Fraction, currency: str, words: str):
    assert price(value, currency) == words
