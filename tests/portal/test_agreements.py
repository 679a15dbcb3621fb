"""Customers cancel a renewal knowing what they leave, and use their rights to buy more."""

from __future__ import annotations

from fractions import Fraction

import pytest

from accounts.models import Membership
from contracts.models import Amendment
from creditops.lib import policies
from invoicing import cards, options
from ledger import holders
from tests import cast
from tests.portal.conftest import NOW, as_, member

CANCEL = "/contracts/acme-1/cancel/"


@pytest.fixture
def ada(acme):
    """Acme's administrator; the contract renews by itself."""
    acme.contract.auto_renew = True
    acme.contract.save(update_fields=["auto_renew"])
    return as_(member(acme.customer, "ada"))


@pytest.fixture
def right(acme):
    """Acme may buy 1,000 credits for $5.00."""
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=NOW, recorded_at=NOW,
        by="Fiona", approved_by="Fiona",
    )  # fmt: skip
    cards.save(acme.customer, works=True, at=NOW)
    offered = options.Offered(
        "half", 1_000, 1_000, Fraction(50), Fraction(0), Fraction(100), cast.at("2026-12-31")
    )
    holder = holders.pay_as_you_go(acme.customer, NOW)
    return cast.buy(holder, when=NOW, source="with a right", option=offered).option


def test_the_page_says_what_is_left_before_anybody_cancels(acme, ada):
    said = ada.get(CANCEL).content.decode()

    assert "10,000 credits end with 31 December 2026, used or not." in said
    assert "Document translation" in said
    assert "3,333,333" in said
    assert "Cancel the renewal" in said


def test_an_administrator_cancels_and_it_is_recorded(acme, ada):
    page = ada.post(f"{CANCEL}now/", follow=True)

    acme.contract.refresh_from_db()
    assert not acme.contract.auto_renew
    assert "is not renewed" in page.content.decode()
    assert (Amendment.objects.get().kind, Amendment.objects.get().signed_by) == (
        "cancelled", "ada@acme.example",
    )  # fmt: skip


def test_others_do_not_cancel_and_strangers_see_nothing(acme, ada, otto):
    finance = as_(member(acme.customer, "cleo", Membership.Role.FINANCE))

    assert finance.post(f"{CANCEL}now/").status_code == 404
    assert as_(otto).get(CANCEL).status_code == 404
    assert as_(otto).post(f"{CANCEL}now/").status_code == 404
    acme.contract.refresh_from_db()
    assert acme.contract.auto_renew


def test_a_right_is_offered_with_its_date_and_used_by_card(acme, ada, right):
    home = ada.get("/").content.decode()
    offer = ada.get("/rights/half/").content.decode()
    ada.post("/rights/half/use/")

    assert "1,000 more credits for $5.00" in home
    assert "ends after 30 Dec 2026" in offer
    assert options.state(options.find("half"), NOW) == "exercised"
    assert ada.get("/rights/half/").status_code == 404


def test_a_declined_card_is_said_and_the_right_stays(acme, ada, right):
    cards.save(acme.customer, works=False, at=NOW)

    page = ada.post("/rights/half/use/")

    assert page.status_code == 409
    assert "declined" in page.content.decode()
    assert options.state(options.find("half"), NOW) == "open"


def test_strangers_neither_see_nor_use_a_right(acme, otto, right):
    assert as_(otto).get("/rights/half/").status_code == 404
    assert as_(otto).post("/rights/half/use/").status_code == 404
    assert options.state(options.find("half"), NOW) == "open"
