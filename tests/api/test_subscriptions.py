"""Plans, subscriptions and what customers decide, by API."""

from __future__ import annotations

import pytest

from accounts.models import Membership
from contracts.models import Consent, Subscription
from creditops.lib import clock, policies
from invoicing import cards
from tests import cast
from tests.api.conftest import NOW, caller_with
from tests.portal.conftest import member

STARTER = {
    "id": "starter",
    "name": "Starter",
    "credits": 5_000,
    "price": "50.00",
    "currency": "USD",
}
GROWTH = STARTER | {"id": "growth", "name": "Growth", "credits": 10_000, "price": "90.00"}


@pytest.fixture
def acme(db):
    found = cast.customer()
    cards.save(found, at=NOW)
    return found


@pytest.fixture
def sold(caller, acme):
    """Two plans, and Acme on the smaller one."""
    for plan in (STARTER, GROWTH):
        assert caller.send("plans", plan).status_code == 201
    return caller.send(
        "subscriptions",
        {
            "id": "s1",
            "customer": "acme",
            "plan": "starter",
            "consent": "I agree to $50.00 a month.",
        },
    ).json()


def test_a_plan_is_published_once_per_instant_and_listed(caller, acme):
    made = caller.send("plans", STARTER)
    again = caller.send("plans", STARTER)

    assert (made.status_code, made.json()["price"], made.json()["on_sale"]) == (201, "50.00", True)
    assert (again.status_code, again.json()["code"]) == (409, "plan_exists")
    assert [plan["id"] for plan in caller.get("plans").json()["results"]] == ["starter"]


def test_a_subscription_begins_with_its_charge_and_says_how_it_stands(caller, sold):
    assert (sold["status"], sold["plan"], sold["period"], sold["owes"]) == (
        "active", "starter", 1, [],
    )  # fmt: skip
    assert sold["period_ends_at"] == "2026-03-01T00:00:00Z"
    assert Consent.objects.get().words == "I agree to $50.00 a month."
    assert caller.get("subscriptions", customer="acme").json()["results"][0]["id"] == "s1"


def test_what_a_declined_card_left_open_is_told_and_paid(caller, sold, acme, monkeypatch):
    cards.save(acme, works=False, at=NOW)
    cast.run_due(cast.at("2026-03-01 00:00"))
    monkeypatch.setattr(clock, "now", lambda: cast.at("2026-03-02 09:00"))

    owed = caller.get("subscriptions/s1").json()
    refused = caller.send("subscriptions/s1/pay")
    cards.save(acme, works=True, at=NOW)

    assert (owed["status"], owed["owes"][0]["kind"], owed["owes"][0]["amount"]) == (
        "past_due", "period", "50.00",
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (409, "card_declined")
    assert caller.send("subscriptions/s1/pay").json()["status"] == "active"


def test_a_larger_plan_comes_at_once_and_a_cancelled_one_ends_with_its_period(caller, sold):
    larger = caller.send("subscriptions/s1/plan", {"plan": "growth"}).json()
    ended = caller.send("subscriptions/s1/cancel").json()

    assert (larger["plan"], larger["next_plan"]) == ("growth", None)
    assert (ended["status"], ended["cancelled_at"]) == ("active", "2026-02-01T12:00:00Z")
    cast.run_due(cast.at("2026-03-01"))
    assert Subscription.objects.get().status == "ended"


def test_another_customers_key_finds_nothing(caller, sold):
    other = cast.customer("other")
    theirs = caller_with("billing:write", name="theirs", customer=other)

    assert theirs.send("subscriptions/s1/cancel").status_code == 404
    assert theirs.send("subscriptions/s1/pay").status_code == 404
    assert Subscription.objects.get().cancelled_at is None


def test_a_customers_own_key_sets_alerts_and_automatic_top_ups_at_once(caller, acme):
    member(acme, "ada", Membership.Role.ADMIN)
    own = caller_with("billing:write", name="own", customer=acme)

    answer = own.send(
        "customers/acme/settings",
        {"thresholds": [70, 90], "auto_top_up": {"below": 500, "credits": 1000, "money": "40.00"},
         "recipients": [{"email": "ada@acme.example", "from_percent": 70}]},
        method="put",
    )  # fmt: skip

    assert answer.status_code == 200
    body = answer.json()
    assert (body["thresholds"], body["waits"]) == ([70, 90], [])
    assert body["auto_top_up"] == {
        "below": 500, "credits": 1000, "up_to": None, "pack": None, "times": 3, "money": "40",
    }  # fmt: skip
    assert body["recipients"][0]["from_percent"] == 70
    off = own.send("customers/acme/settings", {"auto_top_up": None}, method="put").json()
    assert off["auto_top_up"] is None


def test_the_vendors_key_asks_unless_it_says_who_agreed(caller, acme):
    wanted = {"auto_top_up": {"below": 500, "up_to": 2000}}

    asked = caller.send("customers/acme/settings", wanted, method="put")
    assert (asked.status_code, asked.json()["waits"]) == (202, ["auto_top_up"])
    assert policies.in_force(["customer:acme"], NOW)["auto_top_up"] is None


def test_a_rule_that_can_t_be_meant_is_refused_and_nothing_changes(caller, acme):
    wrong = {"auto_top_up": {"below": 500, "up_to": 100}}

    answer = caller.send("customers/acme/settings", wrong, method="put")

    assert (answer.status_code, answer.json()["code"]) == (422, "policy_invalid")
    stranger = {"recipients": [{"email": "eve@other.example"}]}
    answer = caller.send("customers/acme/settings", stranger, method="put")
    assert (answer.status_code, answer.json()["code"]) == (409, "person_unknown")
