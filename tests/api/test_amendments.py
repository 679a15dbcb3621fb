"""Contracts amended by API, and rights to buy more: sold, listed, used."""

from __future__ import annotations

import pytest

from creditops.lib import policies
from tests import cast
from tests.api.conftest import refused

OPTION = {
    "id": "half", "credits": 1_000, "list_price": "10.00", "discount_pct": "50",
    "likelihood_pct": "100", "valid_until": "2030-01-01T00:00:00Z",
}  # fmt: skip


@pytest.fixture
def contract(db):
    """Acme's running contract; a credit costs a cent on its own."""
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=cast.START,
        recorded_at=cast.START, by="Fiona", approved_by="Fiona",
    )  # fmt: skip
    made = cast.sign()
    cast.run_due(cast.START)
    return made


def test_an_amendment_is_previewed_then_signed_and_listed(caller, contract):
    body = {"add_credits": 50_000, "price": "350.00"}

    preview = caller.send("contracts/c1/amend", {**body, "preview": True}).json()
    answer = caller.send("contracts/c1/amend", {**body, "reason": "growth"})

    made = answer.json()
    assert (preview["no"], preview["kind"], preview["after"]["per_credit"]) == (
        None,
        "blended",
        "0.009",
    )
    assert (answer.status_code, made["no"], made["kind"]) == (201, 1, "blended")
    assert made["after"] == {"credits_left": 150_000, "deferred": "1350.00", "per_credit": "0.009"}
    assert made["invoice"]["total"] == "350.00"
    [listed] = caller.get("contracts/c1/amendments").json()["results"]
    assert (listed["no"], listed["reason"]) == (1, "growth")


def test_credits_are_given_back_by_credit_note(caller, contract):
    body = {"remove_credits": 20_000, "reason": "less work"}

    made = caller.send("contracts/c1/amend", body).json()

    assert (made["kind"], made["price"], made["credit_note"]["total"]) == (
        "reduced",
        "200.00",
        "200.00",
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, (422, "body_invalid")),
        ({"add_credits": 1}, (422, "body_invalid")),
        ({"add_credits": 1, "price": "1.00", "remove_credits": 1}, (422, "body_invalid")),
        ({"remove_credits": 1}, (422, "body_invalid")),
        ({"remove_credits": 100_001, "reason": "all"}, (409, "credits_consumed")),
        ({"add_credits": 1, "price": "1.001"}, (409, "amount_exponent")),
    ],
)
def test_what_cannot_be_meant_or_done_is_refused(caller, contract, body, told):
    assert refused(caller.send("contracts/c1/amend", body)) == told


def test_a_right_is_sold_with_credits_listed_and_used_once(caller, contract):
    caller.send("customers/acme/card", {"works": True}, method="put")
    bought = caller.send(
        "topups",
        {
            "customer": "acme",
            "credits": 1_000,
            "price": "10.00",
            "payment": "card",
            "option": OPTION,
        },
    )

    [listed] = caller.get("options", customer="acme").json()["results"]
    used = caller.send("options/half/exercise", {})

    assert bought.status_code == 201
    assert (listed["id"], listed["exercise_price"], listed["state"]) == ("half", "5.00", "open")
    assert (used.status_code, used.json()["state"]) == (201, "exercised")
    assert used.json()["invoice"]["total"] == "5.00"
    assert refused(caller.send("options/half/exercise", {})) == (409, "option_closed")
