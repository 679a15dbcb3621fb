"""The renewal desk: what ends soon, its arithmetic in words, and one click to a quote."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import prices, renewals
from contracts.agreements import LaterTerm
from contracts.models import Contract, QuoteVersion
from creditops.desk import addresses, renewals_page
from creditops.lib import clock, policies
from tests import cast, offers, staff
from tests.cast import START, at
from tests.desk import acts

paper = offers.paper
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("paper")]
LATE = at("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _late(monkeypatch) -> None:
    """The year is nearly over."""
    monkeypatch.setattr(clock, "now", lambda: LATE)


def used(code: str = "acme", credits: int = 60_000, **terms) -> Contract:
    """A contract of 100,000 credits, of which so many are used by spring, with its proposal."""
    contract = cast.sign(cast.customer(code), code=f"{code}-1", **terms)
    cast.send("spring", credits, when=at("2026-04-01"), customer=code, contract=f"{code}-1")
    cast.run_due(LATE)
    return contract


def page(client):
    return client.get(addresses.of("renewals"))


def test_a_contract_stands_there_with_its_figures_in_words(root):
    contract = used()

    [row] = renewals_page.of(LATE)

    assert (row.contract, row.last_day, row.days) == (contract, date(2026, 12, 31), 41)
    assert (row.proposal.baseline, row.proposal.credits, row.proposal.rollover_credits) == (
        60_000, 60_000, 40_000,
    )  # fmt: skip
    assert (row.price, row.overage, row.stands) == (
        "$600.00",
        "$0.00",
        "ends, unless it is renewed",
    )
    assert row.used == [("Paid and rolled over", 60_000, True)]
    assert row.sentences[0] == "You used 60,000 credits in the term so far."
    assert "Quote the renewal" in page(root).content.decode()


def test_what_ends_later_or_ended_without_a_grace_does_not_stand_there():
    used(term_months=24)
    used("over", term_months=6)

    assert renewals_page.of(LATE) == []


def test_within_the_grace_a_contract_still_stands_there(root):
    policies.change(
        policies.BOOKS, {"reinstatement_grace_days": 30}, effective_at=START, recorded_at=START,
        by="Fiona",
    )  # fmt: skip
    used(starts_on=date(2025, 11, 1), when=at("2025-12-01"))

    [row] = renewals_page.of(LATE)

    assert (row.days, row.stands) == (
        -20, "ended: what is left is frozen, and a late renewal saves it",
    )  # fmt: skip


def test_a_year_of_a_ramp_goes_on_and_is_not_quoted():
    used(later_terms=[LaterTerm(200_000, 150_000)])

    [row] = renewals_page.of(LATE)

    assert (row.stands, row.may_quote, row.proposal) == (
        "goes on: the next year was agreed with this one", False, None,
    )  # fmt: skip


def test_one_click_leads_to_a_quote_that_is_filled_in(sam):
    used(auto_renew=False)

    done = acts.do(sam, "quote-renewal", "acme-1")

    version = QuoteVersion.objects.get()
    assert acts.said(done) == [f"{version.quote.code} is drafted: 60,000 credits for $600.00."]
    assert (version.terms["follows_usage"], version.terms["starts_on"]) == (True, "2027-01-01")
    assert version.quote.renews.code == "acme-1"
    [row] = renewals_page.of(LATE)
    assert (row.quote, row.may_quote) == (version, False)


def test_a_second_quote_for_the_same_term_is_refused(sam):
    used()
    acts.do(sam, "quote-renewal", "acme-1")

    again = acts.do(sam, "quote-renewal", "acme-1")

    code = QuoteVersion.objects.get().quote.code
    assert acts.errors(again) == [
        f"{code} offers that term already. Revise it instead of a second one."
    ]


def test_a_renewal_at_the_price_of_today_asks_nobody_and_a_lower_one_does(sam):
    """The contract was sold below list; who keeps its price gives nothing new."""
    offers.price_list(tiers=[])
    used(price_minor=60_000)
    acts.do(sam, "quote-renewal", "acme-1")
    version = QuoteVersion.objects.get()
    page = acts.rehearse(sam, "send-quote", version.quote.code)

    assert not [note for note in page.context["effect"].notes if "agree" in note]
    change = addresses.of("quote_change", version.quote.code)
    form = sam.get(change).context["form"]
    typed = {
        name: value for name, value in form.initial.items() if value not in (None, "", False, ())
    }
    sam.post(change, {**typed, "price": "300.00", "step": "save"})
    lower = acts.rehearse(sam, "send-quote", version.quote.code)
    assert [note for note in lower.context["effect"].notes if "agree" in note]


def test_the_use_is_rounded_up_to_a_tier_only_where_that_is_set_and_both_numbers_are_told():
    """O6."""
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="F", at=START,
        tiers=[prices.Tier(50_000), prices.Tier(75_000)],
    )  # fmt: skip
    policies.change(
        policies.BOOKS, {"renewal_rounded_up_to": "TIER"}, effective_at=START, recorded_at=START,
        by="Mara",
    )  # fmt: skip
    contract = used()

    [row] = renewals_page.of(LATE)

    assert (row.proposal.baseline, row.proposal.credits, row.price) == (60_000, 75_000, "$750.00")
    assert (
        "That is your use of 60,000 credits, rounded up to the next size that we sell."
        in row.sentences
    )
    assert renewals.proposal(contract, row.term, LATE).credits == 75_000


def test_the_page_takes_as_many_statements_for_three_contracts_as_for_one(root):
    used()
    with CaptureQueriesContext(connection) as one:
        assert len(renewals_page.of(LATE)) == 1
    used("bolt")
    used("cargo")
    with CaptureQueriesContext(connection) as three:
        assert len(renewals_page.of(LATE)) == 3

    assert len(three) == len(one)


def test_support_reads_it_and_has_nothing_to_press(db):
    used()

    said = page(staff.as_(staff.person(staff.Role.SUPPORT))).content.decode()

    assert "60,000" in said
    assert "Quote the renewal" not in said
    assert "State it now" not in said
