"""What is worth a second look in a quote before it is sent: what signing would refuse, too (F2)."""

from __future__ import annotations

from datetime import date

import pytest

from contracts import quote_warnings
from contracts.quote_terms import QuoteTerms, Year
from creditops.lib import policies
from tests import cast
from tests.cast import START

pytestmark = pytest.mark.django_db


def terms(**said) -> QuoteTerms:
    usual = {
        "currency": "USD", "starts_on": date(2026, 1, 1), "time_zone": "UTC",
        "years": (Year(100_000, 100_000),), "rate_card": "standard",
    }  # fmt: skip
    return QuoteTerms(**usual | said)


def consumer(**facts):
    return cast.customer(**{"kind": "consumer", "country": "US"} | facts)


def warned(buyer, when=START, **said) -> list[str]:
    return quote_warnings.of(terms(**said), buyer, at=when)


def test_a_quote_to_a_consumer_says_ahead_what_signing_would_refuse():
    assert warned(consumer()) == [
        "Acme is a consumer, so credits paid for live 60 months at least (rule F2): these would end with "
        "2026-12-31. Let them end later, or ask legal to set consumer_life_months."
    ]


def test_a_later_year_and_a_renewal_by_itself_are_named():
    buyer = consumer()
    ramp = (Year(100_000, 100_000), Year(100_000, 100_000))

    [of_ramp] = warned(buyer, term_months=60, years=ramp)
    [of_renewal] = warned(buyer, term_months=60, auto_renew=True)

    assert "those of year 2 would end with 2031-12-31" in of_ramp
    assert "those of a renewal by itself would end with 2031-12-31" in of_renewal


def test_what_is_accepted_late_lives_shorter():
    buyer = consumer()

    assert warned(buyer, term_months=60) == []
    assert len(warned(buyer, when=cast.at("2026-01-02"), term_months=60)) == 1


def test_nothing_is_said_of_free_credits_of_businesses_and_of_what_legal_looked_at():
    business = cast.customer("shop", country="US")
    looked_at = consumer()

    assert warned(looked_at, years=(Year(100_000, 0),)) == []
    assert warned(business) == []
    policies.change(
        policies.customer_scope("acme"), {"consumer_life_months": 0}, effective_at=START,
        recorded_at=START, by="Lea",
    )  # fmt: skip
    assert warned(looked_at) == []


def test_a_default_contract_that_is_in_the_way_is_said_before_the_quote_is_sent():
    buyer = cast.customer()
    first = cast.sign(buyer, is_default=True)
    june, next_year = date(2026, 6, 1), date(2027, 1, 1)

    assert warned(buyer, is_default=True, starts_on=june) == [
        f"{first} is the default contract of Acme in that time already, and usage that names no contract "
        "can go to one only. Let this one begin later, or don't make it the default."
    ]
    assert warned(buyer, is_default=True, starts_on=next_year) == []
    assert warned(buyer, starts_on=june) == []
    assert (
        quote_warnings.of(terms(is_default=True, starts_on=june), buyer, at=START, renews=first)
        == []
    )
