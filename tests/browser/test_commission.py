"""Commission in a browser: a rep reads the own statement, finance all of them, on desktop and phone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from accounts import people
from accounts.roles import Role
from contracts import commission_disputes, commission_plans, commission_statements
from contracts.commission_figures import Share
from creditops.lib import clock
from tests import staff
from tests.browser import NO_FAULTS, WIDTHS, faults, opened
from tests.cast import START

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough passphrase"
SAM = "sam@vendor.example"


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> staff.Book:
    """Acme has a second contract for $100.00 that Sam and Ann sold; some of it is used."""
    monkeypatch.setattr(clock, "now", lambda: staff.NOW)
    made = staff.book()
    plan = commission_plans.publish(
        "standard", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sally", at=START
    )
    split = [Share(SAM, Decimal(60)), Share("ann@vendor.example", Decimal(40))]
    staff.sign(made.acme, "C-2", commission_plan=plan, commission_split=split)
    staff.use(made.acme, "C-2", "ev-2", 500_000, staff.at("2026-05-01"))
    commission_statements.freeze(SAM, 2026, by="Fiona", at=START)
    commission_disputes.raise_one(SAM, 2026, text="C-2 was mine alone", by=SAM, at=staff.NOW)
    for email, name, role in (
        (SAM, "Sam", Role.SALES_REP),
        ("fiona@vendor.example", "Fiona", Role.CONTROLLER),
    ):
        people.add_staff(email=email, name=name, role=role, at=START, password=PASSWORD)
    return made


@pytest.fixture(params=WIDTHS)
def page(request, live_server, monkeypatch, book) -> Iterator[Any]:
    """The login page, on a desktop and on a phone."""
    with opened(live_server.url, request.param, monkeypatch) as shown:
        shown.goto(live_server.url)
        yield shown


def log_in(page: Any, email: str) -> None:
    """As a person does: e-mail, password, the button."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_rep_reads_what_is_earned_and_at_risk(page, live_server):
    log_in(page, SAM)
    page.goto(f"{live_server.url}/admin/desk/commissions/")

    assert page.get_by_text("At risk").first.is_visible()
    assert page.get_by_role("link", name="Object to it").is_visible()
    assert faults(page) == NO_FAULTS


def test_finance_reads_all_reps_and_opens_one(page, live_server):
    log_in(page, "fiona@vendor.example")
    page.goto(f"{live_server.url}/admin/desk/commissions/")
    assert faults(page) == NO_FAULTS

    page.get_by_role("link", name=SAM).first.click()

    assert page.get_by_role("link", name="Freeze this statement").is_visible()
    assert faults(page) == NO_FAULTS
