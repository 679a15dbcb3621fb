"""How a contract stands, on a card."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Customer
from contracts import free_credits
from creditops import schedule
from creditops.portal import cards
from creditops.portal.amounts import Amount
from creditops.portal.cards import Card
from invoicing import purchases
from invoicing.purchases import Order
from ledger import balances, holders, units
from ledger.models import Block, Pool
from tests import cast
from tests.cast import START, at
from tests.pictures.reading import labels, table
from tests.portal.conftest import NOW, Acme


def card(customer: Customer, *, when=NOW, in_money: bool = True) -> Card:
    """The only card of a customer."""
    (found,) = cards.of_pools(
        list(Pool.objects.filter(customer=customer).select_related("unit", "holder", "customer")),
        at=when,
        in_money=in_money,
    )
    return found


def test_it_shows_what_is_available_and_used_in_the_term(acme: Acme):
    cast.send("e-1", 2_500, when=at("2026-02-01"))

    found = card(acme.customer)

    assert (found.available, found.held) == (7_500, 0)
    assert (found.used.credits, found.used.total, found.used.percent) == (2_500, 10_000, 25)
    assert (found.first_day, found.last_day) == (date(2026, 1, 1), date(2026, 12, 31))
    assert found.days_left == 306


def test_the_burndown_goes_from_the_grant_to_the_present_balance(acme: Acme):
    cast.send("e-1", 2_500, when=at("2026-02-01"))

    figures: dict[str, str] = dict(table(card(acme.customer).burndown)[1:])

    assert (figures["1 Mar 2026"], figures["30 Jan 2026"]) == ("7,500", "10,000")


def test_it_tells_when_credits_run_out_before_the_term_does(acme: Acme):
    cast.send("e-1", 9_000, when=at("2026-02-20"))

    found = card(acme.customer)

    assert found.outlook.headline == "4 Mar 2026"
    assert found.outlook.sentence == (
        "At this rate, you'll need an additional $908 before your renewal."
    )
    assert "runs out 4 Mar" in labels(found.burndown)


def test_a_shortfall_is_told_in_credits_to_those_who_see_no_money(acme: Acme):
    cast.send("e-1", 9_000, when=at("2026-02-20"))

    found = card(acme.customer, in_money=False)

    assert found.outlook.sentence == (
        "At this rate, 90,800 credits are missing by the end of the term on 31 Dec 2026."
    )
    assert found.credit_price == []


def test_overage_is_shown_with_its_cap_and_worth(acme: Acme):
    cast.send("e-1", 10_500, when=at("2026-02-20"))

    used = card(acme.customer).used

    assert (used.credits, used.overage, used.cap, used.percent) == (10_000, 500, 2_000, 100)
    assert used.overage_worth == Amount(500, "USD")
    assert card(acme.customer, in_money=False).used.overage_worth is None


def test_what_expires_next_is_named_with_its_day(acme: Acme):
    free_credits.give(
        acme.contract.holder, kind=Block.Kind.PROMO, credits=300, source="pilot", by="Sam",
        reason="pilot", at=at("2026-02-01"), expires_at=at("2026-04-01"),
    )  # fmt: skip

    expiring = card(acme.customer).expiring

    assert (expiring.credits, expiring.label) == (300, "Promotional")
    assert expiring.last_day == date(2026, 3, 31)


def test_a_customer_without_a_contract_has_a_card_too(acme: Acme):
    buyer = cast.customer("pixel")
    order = Order(
        holder=holders.pay_as_you_go(buyer, START), credits=1_000, price_minor=1_000,
        currency="USD", pay="invoice", source="first",
    )  # fmt: skip
    purchases.buy(order, by="Ada", at=at("2026-02-01"))
    cast.send("p-1", 400, customer="pixel", when=at("2026-02-10"))

    found = card(buyer)

    assert (found.title, found.available, found.used.percent) == ("Pay as you go", 600, 40)
    assert (found.first_day, found.running, found.used.cap) == (None, True, 0)
    assert found.credit_price == ["$1 buys 100 credits, so one costs $0.01."]
    assert found.outlook.sentence.startswith("At this rate, your credits last until")


@pytest.fixture
def ended(acme: Acme) -> Acme:
    """Acme's contract after its only term, with an overage."""
    cast.send("e-1", 10_500, when=at("2026-11-20"))
    schedule.run_due(at("2027-01-01"))
    return acme


def test_a_contract_that_is_over_predicts_nothing_and_shows_its_use(ended: Acme):
    found = card(ended.customer, when=at("2027-01-15"))

    assert (found.running, found.outlook, found.burndown, found.gauge) == (False, None, None, None)
    assert (found.available, found.days_left) == (0, None)
    assert (found.used.credits, found.used.overage) == (10_000, 500)


def test_the_renewal_is_shown_with_its_arithmetic_to_those_who_see_money(ended: Acme):
    renewal = card(ended.customer, when=at("2027-01-15")).renewal

    assert renewal.counted == [("Purchased credits used", 10_000), ("Overage", 500)]
    assert (renewal.counted_credits, renewal.scaled, renewal.final) == (10_500, False, True)
    assert (renewal.credits, renewal.price_each, renewal.price) == (
        10_500, "$0.01", Amount(10_500, "USD"),
    )  # fmt: skip
    assert (renewal.overage_price, renewal.total) == (Amount(500, "USD"), Amount(11_000, "USD"))
    assert card(ended.customer, when=at("2027-01-15"), in_money=False).renewal is None


def test_a_running_contract_stands_before_one_that_is_over(ended: Acme):
    cast.contract_pool(
        ended.customer, commitment=100, price_minor=100, code="next", start=at("2027-01-01"),
        end=at("2028-01-01"),
    )  # fmt: skip
    pools = Pool.objects.filter(customer=ended.customer).select_related(
        "unit", "holder", "customer"
    )

    found = cards.of_pools(list(pools), at=at("2027-01-15"), in_money=True)

    assert [one.code for one in found] == ["next", "acme-1"]


def test_no_pools_have_no_cards():
    assert cards.of_pools([], at=NOW, in_money=True) == []


def test_units_of_one_contract_have_cards_of_their_own(acme: Acme):
    data = holders.pool(acme.contract.holder, units.ensure("DATA", "Data credits"), START)
    cast.grant(data, 500, source="data")
    cast.send("e-1", 9_000, when=at("2026-02-20"))

    found = {
        one.unit: one
        for one in cards.of_pools(balances.pools_of(acme.contract.holder), at=NOW, in_money=True)
    }

    assert (found["credits"].available, found["data credits"].available) == (1_000, 500)
    assert found["data credits"].outlook.headline == "Not in sight"
    assert (found["data credits"].credit_price, found["data credits"].rate_card) == ([], None)
