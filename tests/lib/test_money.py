"""Amounts: whole minor units, one rounding, nothing lost when they are split."""

from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from creditops.lib import money
from creditops.lib.refusals import Refusal


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("USD", 2), ("EUR", 2), ("CHF", 2),
        ("JPY", 0), ("KRW", 0), ("VND", 0), ("CLP", 0), ("ISK", 0), ("UGX", 0), ("XAF", 0),
        ("BHD", 3), ("IQD", 3), ("JOD", 3), ("KWD", 3), ("LYD", 3), ("OMR", 3), ("TND", 3),
        ("CLF", 4), ("UYW", 4),
    ],
)  # fmt: skip
def test_a_currency_has_the_decimals_of_iso_4217(currency, decimals):
    assert money.exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDX", "U$D", "ＵＳＤ", "USD\n"])
def test_what_is_no_iso_code_is_refused(currency):
    with pytest.raises(Refusal) as refused:
        money.exponent(currency)

    assert refused.value.code == "currency_unknown"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.00", "USD", 1_000),
        ("10", "USD", 1_000),
        ("0.05", "USD", 5),
        ("-0.05", "USD", -5),
        ("3333", "JPY", 3_333),
        ("7.143", "KWD", 7_143),
        ("1.2345", "CLF", 12_345),
        ("10.50000", "USD", 1_050),
        ("999999999999999", "USD", 99_999_999_999_999_900),
    ],
)
def test_an_amount_is_read_into_minor_units(amount, currency, minor):
    assert money.minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("10.001", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")]
)
def test_more_decimals_than_the_currency_has_are_refused(amount, currency):
    with pytest.raises(Refusal) as refused:
        money.minor_units(amount, currency)

    assert refused.value.code == "amount_exponent"


@pytest.mark.parametrize(
    "amount",
    ["", " 1", "1 ", "1,000", "1e3", "1.", ".5", "+1", "--1", "NaN", "Infinity", "１２", "1\n"],
)
def test_what_is_no_plain_decimal_is_refused(amount):
    with pytest.raises(Refusal) as refused:
        money.minor_units(amount, "USD")

    assert (refused.value.code, refused.value.unreadable) == ("amount_unreadable", True)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1_000, "USD", "10.00"),
        (-5, "USD", "-0.05"),
        (0, "USD", "0.00"),
        (3_333, "JPY", "3333"),
        (-3_333, "JPY", "-3333"),
        (7_143, "KWD", "7.143"),
    ],
)
def test_an_amount_is_written_with_exactly_its_decimals(minor, currency, text):
    assert money.text(minor, currency) == text


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_what_is_written_is_read_back(minor, currency):
    written = money.text(minor, currency)

    assert money.minor_units(written, currency) == minor


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(5, 2), 3),
        (Fraction(-5, 2), -3),
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(249, 100), 2),
        (Fraction(-249, 100), -2),
        (7, 7),
        (0, 0),
    ],
)
def test_halves_are_rounded_away_from_zero(value, rounded):
    assert money.round_half_up(value) == rounded


def test_two_and_a_half_cents_are_three():
    assert money.round_half_up(money.decimal("0.025") * 100) == 3
    assert money.round_half_even(money.decimal("0.025") * 100) == 2


def test_an_amount_is_shared_by_largest_remainder():
    assert money.allocate(100_000, [100_000, 20_000]) == [83_333, 16_667]
    assert money.allocate(-100_000, [100_000, 20_000]) == [-83_333, -16_667]


def test_of_equal_remainders_the_earlier_gets_the_cent():
    assert money.allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert money.allocate(200, [1, 1, 1]) == [67, 67, 66]
    assert money.allocate(5, [1, 1]) == [3, 2]


def test_a_weight_of_nothing_gets_nothing():
    assert money.allocate(101, [0, 1, 0, 1]) == [0, 51, 0, 50]


def test_an_amount_can_not_be_shared_over_nothing():
    with pytest.raises(Refusal) as refused:
        money.allocate(1, [0, 0])

    assert refused.value.code == "nothing_to_share_over"
    assert money.allocate(0, [0, 0]) == [0, 0]


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.integers(0, 10**9), min_size=1).filter(any),
)
def test_shares_add_up_and_none_is_a_cent_off(amount, weights):
    shares = money.allocate(amount, weights)

    assert sum(shares) == amount
    total = sum(weights)
    assert all(
        abs(share - Fraction(amount * weight, total)) < 1
        for share, weight in zip(shares, weights, strict=True)
    )


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=30),
)
def test_any_way_to_use_up_a_block_releases_its_cost_exactly(cost, uses):
    quantity, gone, value = sum(uses), 0, 0
    for credits in uses:
        before = money.released(cost, quantity, gone)
        gone += credits
        value += money.released(cost, quantity, gone) - before

    assert value == cost


def test_what_is_given_back_is_what_was_taken():
    taken = money.released(100, 3, 2) - money.released(100, 3, 1)
    back = money.released(100, 3, 1) - money.released(100, 3, 2)

    assert (taken, back) == (34, -34)


def test_below_zero_values_are_rounded_symmetrically():
    assert money.released(100, 3, -1) == -money.released(100, 3, 1) == -33
    assert money.released(1, 2, -1) == -1


@pytest.mark.django_db
@pytest.mark.parametrize("cost", [0, 1, 7, 999_999_999_999_999_999])
@pytest.mark.parametrize("quantity", [1, 2, 3, 9_007_199_254_740_991])
@pytest.mark.parametrize("share", [0, 1, 2, 3, 5, 7])
def test_the_database_releases_the_same_values(cost, quantity, share):
    credits = quantity * share // 7

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT creditops_released(%s, %s, %s), creditops_released(%s, %s, %s)",
            [cost, quantity, credits, cost, quantity, -credits],
        )
        found = cursor.fetchone()

    assert found == (
        money.released(cost, quantity, credits),
        money.released(cost, quantity, -credits),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(7, 1000), "0.007"),
        (Fraction(12), "12"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(0), "0"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(2, 3), "0.666666666667"),
    ],
)
def test_a_decimal_is_written_without_trailing_zeros(value, text):
    assert money.decimal_text(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(499, 10), 2, "49.90"),
        (Fraction(1, 3), 0, "0"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(5, 2), 0, "3"),
    ],
)
def test_a_value_is_written_with_exactly_so_many_decimals(value, decimals, text):
    assert money.fixed_text(value, decimals) == text


@pytest.mark.parametrize("text", ["", "1e5", "1/3", "0x1", "1.0000000000001", "½"])
def test_an_unreadable_decimal_is_refused(text):
    with pytest.raises(Refusal) as refused:
        money.decimal(text)

    assert refused.value.code == "decimal_unreadable"


def test_people_read_amounts_with_the_decimals_of_their_currency():
    assert money.for_people(2_100_000, "USD") == "$21,000.00"
    assert money.for_people(-500, "USD") == "-$5.00"
    assert money.for_people(3_333, "JPY") == "¥3,333"
    assert money.for_people(7_143, "KWD") == "KWD\xa07.143"


def test_in_a_sentence_whole_amounts_have_no_decimals():
    assert money.for_people(2_100_000, "USD", short=True) == "$21,000"
    assert money.for_people(2_100_050, "USD", short=True) == "$21,000.50"
