"""Dollar-to-credit: a simple ratio by version, for purchases to come (R7, S21, S23)."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts import prices
from contracts.models import PriceVersion
from creditops.lib.calendar import TICK
from creditops.lib.refusals import Refusal
from tests import cast

NOW, LATER = cast.at("2026-02-01"), cast.at("2026-03-01")


def publish(ratio=100, **fields) -> PriceVersion:
    usual = {"currency": "USD", "effective_from": NOW, "by": "Fiona", "at": NOW}
    return prices.publish(credits_per_currency_unit=ratio, **usual | fields)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "ratio", "credits"),
    [
        (500_000, "USD", 100, 500_000),
        (1_000_000, "USD", 100, 1_000_000),
        (5_000_000, "USD", 100, 5_000_000),
        (10_000, "JPY", 3, 30_000),
        (50_000, "KWD", 100, 5_000),
        (199, "USD", 3, 5),
        (1, "USD", 99, 0),
    ],
    ids=["$5K", "$10K", "$50K", "yen", "dinar", "rounded down", "less than one"],
)
def test_an_amount_buys_whole_credits_at_the_ratio(amount_minor, currency, ratio, credits):
    """A30, M1: $1 = 100 credits; an amount has the decimals of its currency."""
    assert prices.credits_for(amount_minor, currency, ratio) == credits


@given(some.integers(0, 10**15), some.sampled_from(["JPY", "USD", "KWD"]), some.integers(1, 10**6))
def test_nobody_gets_a_credit_unpaid_nor_pays_for_one_not_given(amount, currency, ratio):
    credits = prices.credits_for(amount, currency, ratio)

    scale = {"JPY": 1, "USD": 100, "KWD": 1_000}[currency]
    assert credits * scale <= amount * ratio < (credits + 1) * scale


@pytest.mark.django_db
def test_a_ratio_acts_from_its_instant_and_the_one_before_until_then():
    """R7, S79: published ahead, without touching what is in force."""
    publish(100)
    publish(120, effective_from=LATER)

    assert prices.in_force("USD", NOW).credits_per_currency_unit == 100
    assert prices.in_force("USD", LATER - TICK).credits_per_currency_unit == 100
    assert prices.in_force("USD", LATER).credits_per_currency_unit == 120


@pytest.mark.django_db
def test_before_the_first_ratio_and_in_another_currency_nothing_is_in_force():
    publish(100)

    assert prices.in_force("USD", NOW - TICK) is None
    assert prices.in_force("EUR", NOW) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"effective_from": NOW - TICK}, "price_in_the_past"),
        ({"ratio": 0}, "price_not_positive"),
        ({"ratio": -1}, "price_not_positive"),
        ({"currency": "usd"}, "currency_unknown"),
        ({"currency": "EUR"}, "price_exists"),
    ],
)
def test_a_ratio_that_cannot_be_meant_is_refused(fields, code):
    publish(90, currency="EUR")

    with pytest.raises(Refusal) as refused:
        publish(**fields)

    assert refused.value.code == code
    assert PriceVersion.objects.get().credits_per_currency_unit == 90


def with_tiers(*tiers: tuple[int, str], **fields) -> PriceVersion:
    return publish(tiers=[prices.Tier(*tier) for tier in tiers], **fields)


@pytest.mark.django_db
def test_tiers_are_clean_sizes_at_the_ratio():
    """S21: $5K, $10K and $50K buy 500,000, 1,000,000 and 5,000,000 credits at $1 = 100 credits."""
    price = with_tiers((5_000_000, "12.5"), (500_000, "0"), (1_000_000, "5"))

    assert [prices.tier_credits(price, tier) for tier in price.tiers.all()] == [
        500_000, 1_000_000, 5_000_000,
    ]  # fmt: skip
    assert [prices.discount_pct(tier) for tier in price.tiers.all()] == ["0", "5", "12.5"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("credits", "price_minor"),
    [
        (500_000, 500_000),
        (999_999, 999_999),
        (1_000_000, 950_000),
        (100_000_000, 70_000_000),
    ],
)
def test_a_purchase_costs_less_by_the_tier_that_it_reaches(credits, price_minor):
    """S31: $1M of credits at list for $700K."""
    price = with_tiers((500_000, "0"), (1_000_000, "5"), (100_000_000, "30"))

    assert prices.price_minor(price, credits) == price_minor


@pytest.mark.django_db
def test_the_smallest_tier_that_covers_a_need_is_proposed():
    price = with_tiers((500_000, "0"), (1_000_000, "5"))

    assert prices.covering_tier(price, 1).amount_minor == 500_000
    assert prices.covering_tier(price, 500_001).amount_minor == 1_000_000
    assert prices.covering_tier(price, 1_000_001) is None


@pytest.mark.django_db
def test_a_price_of_three_decimals_rounds_at_its_last():
    price = publish(3, currency="KWD")

    assert prices.list_minor(price, 1) == 333


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        ([(0, "0")], "tier_not_positive"),
        ([(500_000, "0"), (500_000, "5")], "tier_twice"),
        ([(500_000, "100.01")], "discount_unfit"),
        ([(500_000, "-1")], "discount_unfit"),
        ([(500_000, "0.125")], "discount_unfit"),
        ([(500_000, "NaN")], "decimal_unreadable"),
    ],
)
def test_tiers_that_cannot_be_meant_are_refused_with_their_price(tiers, code):
    with pytest.raises(Refusal) as refused:
        with_tiers(*tiers)

    assert refused.value.code == code
    assert not PriceVersion.objects.exists()
