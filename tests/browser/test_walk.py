"""Finance and a customer walk through their pages, from the login to the invoice on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts import people
from accounts.models import Membership
from accounts.roles import Role
from creditops.lib import clock
from tests import staff
from tests.browser import NO_FAULTS, WIDTHS, faults, opened
from tests.cast import START

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough passphrase"


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> staff.Book:
    """Acme's book in June, with Fiona of finance and Ada of Acme, who know their passwords."""
    monkeypatch.setattr(clock, "now", lambda: staff.NOW)
    made = staff.book()
    people.add_staff(
        email="fiona@vendor.example", name="Fiona", role=Role.FINANCE, at=START, password=PASSWORD
    )
    people.add_member(
        email="ada@acme.example", name="Ada", customer=made.acme, role=Membership.Role.ADMIN,
        at=START, password=PASSWORD,
    )  # fmt: skip
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


def downloaded(page: Any, link: Any) -> tuple[str, bytes]:
    """The name and the content of the file behind a link."""
    with page.expect_download() as waiting:
        link.click()
    file = waiting.value
    return file.suggested_filename, Path(file.path()).read_bytes()


def test_finance_finds_the_customer_and_downloads_its_invoice(page, book):
    log_in(page, "fiona@vendor.example")
    page.get_by_role("heading", name="Needs somebody").wait_for()
    assert faults(page) == NO_FAULTS

    page.keyboard.press("Control+k")
    search = page.get_by_placeholder("Type to search")
    search.wait_for()
    search.press_sequentially("acm")
    page.locator("#command-results-list a", has_text="customer acme").first.click()
    page.get_by_role("heading", name="What its journal comes to").wait_for()
    assert faults(page) == NO_FAULTS

    page.get_by_role("link", name=book.invoice.number).first.click()
    page.get_by_role("heading", name="Lines").wait_for()
    assert faults(page) == NO_FAULTS

    name, content = downloaded(page, page.get_by_role("link", name="PDF"))

    assert name == f"{book.invoice.number}.pdf"
    assert content.startswith(b"%PDF")


def test_a_customer_sees_the_balance_and_its_burndown_and_downloads_the_invoice(page, book):
    log_in(page, "ada@acme.example")
    page.get_by_role("heading", name="Balance and forecast").wait_for()
    assert page.locator(".big .figure").inner_text() == "10,200"
    assert page.locator("figure.picture-burndown svg:visible").count() == 1
    assert faults(page) == NO_FAULTS

    page.get_by_role("link", name="Usage", exact=True).click()
    page.get_by_role("heading", name="Events").wait_for()
    assert faults(page) == NO_FAULTS

    page.locator("#events ~ *, section[aria-labelledby=events]").get_by_role("link").nth(1).click()
    page.get_by_role("heading", name="Which credits paid for it").wait_for()
    assert faults(page) == NO_FAULTS

    page.get_by_role("link", name="Invoices", exact=True).click()
    page.get_by_role("heading", name="Invoices").wait_for()
    assert faults(page) == NO_FAULTS

    invoice = page.get_by_role("link", name=f"PDF of {book.invoice.number}")
    name, content = downloaded(page, invoice)

    assert name == f"{book.invoice.number}.pdf"
    assert content.startswith(b"%PDF")


def test_what_is_not_there_or_not_for_somebody_says_so_on_a_page_of_ours(page, live_server):
    log_in(page, "ada@acme.example")
    page.get_by_role("heading", name="Balance and forecast").wait_for()

    for path in ("/nowhere/", "/admin/", "/events/nothing/"):
        page.goto(live_server.url + path)

        page.get_by_role("heading", name="There is nothing here").wait_for()
        page.get_by_role("link", name="Back to the start").wait_for()
        # Chromium itself notes the 404 of the page that was asked for.
        assert {said for said in page.wrong if "status of 404" not in said} == set(), path
