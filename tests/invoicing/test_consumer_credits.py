"""What a consumer pays for may not end too soon, until a lawyer has looked at it (F2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from contracts import amendments, leaving, plan_changes, plans, standing, subscriptions, term_ends
from contracts.agreements import LaterTerm
from contracts.amendments import Addition
from contracts.models import AgreedTerm, Contract
from contracts.subscriptions import Agreed
from creditops.lib import policies
from creditops.lib.models import OutboxMessage
from creditops.lib.refusals import Refusal
from invoicing import ad_hoc, cards, house_gateway, letters, subscribing
from invoicing.ad_hoc import Item
from invoicing.models import Invoice
from ledger import holders
from ledger.models import Block, Term
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

LATER = at("2026-01-15 12:00")
FIVE_YEARS = {"rule": "ANNIVERSARY", "months": 60}


def consumer(**facts):
    return cast.customer(**{"kind": "consumer", "country": "US"} | facts)


def buy(buyer, **order):
    return cast.buy(holders.pay_as_you_go(buyer, START), when=LATER, **order)


def allow(months: int, scope: str = policies.BOOKS) -> None:
    policies.change(
        scope, {"consumer_life_months": months}, effective_at=START, recorded_at=START, by="Lea"
    )


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as found:
        act()
    assert found.value.code == "consumer_credits_end_early"
    return found.value.detail


def subscribe(buyer) -> None:
    cards.save_test_card(buyer, token=house_gateway.WORKS, by="Ada", at=START)
    plans.publish(code="pro", credits=100, price_minor=900, currency="USD", by="Sam", at=START)
    subscribing.subscribe(buyer, plans.find("pro"), Agreed(code="s1"), by="Ada", at=START)


WAYS: dict[str, Callable[..., object]] = {
    "a purchase": buy,
    "an invoice": lambda buyer: ad_hoc.issue(
        buyer, [Item(1_000, credits=100)], currency="USD", source="i", by="Fiona", at=LATER
    ),
    "a contract": cast.sign,
    "a subscription": subscribe,
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_way_a_consumer_buys_credits_may_not_end_within_five_years(way):
    buyer = consumer()

    said = refused(lambda: WAYS[way](buyer))

    assert "credits paid for live 60 months at least (rule F2)" in said
    assert (Block.objects.count(), Invoice.objects.count()) == (0, 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("facts", [{"kind": "business"}, {"country": "FR"}])
def test_businesses_and_consumers_elsewhere_buy_as_ever(way, facts):
    WAYS[way](consumer(**facts))

    assert Block.objects.count() == 1


@pytest.mark.parametrize("scope", [policies.BOOKS, "customer:acme"])
def test_when_a_lawyer_has_looked_shorter_lives_are_sold(scope):
    buyer = consumer()
    allow(0, scope)

    assert buy(buyer).blocks[0].granted == 1_000


def test_the_sentence_says_until_when_they_would_live_and_what_helps():
    assert refused(lambda: buy(consumer(country=""))) == (
        "Acme is a consumer, so credits paid for live 60 months at least (rule F2): these would end with "
        "2026-03-31. Let them end later, or ask legal to set consumer_life_months."
    )


def test_five_years_to_the_day_are_enough_and_a_day_less_is_not():
    buyer = consumer()

    assert buy(buyer, validity=FIVE_YEARS).blocks
    assert buy(buyer, source="again", expires_at=at("2031-01-15")).blocks
    assert "2031-01-13" in refused(lambda: buy(buyer, source="early", expires_at=at("2031-01-14")))


def test_a_bonus_that_shares_the_price_may_not_end_before_either():
    refused(
        lambda: buy(
            consumer(), validity=FIVE_YEARS, bonus_credits=10, bonus_expires_at=at("2027-01-01")
        )
    )


def test_what_is_free_may_end_as_it_likes():
    buyer = consumer()
    cast.grant(cast.open_pool(buyer), 10, source="gift", kind="promo", end=at("2026-02-01"))

    assert cast.sign(buyer, price_minor=0).commitment == 100_000


def test_a_contract_of_five_years_is_signed_and_what_is_added_later_ends_too_soon():
    contract = cast.sign(consumer(), starts_on=date(2026, 1, 1), term_months=60)
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=START, recorded_at=START, by="F"
    )

    refused(
        lambda: amendments.add(
            contract, Addition(credits=100, price_minor=100), source="more", by="Sam",
            at=at("2026-06-01"),
        )
    )  # fmt: skip


def year(price_minor: int | None = 100_000) -> LaterTerm:
    return LaterTerm(credits=100_000, price_minor=price_minor)


def test_the_years_of_a_ramp_are_looked_at_when_it_is_signed():
    buyer = consumer()

    said = refused(lambda: cast.sign(buyer, term_months=60, later_terms=[year(0), year()]))

    assert "those of term 3 would end with 2032-12-31" in said
    assert not Contract.objects.exists()
    assert cast.sign(buyer, term_months=60, later_terms=[year(0)]).commitment == 100_000


def test_a_contract_that_would_renew_by_itself_for_a_year_is_not_signed():
    said = refused(lambda: cast.sign(consumer(), term_months=60, auto_renew=True))

    assert "those of term 2 would end with 2031-12-31" in said


@pytest.fixture
def allowed_once():
    """A year's contract that a lawyer had looked at; from June on the law counts again."""
    buyer = consumer()
    allow(0)
    contract = cast.sign(buyer)
    june = at("2026-06-01")
    policies.change(
        policies.BOOKS, {"consumer_life_months": 60}, effective_at=june, recorded_at=june, by="Lea"
    )
    return contract


