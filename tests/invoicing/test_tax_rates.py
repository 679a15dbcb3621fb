"""The tax table: which rate counts where, for what, and from when (I11)."""

import pytest

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import seller, tax, tax_rates
from tests import cast

pytestmark = pytest.mark.django_db

NOW, LATER = cast.START, cast.at("2026-07-01")


def texan(**fields):
    return cast.customer(**{"country": "US", "region": "TX"} | fields)


def rate(customer, when=LATER, product=""):
    found = tax_rates.find(customer, when, product)
    return None if found is None else found.rate_pct


def test_region_goes_before_product_and_product_before_everything():
    for region, product, pct in (
        ("", "", "1"), ("", "credits", "2"), ("TX", "", "3"), ("TX", "credits", "4"),
    ):  # fmt: skip
        tax_rates.define(country="US", region=region, product=product, rate_pct=pct, at=NOW)
    ohio = cast.customer("ohio", country="US", region="OH")

    assert [rate(ohio), rate(ohio, product="credits")] == ["1", "2"]
    assert [rate(texan()), rate(cast.customer("t", country="US", region="TX"), product="credits")] == [
        "3", "4",
    ]  # fmt: skip


def test_the_newest_of_those_in_force_counts():
    tax_rates.define(country="US", region="TX", rate_pct="8.25", at=NOW)
    tax_rates.define(country="US", region="TX", rate_pct="8.5", at=LATER)

    assert [rate(texan(), NOW), rate(cast.customer("b", country="US", region="TX"), LATER)] == [
        "8.25", "8.5",
    ]  # fmt: skip


def test_a_state_that_the_table_does_not_tell_holds_the_document():
    """I11: never 0 % because nobody knew better."""
    tax_rates.define(country="US", region="TX", rate_pct="8.25", at=NOW)
    seller.define(name="Lumen", country="US")

    with pytest.raises(Refusal) as refused:
        tax.of(cast.customer(country="US", region="NY"), seller.profile(), LATER)

    assert refused.value.code == "tax_rate_unknown"
    assert "no rate for NY, US" in refused.value.detail


@pytest.mark.parametrize("state", ["CA", ""])
def test_at_home_nothing_goes_out_untaxed_because_the_table_is_empty(state):
    seller.define(name="Lumen", country="US")

    with pytest.raises(Refusal) as refused:
        tax.of(cast.customer(country="US", region=state), seller.profile(), NOW)

    assert refused.value.code == "tax_rate_unknown"


def test_a_state_where_nothing_is_due_says_so_in_the_table():
    tax_rates.define(country="US", region="TX", rate_pct="8.25", at=NOW)
    tax_rates.define(country="US", region="OR", rate_pct="0", source="no sales tax", at=NOW)
    seller.define(name="Lumen", country="US")

    found = tax.of(cast.customer(country="US", region="OR"), seller.profile(), LATER)

    assert (found.category, str(found.rate_pct)) == ("Z", "0")


def test_unknown_is_not_taxed_where_the_books_say_so():
    tax_rates.define(country="US", region="TX", rate_pct="8.25", at=NOW)
    seller.define(name="Lumen", country="US")
    policies.change(
        policies.BOOKS, {"tax_unknown": "NONE"}, effective_at=NOW, recorded_at=NOW, by="Fiona"
    )

    found = tax.of(cast.customer(country="US", region="NY"), seller.profile(), LATER)

    assert found.category == "O"


@pytest.mark.parametrize("kind", ["business", "consumer"])
def test_inside_the_union_every_country_is_expected(kind):
    seller.define(name="Northlight", country="DE")

    with pytest.raises(Refusal) as refused:
        tax.of(cast.customer(country="FR", kind=kind), seller.profile(), NOW)

    assert refused.value.code == "tax_rate_unknown"


def test_what_is_exempt_has_no_rate():
    with pytest.raises(Refusal) as refused:
        tax_rates.define(country="DE", rate_pct="19", category="E", at=NOW)

    assert refused.value.code == "tax_rate_invalid"
