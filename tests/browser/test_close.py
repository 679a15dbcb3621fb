"""The demo book closes its thirteen months by clicks: begun, looked at, let pass, closed (Z1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from creditops.demo import people, year
from creditops.lib import clock
from ledger import closing, statements
from ledger.models import AccountingPeriod, CloseMark
from tests import cast
from tests.browser import NO_FAULTS, faults, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
NOW = cast.at("2026-11-20 09:00")
MONTHS = [f"2025-{month:02}" for month in (10, 11, 12)] + [
    f"2026-{month:02}" for month in range(1, 11)
]


class Desk:
    """Fiona at the close desk."""

    def __init__(self, page: Any, home: str) -> None:
        self.page, self.home = page, home
        page.set_default_timeout(120_000)
        page.goto(f"{home}/login/")
        page.get_by_label("E-mail").fill("fiona@lumen.example")
        page.get_by_label("Password").fill(people.PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Needs somebody").wait_for()

    def next_month(self) -> str:
        """To the month that the desk says is next."""
        self.page.get_by_role("link", name="Month close").first.click()
        link = self.page.locator(".note.warn a")
        said: str = link.inner_text()
        link.click()
        self._looks_right()
        return said

    def act(self, begin: str, reason: str, confirm: str) -> None:
        """An act of the desk: the button, the reason, the figures, the confirmation."""
        self.page.locator("a.button", has_text=begin).first.click()
        self.page.get_by_label("Reason").fill(reason)
        self.page.get_by_role("button", name="Continue").click()
        self._looks_right()
        self.page.get_by_role("button", name=confirm, exact=True).click()
        self._looks_right()

    def open_points(self) -> int:
        """How many points of the checklist stop the close."""
        return int(self.page.locator("a.button", has_text="Let pass").count())

    def _looks_right(self) -> None:
        assert faults(self.page) == NO_FAULTS


def test_every_month_of_the_demo_book_is_closed_by_clicks(live_server, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    year.seed(NOW, lambda sentence: None, closes=False)

    with opened(live_server.url, "desktop", monkeypatch) as page:
        desk = Desk(page, live_server.url)
        closed = []
        for _ in MONTHS:
            closed.append(desk.next_month())
            desk.act("Begin to close", "the fifth working day", "Begin")
            while desk.open_points():
                desk.act("Let pass", "seen, and settled with the customer", "Let it pass")
            desk.act("Close the month", "every point is seen", "Close the month")
        page.get_by_role("link", name="Month close").first.click()
        page.get_by_text("Every month that is over is closed.").wait_for()

    assert closed == MONTHS
    kept = AccountingPeriod.objects.filter(state="closed").order_by("month")
    assert [f"{period}" for period in kept] == MONTHS
    assert {mark.point for mark in CloseMark.objects.all()} <= {"exceptions", "drafts"}
    assert sum(statements.balances(statements.lines()).values()) == 0
    assert closing.find(date(2026, 10, 1)).closed_by == "fiona@lumen.example"
    assert cast.breaches(NOW) == []
