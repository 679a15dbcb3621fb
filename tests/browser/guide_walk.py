"""Does the acts of a walk through the product by clicks: log in, quote, accept, renew; its clock is set."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

import pytest

from creditops.lib import clock
from tests import cast
from tests.browser import NO_FAULTS, faults
from tests.cast import START

PASSWORD = "a long enough passphrase"


class Walk:
    """A browser, a program with a key, and a clock that is set by hand."""

    def __init__(
        self, page: Any, home: str, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        self.page, self.home, self.now, self.key = page, home, START, ""
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

    def lift_cap(self, credits: str) -> None:
        """Mara agrees to overage up to `credits`."""
        self.log_in("mara@vendor.example")
        self.click("Decide")
        self.page.get_by_label("Decision").select_option("approve")
        self.page.get_by_label("New cap in credits").fill(credits)
        self.page.get_by_label("Reason").fill("Ada's CFO agreed")
        self.click("Continue")
        self.click("Confirm the decision")
