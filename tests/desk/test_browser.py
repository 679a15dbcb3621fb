"""The desk in a real browser: figures follow what is typed, nothing asks foreign hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.models import Contract
from tests import staff
from tests.browser import NO_FAULTS, WIDTHS, faults, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=WIDTHS)
def page(request, live_server, monkeypatch) -> Iterator[Any]:
    """A page of the superuser's browser, on a desktop and on a phone, that tells what went wrong."""
    with opened(live_server.url, request.param, monkeypatch) as shown:
        staff.book()
        session = staff.as_(staff.person(None)).cookies["sessionid"].value
        shown.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield shown


@pytest.fixture
def address(live_server) -> str:
    """Where the admin is."""
    return f"{live_server.url}/admin"


def test_pages_of_the_desk_fit_ask_nobody_else_and_break_nothing(page, address):
    for path in (
        "/", "/desk/customer/acme/", "/desk/policies/", "/desk/tables/", "/desk/sign-contract/acme/",
        "/desk/start-draft/standard/", "/ledger/usageevent/", "/invoicing/invoice/",
        "/ledger/journalentry/", "/accounts/person/",
    ):  # fmt: skip
        page.goto(address + path)
        assert faults(page) == NO_FAULTS, path


def test_a_contract_is_signed_with_its_figures_seen(page, address):
    page.goto(f"{address}/desk/sign-contract/acme/")

    page.fill("[name=code]", "C-9")
    page.fill("[name=credits]", "20,000")
    page.fill("[name=price]", "180.00")
    page.get_by_text("0.009 USD").wait_for()
    page.click("button:has-text('Continue')")
    page.get_by_text("Charges left for the billing run").wait_for()
    assert not Contract.objects.filter(code="C-9").exists()
    page.click("button:has-text('Sign the contract')")
    page.get_by_text("Contract C-9 over 20,000 credits for $180.00 has begun").wait_for()

    assert Contract.objects.get(code="C-9").commitment == 20_000
    assert page.wrong == []


def test_a_customer_is_found_with_a_few_keys(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")

    page.keyboard.press("Control+k")
    search = page.get_by_placeholder("Type to search")
    search.wait_for()
    search.press_sequentially("acm")
    page.locator("#command-results-list a", has_text="customer acme").first.wait_for()
    page.locator("#command-results-list a").first.click()
    page.wait_for_url("**/desk/customer/acme/")

    assert page.wrong == []
