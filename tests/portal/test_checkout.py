"""What customers buy, change and end by themselves: told before, agreed to, and once (S38, S51, F6)."""

from __future__ import annotations

import pytest

from accounts import customers
from accounts.models import Membership
from contracts import packs, plans, rate_cards, subscriptions
from contracts.models import Consent, Subscription
from contracts.subscriptions import Agreed
from invoicing import cards, seller, subscribing, tax_rates
from invoicing.models import Invoice
from tests import cast
from tests.cast import START, at
from tests.portal.conftest import NOW, Acme, as_, member

Role = Membership.Role


@pytest.fixture
def sold(acme: Acme) -> Acme:
    """Three plans and a pack; a card on file."""
    for code, credits, price in (("starter", 5_000, 5_000), ("growth", 10_000, 9_000)):
        plans.publish(
            code=code, name=code.title(), credits=credits, price_minor=price, currency="USD",
            rate_card=rate_cards.find("standard"), by="Sam", at=START,
        )  # fmt: skip
    packs.publish(
        code="small", name="Small pack", credits=500, price_minor=450, currency="USD",
        effective_from=START, by="Sam", at=START,
    )  # fmt: skip
    cards.save(acme.customer, at=START)
    return acme


@pytest.fixture
def ada(sold: Acme):
    return as_(member(sold.customer, "ada"))


def subscribed(acme: Acme, plan: str = "starter") -> Subscription:
    return subscribing.subscribe(
        acme.customer, plans.find(plan), Agreed(code="s1"), by="Ada", at=at("2026-02-20")
    )


def test_plans_and_packs_say_what_they_cost_with_tax(sold: Acme, ada):
    tax_rates.define(country="US", region="", rate_pct="8", taxable_share_pct="100", at=START)

    said = ada.get("/plans/").content.decode()

    for words in ("Starter", "5,000", "Growth", "Small pack", "500", "Test card ending in 4242"):
        assert words in said, words


def test_a_plan_begins_with_the_words_that_were_agreed_to(sold: Acme, ada):
    page = ada.get("/plans/starter/")
    assert "My card is charged $50.00 now and every month" in page.content.decode()

    answer = ada.post("/plans/starter/", {"agreed": "yes"})

    made = Subscription.objects.get()
    consent = Consent.objects.get()
    assert answer.status_code == 302
    assert (made.status, made.version.plan.code, made.started_by) == (
        "active", "starter", "ada@acme.example",
    )  # fmt: skip
    assert (consent.subject, consent.given_by, consent.given_at) == (
        made.code, "ada@acme.example", NOW,
    )  # fmt: skip
    assert consent.words.startswith("My card is charged $50.00 now")
    assert Invoice.objects.first().total_minor == 5_000


def test_without_agreeing_nothing_is_bought(sold: Acme, ada):
    answer = ada.post("/plans/starter/")

    assert answer.status_code == 409
    assert "Say that you agree to the charge." in answer.content.decode()
    assert not Subscription.objects.exists()


def test_a_declined_card_is_told_and_nothing_has_begun(sold: Acme, ada):
    cards.save(sold.customer, works=False, at=NOW)

    answer = ada.post("/plans/starter/", {"agreed": "yes"})

    assert answer.status_code == 409
    assert "was declined" in answer.content.decode()
    assert not Subscription.objects.exists()
    assert Invoice.objects.count() == 1


def test_a_pack_sent_twice_is_bought_once(sold: Acme, ada):
    subscribed(sold)
    sent = {"agreed": "yes", "order": "abc"}

    first, second = ada.post("/packs/small/", sent), ada.post("/packs/small/", sent)

    assert (first.status_code, second.status_code) == (302, 409)
    bought = Invoice.objects.filter(lines__kind="TOP_UP")
    assert [invoice.total_minor for invoice in bought] == [450]