def test_a_renewal_of_a_year_is_not_signed(allowed_once):
    refused(lambda: term_ends.sign_renewal(allowed_once, by="Sam", at=at("2026-12-01")))

    allowed_once.refresh_from_db()
    assert allowed_once.renewal_signed_at is None


@pytest.mark.parametrize(("months", "kept"), [(12, 0), (60, 1)])
def test_a_renewal_on_terms_of_its_own_is_signed_if_it_is_long_enough(allowed_once, months, kept):
    def sign() -> None:
        term_ends.sign_agreed_renewal(
            allowed_once, after=1, terms=[LaterTerm(1_000, 1_000, months=months)], settings={},
            quote=None, by="Sam", at=at("2026-12-01"),
        )  # fmt: skip

    outcome = {12: lambda: refused(sign), 60: sign}[months]
    outcome()

    assert AgreedTerm.objects.count() == kept


@pytest.mark.parametrize("credits", [50, 200])
def test_neither_a_smaller_nor_a_larger_plan_is_moved_to(credits):
    buyer = consumer()
    allow(0)
    subscribe(buyer)
    plans.publish(code="new", credits=credits, price_minor=1_900, currency="USD", by="S", at=START)
    policies.change(
        policies.BOOKS,
        {"consumer_life_months": 60},
        effective_at=LATER,
        recorded_at=LATER,
        by="Lea",
    )

    refused(lambda: subscribing.change_plan(subscriptions.find("s1"), plans.find("new"), at=LATER))

    assert subscriptions.find("s1").next_plan is None
    assert Block.objects.count() == 1


def protect(when) -> None:
    """The law counts from an instant on."""
    policies.change(
        policies.BOOKS, {"consumer_life_months": 60}, effective_at=when, recorded_at=when, by="Lea"
    )


def renewing(when):
    """A contract that renews by itself, signed when a lawyer had looked at it; not so from `when` on."""
    allow(0)
    contract = cast.sign(consumer(), auto_renew=True)
    cast.send("u1", 60_000, when=at("2026-02-01"), contract=contract.code)
    protect(when)
    return contract


def terms_of(contract) -> int:
    return contract.holder.terms.filter(customer_id=contract.customer_id).count()


def test_what_was_to_renew_by_itself_ends_when_that_may_not_be_sold_any_more():
    contract = renewing(at("2026-06-01"))

    worries = standing.worries(contract, at("2026-11-01"))
    renews = leaving.of(contract, at("2026-11-01")).renews
    cast.run_due(at("2027-01-02"))

    assert worries == [
        "It would not renew by itself, and end with its term. Acme is a consumer, so credits paid for live "
        "60 months at least (rule F2): those of term 2 would end with 2027-12-31. Let them end later, or "
        "ask legal to set consumer_life_months."
    ]
    assert not renews
    contract.refresh_from_db()
    assert (contract.status, terms_of(contract)) == (Contract.Status.ENDED, 1)
    assert standing.worries(contract, at("2027-01-02")) == []


def test_what_renews_before_the_law_counts_renews_and_so_does_what_was_signed():
    contract = renewing(at("2026-12-02"))
    assert leaving.of(contract, at("2026-12-01")).renews
    term_ends.sign_renewal(contract, by="Sam", at=at("2026-12-01"))

    cast.run_due(at("2027-01-02"))

    assert standing.worries(contract, at("2026-12-05")) == []
    assert terms_of(contract) == 2


def test_no_period_begins_that_may_not_be_sold_any_more_and_the_customer_is_told_before():
    allow(0)
    subscribe(consumer())
    protect(at("2026-01-20"))

    cast.run_due(at("2026-02-02"))

    found = subscriptions.find("s1")
    assert (found.status, found.cancelled_by) == ("ended", "rule F2: consumer_life_months")
    assert (found.ended_at, Invoice.objects.count()) == (at("2026-02-01"), 1)
    told = OutboxMessage.objects.filter(kind=letters.LETTER).latest("id").payload
    assert told["headline"] == "Your subscription ends with its period"
    assert told["sentences"][0].startswith(
        "No period follows on 1 February 2026, and your card is not"
    )


def test_use_asks_for_no_larger_plan_that_may_not_be_sold():
    """Q3: before the law counts the use of the period asks for it."""
    allow(0)
    subscribe(consumer())
    plans.publish(code="big", credits=900, price_minor=5_000, currency="USD", by="S", at=START)
    protect(LATER)
    cast.send("u1", 101, when=at("2026-01-10"), contract="s1")
    found, period = subscriptions.find("s1"), Term.objects.get()

    asked = [plan_changes.upgrade(found, period, when) for when in (at("2026-01-11"), LATER)]

    assert [each and each.plan.code for each in asked] == ["big", None]
