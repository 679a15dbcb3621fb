"""A customer subscribes, goes beyond the balance, upgrades and cancels, by clicks alone (S38, S43, S51)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts import people
from accounts.models import Membership
from accounts.roles import Role
from contracts import packs, plans, rate_cards, subscriptions
from contracts.models import Subscription
from contracts.rate_cards import Item
from creditops.lib import clock
from invoicing import cards, tax_rates
from tests import cast
from tests.browser import NO_FAULTS, WIDTHS, faults, opened
from tests.browser.test_rate_choice import Clock, become, click, look
from tests.browser.test_walk import PASSWORD, log_in
from tests.cast import START

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAY = cast.at("2026-05-01 09:00")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    shown = Clock(MAY)
    monkeypatch.setattr(clock, "now", lambda: shown.now)
    return shown


@pytest.fixture(params=WIDTHS)
def page(request, live_server, monkeypatch, at) -> Iterator[Any]:
    """The login page of a vendor that sells three plans and a pack, with tax."""
    items = [Item("email_enrichment", 5), Item("phone_lookup", 20), Item("ai_research", 25)]
    rate_cards.publish(
        card="gtm", name="GTM", version="1", items=items, effective_from=START, by="Ines", at=START
    )
    for code, credits, price in (
        ("free", 100, 0), ("starter", 5_000, 5_000), ("growth", 10_000, 9_000), ("scale", 25_000, 20_000)
    ):  # fmt: skip
        plans.publish(
            code=code, name=code.title(), credits=credits, price_minor=price, currency="USD",
            rate_card=rate_cards.find("gtm"), by="Sam", at=START,
        )  # fmt: skip
    packs.publish(
        code="small", name="Small pack", credits=500, price_minor=450, currency="USD",
        effective_from=START, by="Sam", at=START,
    )  # fmt: skip
    tax_rates.define(country="US", rate_pct="8.25", at=START)
    acme = cast.customer("acme", country="US")
    cards.save(acme, at=START)
    people.add_member(
        email="ada@acme.example", name="Ada", customer=acme, role=Membership.Role.ADMIN, at=START,
        password=PASSWORD,
    )  # fmt: skip
    people.add_staff(
        email="fiona@vendor.example", name="Fiona", role=Role.FINANCE, at=START, password=PASSWORD
    )
    with opened(live_server.url, request.param, monkeypatch) as shown:
        shown.goto(live_server.url)
        yield shown


def test_a_customer_subscribes_upgrades_and_cancels(page, at, live_server):
    log_in(page, "ada@acme.example")
    click(page, "Plans")
    look(page, "plans")
    assert faults(page) == NO_FAULTS
    page.get_by_role("link", name="Starter").click()
    page.get_by_role("checkbox").check()
    look(page, "order")
    assert faults(page) == NO_FAULTS
    click(page, "Pay $54.13 and begin")
    page.get_by_text("Starter has begun.").wait_for()

    found = Subscription.objects.get()
    at.now = cast.at("2026-05-18 10:05")
    cast.send("u1", 5_100, when=at.now, contract=found.code)
    cast.run_due(at.now)
    page.reload()
    page.get_by_text("Your credits are used up.").wait_for()
    look(page, "grace")
    click(page, "Charges and changes")
    look(page, "subscription")
    assert faults(page) == NO_FAULTS
    page.get_by_role("link", name="Growth").click()
    page.get_by_role("checkbox").check()
    look(page, "upgrade")
    click(page, "Pay $43.30 and upgrade")
    page.get_by_text("You have Growth now.").wait_for()

    click(page, "Charges and changes", "Cancel this subscription")
    page.get_by_text("You have 4,900 credits").wait_for()
    page.get_by_text("980 × Email enrichment").wait_for()
    look(page, "cancel")
    assert faults(page) == NO_FAULTS
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_text("Your credits stay yours until they end.").wait_for()
    assert subscriptions.find(found.code).cancelled_by == "ada@acme.example"

    become(page, "fiona@vendor.example")
    page.goto(f"{live_server.url}/admin/contracts/subscription/")
    look(page, "desk-list")
    page.goto(f"{live_server.url}/admin/desk/customer/acme/")
    look(page, "desk-customer")
    page.goto(f"{live_server.url}/admin/contracts/subscription/{found.pk}/change/")
    look(page, "desk-row")
    assert faults(page) == NO_FAULTS
