"""Which tax a document carries: rates by place and instant, reverse charge, rounding (I7, I9, I11)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from creditops.lib import policies
from creditops.lib.calendar import TICK
from creditops.lib.refusals import Refusal
from invoicing import tax, tax_rates
from invoicing.models import SellerProfile, TaxRate
from invoicing.tax import Tax
from tests import cast

NOW, LATER = cast.at("2026-01-01"), cast.at("2026-07-01")

amounts = some.lists(some.integers(0, 10**12), min_size=1, max_size=20)


@pytest.fixture
def german_rate(db):
    return tax_rates.define(country="DE", rate_pct="19", at=NOW)


def of(buyer: dict, *, seller: str = "", when=NOW) -> Tax:
    return tax.of(cast.customer(**buyer), SellerProfile(country=seller), when)


def test_tax_is_taken_of_the_sum_and_rounded_once():
    """A24, I7: 33.33 + 33.33 + 33.34 at 19 % is 19.00; line by line it would be 18.99."""
    nineteen = Tax("S", Fraction(19))

    assert nineteen.on([3_333, 3_333, 3_334]) == 1_900
    assert sum(nineteen.on([net]) for net in (3_333, 3_333, 3_334)) == 1_899


@pytest.mark.parametrize(
    ("net", "rate", "share", "expected"),
    [
        (100_000, "8.25", 80, 6_600),
        (10_000, "8.875", 100, 888),
        (100_000, "7.25", 0, 0),
        (50, "1", 100, 1),
        (49, "1", 100, 0),
    ],
    ids=["Texas", "New York", "California", "half a cent up", "less than half"],
)
def test_rate_and_taxable_share_are_exact_and_halves_go_up(net, rate, share, expected):
    """A39, M2."""
    assert Tax("S", Fraction(rate), Fraction(share)).on([net]) == expected


@given(amounts, some.integers(0, 100_000))
def test_tax_is_within_half_a_minor_unit_of_the_exact_one_however_lines_are_cut(nets, thousandths):
    applied = Tax("S", Fraction(thousandths, 1_000))

    exact = Fraction(sum(nets) * thousandths, 100_000)
    assert abs(applied.on(nets) - exact) <= Fraction(1, 2)
    assert applied.on(nets) == applied.on([sum(nets)]) == applied.on([*reversed(nets), 0])


@pytest.mark.parametrize(
    ("seller", "buyer", "category", "rate", "note"),
    [
        ("DE", {"country": "DE", "tax_id": "DE1"}, "S", 19, ""),
        ("DE", {"country": "FR", "tax_id": "FR40303265045"}, "AE", 0, "Reverse charge"),
        ("DE", {"country": "US"}, "G", 0, "Supply outside the European Union"),
        ("DE", {"country": "GB", "tax_id": "GB1"}, "G", 0, "Supply outside the European Union"),
        ("FR", {"country": "DE"}, "S", 19, ""),
        ("FR", {"country": "DE", "tax_id": "DE1", "kind": "consumer"}, "S", 19, ""),
        ("US", {"country": "DE", "tax_id": "DE1"}, "S", 19, ""),
        ("DE", {"country": ""}, "O", 0, ""),
        ("US", {"country": "GB"}, "O", 0, ""),
    ],
    ids=[
        "domestic", "another member state", "outside", "outside, with an id", "business without id",
        "consumer", "seller outside", "unknown country", "no rate",
    ],
)  # fmt: skip
def test_place_and_kind_of_the_buyer_decide(german_rate, seller, buyer, category, rate, note):
    """A24, I9, with a German rate in the table and no other."""
    applied = of(buyer, seller=seller)

    assert (applied.category, applied.rate_pct, applied.note) == (category, rate, note)


def test_a_rate_acts_from_its_instant_on(german_rate):
    """S79: effective-dated."""
    tax_rates.define(country="DE", rate_pct="16", at=LATER)

    assert of({"country": "DE"}, when=LATER - TICK).rate_pct == 19
    assert of({"country": "DE", "code": "beta"}, when=LATER).rate_pct == 16
    assert of({"country": "DE", "code": "gamma"}, when=NOW - TICK).category == "O"


@pytest.mark.parametrize(("region", "rate"), [("TX", "8.25"), ("NY", "5"), ("", "5")])
def test_a_regions_rate_goes_before_its_countrys(db, region, rate):
    """I11: newest of the region, else of the country, however new the other is."""
    tax_rates.define(country="US", region="TX", rate_pct="8.25", taxable_share_pct="80", at=NOW)
    tax_rates.define(country="US", rate_pct="5", at=LATER)

    assert of({"country": "US", "region": region}, when=LATER).rate_pct == Fraction(rate)


def test_a_partly_taxable_price_says_so(db):
    tax_rates.define(country="US", region="TX", rate_pct="8.250", taxable_share_pct="80.0", at=NOW)

    applied = of({"country": "US", "region": "TX"})

    assert applied.note == "80 % of the price is taxable"
    assert str(TaxRate.objects.get()) == "8.25 % in TX"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rate_pct": "-1"}, "tax_rate_invalid"),
        ({"rate_pct": "100.1"}, "tax_rate_invalid"),
        ({"taxable_share_pct": "101"}, "tax_rate_invalid"),
        ({"country": "de"}, "tax_rate_invalid"),
        ({"country": ""}, "tax_rate_invalid"),
        ({"rate_pct": "19,5"}, "decimal_unreadable"),
        ({"rate_pct": "NaN"}, "decimal_unreadable"),
        ({"country": "DE"}, "tax_rate_exists"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(german_rate, fields, code):
    with pytest.raises(Refusal) as refused:
        tax_rates.define(**{"country": "FR", "rate_pct": "20", "at": NOW} | fields)

    assert refused.value.code == code
    assert TaxRate.objects.get() == german_rate


def test_halves_of_tax_are_rounded_as_the_books_have_it(german_rate):
    half = [50]  # 19 % of 0.50 is 9.5 cents

    up = of({"country": "DE"}).on(half)
    policies.change(
        "books", {"rounding": "HALF_EVEN"}, effective_at=NOW, recorded_at=NOW, by="Fiona"
    )
    even = tax.of(cast.customer("otto", country="DE"), SellerProfile(country=""), NOW)

    assert (up, even.on(half), even.on([150])) == (10, 10, 28)
