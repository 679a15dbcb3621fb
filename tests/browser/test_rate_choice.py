"""AI research goes from 25 credits to 40, by clicks alone: one customer stays, one moves (S54, S55)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts import people
from accounts.models import Membership
from accounts.roles import Role
from contracts import prices, rate_cards
from contracts.rate_cards import Item
from creditops.lib import clock
from ledger import metering
from ledger.messages import Message
from tests import cast
from tests.browser import NO_FAULTS, WIDTHS, faults, opened
from tests.browser.test_walk import PASSWORD, log_in
from tests.cast import START

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
APRIL = cast.at("2026-04-01 09:00")


@dataclass
class Clock:
    """What the doors take for now."""

    now: datetime = APRIL


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    shown = Clock()
    monkeypatch.setattr(clock, "now", lambda: shown.now)
    return shown


@pytest.fixture(params=WIDTHS)
def page(request, live_server, monkeypatch, at) -> Iterator[Any]:
    """The login page of a vendor with two customers who asked ten research questions each in March."""
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    items = [Item("email_enrichment", 5), Item("phone_lookup", 20), Item("ai_research", 25)]
    rate_cards.publish(
        card="gtm", name="GTM", version="1", items=items, effective_from=START, by="Ines", at=START
    )
    for code in ("acme", "beta"):
        buyer = cast.customer(code)
        cast.sign(
            buyer,
            code=f"{code}-1",
            rate_card=rate_cards.find("gtm"),
            credits=10_000,
            price_minor=10_000,
        )
        people.add_member(
            email=f"ada@{code}.example", name="Ada", customer=buyer, role=Membership.Role.ADMIN,
            at=START, password=PASSWORD,
        )  # fmt: skip
        research(code, 10, cast.at("2026-03-10 09:00"))
    for name, role in (("ines", Role.INTEGRATOR), ("fiona", Role.CONTROLLER)):
        people.add_staff(
            email=f"{name}@vendor.example", name=name, role=role, at=START, password=PASSWORD
        )
    with opened(live_server.url, request.param, monkeypatch) as shown:
        shown.goto(live_server.url)
        yield shown


def research(code: str, questions: int, when: datetime) -> int:
    """The credits that so many questions cost."""
    message = Message(
        "test", f"{code}-{when}", code, "ai_research", contract=f"{code}-1", time=when,
        quantity=Decimal(questions),
    )  # fmt: skip
    return metering.accept([message], at=when, origin="test").outcomes[0].credits


def become(page: Any, who: str) -> None:
    """Log out, and in as somebody else."""
    page.context.clear_cookies()
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2])
    log_in(page, who)
    page.wait_for_load_state("networkidle")


def look(page: Any, name: str) -> None:
    """Keep a picture, for whoever wants to see it."""
    folder = os.environ.get("CREDITOPS_LOOK")
    if folder:
        page.screenshot(path=f"{folder}/{page.viewport_size['width']}-{name}.png", full_page=True)


def click(page: Any, *names: str) -> None:
    """Follow links and buttons by their words."""
    for name in names:
        page.locator(
            f"a:visible:has-text('{name}'), button:visible:has-text('{name}')"
        ).first.click()
        page.wait_for_load_state("networkidle")


def answer(page: Any, who: str, button: str) -> str:
    """Log in as a customer and answer; returns what the page then says."""
    become(page, who)
    click(page, "1 choice about rates")
    assert page.get_by_text("$0.40").is_visible()
    look(page, "portal-choice")
    assert faults(page) == NO_FAULTS
    click(page, button)
    return str(page.locator(".question .notice").inner_text())


def test_the_rate_goes_from_25_to_40_and_each_customer_decides(page, at, live_server):
    log_in(page, "ines@vendor.example")
    page.goto(f"{live_server.url}/admin/contracts/ratecard/")
    click(page, "GTM", "Start the next version")
    page.fill("[name=version]", "2")
    click(page, "Continue", "Start the draft", "Paste or import")
    sheet = page.locator("[name=sheet]")
    sheet.fill(sheet.input_value().rstrip() + "\nai_research_plus,40,,,,,,answers,vertical")
    click(page, "Continue", "Write the draft")
    assert page.get_by_text("ai_research_plus").first.is_visible()
    assert faults(page) == NO_FAULTS

    look(page, "draft")
    become(page, "fiona@vendor.example")
    page.goto(f"{live_server.url}/admin/contracts/ratedraft/")
    click(page, "GTM 2", "Review it", "Continue", "Agree to it", "Publish it", "Continue")
    page.get_by_text("Revenue in USD, March 2026").wait_for()
    look(page, "publish")
    click(page, "Publish the version")
    page.get_by_text("Published: GTM 2, 4 actions").wait_for()

    at.now = APRIL + timedelta(days=1)
    page.goto(f"{live_server.url}/admin/contracts/ratecard/")
    click(page, "GTM", "Ask customers about a new rate")
    page.select_option("[name=item]", "ai_research")
    page.select_option("[name=successor]", "ai_research_plus")
    click(page, "Continue")
    page.get_by_text("Customers: 2").wait_for()
    look(page, "offer")
    click(page, "Ask them")
    page.get_by_text("2 contracts asked about").wait_for()
    assert faults(page) == NO_FAULTS

    stayed = answer(page, "ada@acme.example", "Stay with AI research")
    moved = answer(page, "ada@beta.example", "Move to AI research plus")

    assert stayed.startswith("Chosen: AI research, by ada@acme.example on 2 Apr 2026")
    assert moved.startswith("Chosen: AI research plus, by ada@beta.example")
    later = at.now + timedelta(hours=1)
    assert (research("acme", 10, later), research("beta", 10, later)) == (250, 400)

    become(page, "fiona@vendor.example")
    page.goto(f"{live_server.url}/admin/contracts/ratecampaign/")
    click(page, "ai_research →")
    page.get_by_text("moves to ai_research_plus").wait_for()
    look(page, "campaign")
    assert faults(page) == NO_FAULTS
