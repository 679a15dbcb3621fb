"""Automatic top-ups in the portal: off until a customer's own people set them, and agreed to (Q4, F6)."""

from __future__ import annotations

import pytest

from accounts.models import Membership
from contracts import packs
from contracts.models import Consent
from creditops.lib import policies
from invoicing import cards, payments
from invoicing.models import AutoTopUp
from tests import cast
from tests.cast import START, at
from tests.portal.conftest import NOW, Acme, as_, member, staff

Role = Membership.Role
FORM = {
    "below": "500",
    "how": "up_to",
    "credits": "2,000",
    "times": "2",
    "money": "40",
    "agreed": "yes",
}
RULE = {"below": 500, "up_to": 2_000, "times": 2, "money": "40"}


@pytest.fixture
def sold(acme: Acme) -> Acme:
    packs.publish(
        code="small", name="Small pack", credits=500, price_minor=450, currency="USD",
        effective_from=START, by="Sam", at=START,
    )  # fmt: skip
    cards.save(acme.customer, at=START)
    return acme


@pytest.fixture
def ada(sold: Acme):
    return as_(member(sold.customer, "ada"))


def in_force():
    return policies.in_force([policies.customer_scope("acme")], NOW)["auto_top_up"]


def test_they_are_off_until_somebody_sets_them(ada):
    assert "Off: nothing is bought by itself." in ada.get("/top-ups/").content.decode()
    assert in_force() is None


def test_what_is_set_is_in_force_and_what_was_agreed_to_is_kept(sold: Acme, ada):
    answer = ada.post("/top-ups/", FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/top-ups/")
    assert in_force() == RULE
    consent = Consent.objects.get()
    assert (consent.subject, consent.given_by) == ("automatic top-ups", "ada@acme.example")
    assert consent.words == (
        "My card is charged by itself as set here, until I switch this off. Each charge is told by a "
        "letter with its invoice. When fewer than 500 credits are left, as many are bought as bring the "
        "balance to 2,000: at most 2 times in a period and for $40.00 before tax in a calendar month."
    )
    for page in ("/top-ups/", "/plans/"):
        assert "When fewer than 500 credits are left" in ada.get(page).content.decode()


def test_what_is_set_buys_with_the_next_use(sold: Acme, ada):
    payments.record(
        sold.invoice, amount_minor=10_000, currency="USD", method="transfer", reference="wire",
        by="Fiona", at=NOW,
    )  # fmt: skip
    ada.post("/top-ups/", FORM)
    cast.send("u1", 9_600, when=at("2026-03-02"), contract="acme-1")
    cast.run_due(at("2026-03-02"))

    assert [(row.state, row.credits) for row in AutoTopUp.objects.all()] == [("bought", 1_600)]
    assert "1,600" in ada.get("/top-ups/").content.decode()


def test_a_pack_may_be_what_is_bought(ada):
    ada.post("/top-ups/", FORM | {"how": "pack:small", "credits": "", "money": ""})

    assert in_force() == {"below": 500, "pack": "small", "times": 2, "money": None}


def test_they_are_switched_off_by_one_button(ada):
    ada.post("/top-ups/", FORM)

    ada.post("/top-ups/", {"act": "off"})

    assert in_force() is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"agreed": ""}, "Say that you agree to the charges."),
        ({"below": ""}, "For the credits below which more are bought write a whole number"),
        ({"below": "-5"}, "For the credits below which more are bought write a whole number"),
        ({"below": "0"}, "For the credits below which more are bought write a whole number"),
        ({"credits": "²"}, "For the credits write a whole number from 1 to 1,000,000,000,000."),
        ({"credits": "100"}, "Fill up to 500 credits or more: below that more are bought."),
        ({"times": "0"}, "For how often in a period write a whole number from 1 to 100."),
        ({"times": "101"}, "For how often in a period write a whole number from 1 to 100."),
        ({"credits": "2,5"}, "For the credits write a whole number from 1 to 1,000,000,000,000."),
        ({"money": "40,5"}, "For the limit of a month write an amount like 100.00, or nothing."),
        ({"money": "much"}, "For the limit of a month write an amount like 100.00, or nothing."),
        ({"money": "NaN"}, "For the limit of a month write an amount like 100.00, or nothing."),
        ({"money": "-1"}, "For the limit of a month write an amount like 100.00, or nothing."),
        ({"how": "pack:none"}, "There is no pack &#x27;none&#x27;."),
    ],
)
def test_what_can_not_be_meant_is_said_and_nothing_is_set(ada, changed, said):
    answer = ada.post("/top-ups/", FORM | changed)

    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert f'value="{changed.get("below", "500")}"' in answer.content.decode()
    assert (in_force(), Consent.objects.count()) == (None, 0)


def test_without_a_card_nothing_is_set(sold: Acme, ada):
    cards.remove(sold.customer, at=NOW)

    answer = ada.post("/top-ups/", FORM)

    assert answer.status_code == 409
    assert "No card is on file that could be charged. Save one first." in answer.content.decode()
    assert in_force() is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUTHORISER])
def test_who_may_not_buy_sets_nothing(sold: Acme, role):
    other = as_(member(sold.customer, "vic", role))

    assert other.get("/top-ups/").status_code == 404
    assert other.post("/top-ups/", FORM).status_code == 404
    assert in_force() is None


def test_neither_otto_nor_the_vendor_sets_anything_of_acme(sold: Acme, otto):
    assert as_(otto).post("/top-ups/?customer=acme", FORM).status_code == 404
    assert as_(staff()).post("/top-ups/?customer=acme", FORM).status_code == 404
    assert in_force() is None
