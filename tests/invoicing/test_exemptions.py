"""Certificates of exemption: where and how long they count (I11)."""

from datetime import date

import pytest

from creditops.lib.refusals import Refusal
from invoicing import exemptions, seller, tax, tax_rates
from tests import cast

pytestmark = pytest.mark.django_db

NOW = cast.START


@pytest.fixture
def school():
    """A school in Texas, exempt in the first half of 2026."""
    seller.define(name="Lumen", country="US")
    tax_rates.define(country="US", region="TX", rate_pct="8.25", at=NOW)
    buyer = cast.customer(country="US", region="TX")
    recorded(buyer)
    return buyer


def recorded(buyer, **fields):
    usual = {
        "country": "US", "region": "TX", "certificate": "01-339", "reason": "school",
        "valid_from": date(2026, 1, 1), "valid_until": date(2026, 6, 30), "by": "Fiona", "at": NOW,
    }  # fmt: skip
    return exemptions.record(buyer, **usual | fields)


@pytest.mark.parametrize(
    ("when", "category"),
    [("2026-01-01", "E"), ("2026-06-30 23:59", "E"), ("2026-07-01", "S")],
)
def test_it_counts_from_its_first_to_its_last_day(school, when, category):
    assert tax.of(school, seller.profile(), cast.at(when)).category == category


def test_it_counts_in_its_place_only(school):
    school.region = "NY"
    school.save()

    assert exemptions.in_force(school, date(2026, 3, 1)) is None


def test_one_of_the_whole_country_counts_in_every_state(school):
    recorded(school, region="", certificate="federal", valid_until=date(2030, 1, 1))

    found = exemptions.in_force(school, date(2026, 3, 1))

    assert found is not None
    assert found.certificate == "federal"


def test_it_is_recorded_once(school):
    with pytest.raises(Refusal) as refused:
        recorded(school)

    assert refused.value.code == "exemption_known"


def test_one_that_never_begins_is_refused(school):
    with pytest.raises(Refusal) as refused:
        recorded(school, certificate="x", valid_until=date(2025, 12, 31))

    assert refused.value.code == "exemption_over"
