"""`/unlocks` and `/licence-charges`: access over time, paid with credits."""

import pytest

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from ledger.models import Entitlement, UsageEvent
from tests.api.conftest import caller_with, refused
from tests.cast import START, customer

UNLOCK = {"customer": "acme", "item": "sso"}
SEATS = {"customer": "acme", "item": "seat", "users": 3}


@pytest.fixture
def sold(acme):
    """Acme with 100 credits and a card of a flat fee and a licence."""
    items = [
        Item("sso", 40, kind="flat", period_months=12),
        Item("seat", 10, kind="licence", period_months=1),
    ]
    rate_cards.publish(
        card="std", version="v1", items=items, effective_from=START, by="Sam", at=START
    )
    agreements.follow_rates(acme.holder, rate_cards.find("std"), at=START)
    return acme


def test_a_feature_is_unlocked_for_its_term(caller, sold):
    answer = caller.send("unlocks", UNLOCK)

    assert answer.status_code == 201
    made = answer.json()
    assert (made["kind"], made["starts_on"], made["ends_on"]) == (
        "flat",
        "2026-02-01",
        "2027-02-01",
    )
    assert caller.get(f"events/{made['event']}").json()["credits"] == 40


def test_licences_are_charged_for_the_month(caller, sold):
    made = caller.send("licence-charges", SEATS).json()

    assert (made["users"], made["starts_on"], made["ends_on"]) == (3, "2026-02-01", "2026-03-01")
    assert caller.get("customers/acme/balance").json()["balances"][0]["available"] == 70


def test_the_same_request_again_draws_once(caller, sold):
    first = caller.send("unlocks", UNLOCK, **{"Idempotency-Key": "k1"})
    again = caller.send("unlocks", UNLOCK, **{"Idempotency-Key": "k1"})

    assert again.json() == first.json()
    assert UsageEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("unlocks", UNLOCK | {"item": "seat"}, 409, "item_not_sold"),
        ("unlocks", UNLOCK | {"ends_on": "2026-01-01"}, 409, "entitlement_ends_before_it_begins"),
        ("unlocks", UNLOCK | {"contract": "c9"}, 404, "not_found"),
        ("licence-charges", SEATS | {"users": 11}, 409, "insufficient_credits"),
        ("licence-charges", SEATS | {"users": 0}, 422, "body_invalid"),
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_is_drawn(caller, sold, path, body, status, code):
    assert refused(caller.send(path, body)) == (status, code)

    assert not Entitlement.objects.exists()


def test_ottos_key_can_spend_nothing_of_acmes(sold):
    otto = caller_with("ledger:write", customer=customer("otto"))

    assert refused(otto.send("unlocks", UNLOCK)) == (404, "not_found")

    assert not Entitlement.objects.exists()