def test_the_page_before_cancelling_tells_what_is_left_and_what_it_would_buy(sold: Acme, ada):
    """S38."""
    subscribed(sold)

    said = ada.get("/subscriptions/s1/cancel/").content.decode()

    assert "You have 5,000 credits" in said
    assert "can be used through 30 Apr 2026" in said
    assert "They would still buy" in said
    assert "on 19 Mar 2026" in said

    ada.post("/subscriptions/s1/cancel/")

    found = subscriptions.find("s1")
    assert (found.cancelled_at, found.cancelled_by) == (NOW, "ada@acme.example")
    assert "Let it go on" in ada.get("/subscriptions/s1/").content.decode()
    ada.post("/subscriptions/s1/keep/")
    assert subscriptions.find("s1").cancelled_at is None


def test_a_larger_plan_begins_at_once_for_the_difference(sold: Acme, ada):
    subscribed(sold)
    page = ada.get("/subscriptions/s1/plan/growth/").content.decode()
    assert "My card is charged $40.00 now" in page

    ada.post("/subscriptions/s1/plan/growth/", {"agreed": "yes"})

    found = subscriptions.find("s1")
    assert found.version.plan.code == "growth"
    assert cast.left_of(found.holder, NOW) == 10_000
    assert Consent.objects.get().words.startswith("My card is charged $40.00 now")


def test_a_smaller_plan_begins_with_the_next_period(sold: Acme, ada):
    subscribed(sold, "growth")

    ada.post("/subscriptions/s1/plan/starter/", {"agreed": "yes"})

    found = subscriptions.find("s1")
    assert (found.version.plan.code, found.next_plan.code) == ("growth", "starter")
    cast.run_due(at("2026-03-20"))
    assert subscriptions.find("s1").version.plan.code == "starter"


def test_what_a_declined_card_left_open_is_paid_by_one_button(sold: Acme, ada, monkeypatch):
    subscribing.subscribe(
        sold.customer, plans.find("starter"), Agreed(code="s1"), by="Ada", at=at("2026-01-28")
    )
    cards.save(sold.customer, works=False, at=START)
    cast.run_due(at("2026-02-28"))
    assert "Your card was declined." in ada.get("/subscriptions/s1/").content.decode()

    refused = ada.post("/subscriptions/s1/pay/", follow=True).content.decode()
    cards.save(sold.customer, works=True, at=NOW)
    paid = ada.post("/subscriptions/s1/pay/", follow=True).content.decode()

    assert "was declined. Ask for another card." in refused
    assert "Paid. Starter goes on." in paid
    assert subscriptions.find("s1").status == "active"


@pytest.mark.parametrize("page", ["/plans/", "/plans/starter/", "/packs/small/"])
def test_where_tax_is_not_known_nothing_is_sold_at_a_guess(sold: Acme, ada, page):
    seller.define(country="US")
    customers.change(sold.customer, country="US", region="CA")

    seen, sent = ada.get(page), ada.post(page, {"agreed": "yes"})

    assert (seen.status_code, sent.status_code) == (409, 409)
    assert "What this costs with tax is not known yet" in seen.content.decode()
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUTHORISER])
def test_who_may_not_buy_finds_no_shop(sold: Acme, role):
    subscribed(sold)
    vera = as_(member(sold.customer, "vera", role))

    pages = ("/plans/", "/plans/starter/", "/packs/small/", "/subscriptions/s1/")
    assert {vera.get(page).status_code for page in pages} == {404}
    assert vera.post("/subscriptions/s1/cancel/").status_code == 404
    assert subscriptions.find("s1").cancelled_at is None


def test_otto_finds_no_subscription_of_acme(sold: Acme):
    subscribed(sold)
    other = cast.customer("other")
    otto = as_(member(other, "otto"))

    assert otto.get("/subscriptions/s1/").status_code == 404
    assert otto.post("/subscriptions/s1/cancel/").status_code == 404
    assert otto.post("/subscriptions/s1/pay/").status_code == 404
    assert subscriptions.find("s1").cancelled_at is None
