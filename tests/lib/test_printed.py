"""How figures, dates and addresses look on paper."""

from datetime import date

import pytest

from creditops.lib import printed


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (123_450, "USD", "1,234.50"),
        (0, "USD", "0.00"),
        (1_235, "JPY", "1,235"),
        (1_234_500, "KWD", "1,234.500"),
        (9_223_372_036_854_775_807, "USD", "92,233,720,368,547,758.07"),
    ],
)
def test_an_amount_has_exactly_the_decimals_of_its_currency(minor, currency, expected):
    assert printed.amount(minor, currency) == expected


def test_an_amount_is_not_rounded_where_babel_would_leave_its_decimals_out():
    assert printed.amount(1_250, "RSD") == "12.50"


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [
        ("0.01", "USD", "0.01"),
        ("0.007", "USD", "0.007"),
        ("0.5", "USD", "0.50"),
        ("1.5", "JPY", "1.5"),
        ("0.333333333333", "USD", "0.333333333333"),
    ],
)
def test_a_unit_price_is_exact_with_at_least_the_decimals_of_its_currency(
    price, currency, expected
):
    assert printed.unit_price(price, currency) == expected


def test_dates_and_countries_are_written_out():
    assert printed.day(date(2023, 11, 7)) == "7 Nov 2023"
    assert printed.month(date(2023, 11, 7)) == "Nov 2023"
    assert printed.country("DE") == "Germany"
    assert printed.country("") == ""
    assert printed.country("ZZZ") == "ZZZ"


def test_an_address_keeps_its_lines_up_to_a_limit():
    assert printed.address("1 Main St\r\n\n  Springfield \n") == ["1 Main St", "Springfield"]

    many = printed.address("\n".join(f"line {number}" for number in range(5_000)))
    assert (len(many), many[-2], many[-1]) == (12, "line 10", "…")

    assert printed.address("x" * 500) == ["x" * 199 + "…"]
