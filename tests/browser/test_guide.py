"""The guide's example by clicks alone: 800,000 sold by quote, 600,000 used, 200,000 rolled over, renewed at
600,000; 1,000,000 used with 200,000 of overage, renewed at 1,000,000 (S49, S50, X1, X8)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest

from accounts import keys, people
from accounts.roles import Role
from contracts import agreements, prices
from contracts.models import Contract
from creditops.lib import clock
from invoicing import seller
from invoicing.models import Invoice
from tests import cast
from tests.browser import NO_FAULTS, faults, opened
from tests.cast import START, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
PASSWORD = "a long enough passphrase"


class Walk:
    """A browser, a program with a key, and a clock that is set by hand."""

    def __init__(
        self, page: Any, home: str, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        self.page, self.home, self.now = page, home, START
        page.set_default_timeout(120_000)  # documents are printed on the way
        settings.SITE_URL = home
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def move_to(self, when: datetime) -> None:
        """The clock moves, and what is due is done."""
        self.now = when
        cast.run_due(when)

    def log_in(self, email: str) -> None:
        """As a person does."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self.home}/login/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", name="Needs somebody").wait_for()

    def click(self, name: str) -> None:
        """A button or a link, and the page that it leads to has no faults."""
        words = re.compile(f"^\\W*{re.escape(name)}|{re.escape(name)}$")
        self.page.get_by_role("link", name=words).or_(
            self.page.get_by_role("button", name=words)
        ).first.click()
        assert faults(self.page) == NO_FAULTS, name

    def use(self, key: str, credits: int, contract: str) -> dict[str, Any]:
        """Usage by API."""
        event = {"id": key, "customer": "acme", "contract": contract, "meter": "credits",
                 "quantity": credits}  # fmt: skip
        asked = Request(
            f"{self.home}/api/v1/events", json.dumps(event).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
        )  # fmt: skip
        with urlopen(asked) as answer:
            result: dict[str, Any] = json.load(answer)["results"][0]
        return result

    def send(self) -> str:
        """Send the quote that is shown; returns its link."""
        self.click("Send")
        self.click("Continue")
        self.click("Send it")
        link: str = self.page.locator(".secret").inner_text()
        self.click("I have it")
        return link

    def accept(self, link: str) -> None:
        """Ada reads it without a login, and accepts."""
        self.page.goto(link)
        assert faults(self.page) == NO_FAULTS
        accepting = self.page.locator(
            "section", has=self.page.get_by_role("heading", name="Accept")
        )
        accepting.get_by_label("Your name").fill("Ada Admin")
        accepting.get_by_label("Your e-mail").fill("ada@acme.example")
        accepting.get_by_label("I accept this quote").check()
        self.click("Accept the quote")
        self.page.get_by_text("Ada Admin accepted this quote").wait_for()

    def renew(self, figures: str) -> None:
        """Sam finds it on the renewal desk, states it anew, quotes and sends it; Ada accepts."""
        self.log_in("sam@vendor.example")
        self.page.goto(f"{self.home}/admin/desk/renewals/")
        self.click("State it now")
        self.page.get_by_label("Reason").fill("the year is nearly over")
        self.click("Continue")
        self.click("State it now")
        self.page.goto(f"{self.home}/admin/desk/renewals/")
        self.page.get_by_text(figures).first.wait_for()
        self.click("Quote the renewal")
        self.click("Continue")
        self.click("Draft the quote")
        self.accept(self.send())


@pytest.fixture
def walk(live_server, monkeypatch, settings):
    with opened(live_server.url, "desktop", monkeypatch) as page:
        walk = Walk(page, live_server.url, monkeypatch, settings)
        seller.define(name="Lumen AI", country="US")
        prices.publish(
            currency="USD", credits_per_currency_unit=100, effective_from=START, by="Mara", at=START
        )
        cast.customer()
        for name, role in (("sam", Role.SALES_REP), ("mara", Role.SALES_MANAGER)):
            people.add_staff(
                email=f"{name}@vendor.example", name=name.title(), role=role, at=START,
                password=PASSWORD,
            )  # fmt: skip
        _, walk.key = keys.create(name="product", scopes=["usage:write"], by="Ines", at=START)
        yield walk


def test_two_years_of_the_guide_by_clicks(walk: Walk):
    # Year one: 800,000 sold by quote, accepted by link.
    walk.log_in("sam@vendor.example")
    walk.page.goto(f"{walk.home}/admin/desk/customer/acme/")
    walk.click("New quote")
    walk.page.get_by_label("Credits", exact=False).first.fill("800,000")
    walk.page.get_by_text("$8,000.00").first.wait_for()
    walk.click("Keep the draft")
    walk.accept(walk.send())
    contract = Contract.objects.get()
    assert cast.left(contract, walk.now) == 800_000

    # 600,000 used; the use is the next commitment, 200,000 roll over on top of it.
    walk.move_to(at("2026-06-15"))
    assert walk.use("year-1", 600_000, contract.code)["status"] == "applied"
    walk.move_to(at("2026-12-20"))
    walk.renew("600,000")
    walk.move_to(at("2027-01-01"))
    assert cast.left(agreements.find(contract.code), walk.now) == 200_000 + 600_000

    # Year two: 1,000,000 used; beyond the cap of 120,000 somebody has to agree.
    walk.move_to(at("2027-06-15"))
    assert walk.use("year-2", 800_000, contract.code)["status"] == "applied"
    walk.now += timedelta(hours=1)
    assert walk.use("beyond", 200_000, contract.code)["code"] == "overage_cap"
    walk.log_in("mara@vendor.example")
    walk.click("Decide")
    walk.page.get_by_label("Decision").select_option("approve")
    walk.page.get_by_label("New cap in credits").fill("200,000")
    walk.page.get_by_label("Reason").fill("Ada's CFO agreed")
    walk.click("Continue")
    walk.click("Confirm the decision")
    walk.now += timedelta(hours=1)
    assert walk.use("agreed", 200_000, contract.code)["status"] == "applied"

    # Renewed at 1,000,000; the 200,000 of overage are billed beside it, at the same price.
    walk.move_to(at("2027-12-20"))
    walk.renew("1,000,000")
    walk.move_to(at("2028-01-01"))
    assert cast.left(agreements.find(contract.code), walk.now) == 1_000_000
    assert [
        (line.kind, line.credits, line.amount_minor)
        for line in Invoice.objects.latest("id").lines.all()
    ] == [("OVERAGE", 200_000, 200_000), ("COMMITMENT", 1_000_000, 1_000_000)]
