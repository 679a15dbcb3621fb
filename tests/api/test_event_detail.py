"""`/events/{uid}`: who paid for an event; its correction and its voiding."""

import pytest

from contracts import rate_cards
from contracts.rate_cards import Item
from ledger import posting, units
from ledger.models import Correction, Rate
from tests.api.conftest import NOW, caller_with, places, refused
from tests.cast import START, at, customer, grant

EVENT = {"id": "e1", "customer": "acme", "meter": "credits", "quantity": 30}


def sent(caller, **event) -> str:
    """The uid of an event that was applied."""
    (result,) = caller.send("events", EVENT | event).json()["results"]
    assert result["status"] == "applied"
    return result["uid"]


def buy(caller, *items: Item) -> None:
    """Acme has 100 credits and pays by these rates."""
    customer()
    rate_cards.publish(
        card="standard", version="v1", items=items, effective_from=START, by="Sam", at=START
    )
    order = {"customer": "acme", "credits": 100, "price": "1.00", "payment": "invoice"}
    assert caller.send("topups", order | {"rate_card": "standard"}).status_code == 201


def test_an_event_is_explained_whole(caller, acme):
    grant(acme, 10, kind="promo", source="welcome", end=at("2027-01-01"), promo_policy="ZERO_COST")
    uid = sent(caller, time="2026-02-01T11:00:00Z", user="ann")
    posting.run(NOW)

    answer = caller.get(f"events/{uid}")

    assert answer.status_code == 200
    (entry,) = answer.json().pop("journal_entries")
    assert entry | {"id": "?"} == {
        "id": "?",
        "posting_date": "2026-02-01",
        "recipe": "JE-05",
        "memo": "Used: 20 credits of acme",
    }
    assert {**answer.json(), "journal_entries": []} == {
        "uid": uid,
        "source": "product",
        "id": "e1",
        "customer": "acme",
        "contract": "acme",
        "meter": "credits",
        "time": "2026-02-01T11:00:00Z",
        "received_at": "2026-02-01T12:00:00Z",
        "quantity": "30",
        "user": "ann",
        "data": {},
        "status": "applied",
        "code": None,
        "credits": 30,
        "rate": None,
        "draws": [
            {
                "block": "welcome",
                "kind": "promo",
                "credits": 10,
                "cost": "0.00",
                "currency": "USD",
            },
            {"block": "b1", "kind": "paid", "credits": 20, "cost": "0.20", "currency": "USD"},
        ],
        "corrections": [],
        "posting_date": "2026-02-01",
        "journal_entries": [],
        "archived_in": None,
    }


def test_its_rate_names_the_card_the_version_and_the_price(caller):
    buy(caller, Item("page", 3))
    uid = sent(caller, meter="page", quantity=2)

    assert caller.get(f"events/{uid}").json()["rate"] == {
        "card": "standard",
        "version": "v1",
        "rates": [
            {
                "item": "page",
                "kind": "fixed",
                "property": None,
                "match": {},
                "credits": 3,
                "per": 1,
                "unit": "CREDIT",
            }
        ],
    }


def test_a_correction_in_credits_gives_back_the_difference(caller, acme):
    uid = sent(caller)

    answer = caller.send(f"events/{uid}/correct", {"credits": 10, "reason": "counted thrice"})

    assert answer.status_code == 200
    assert answer.json()["credits"] == 10
    assert answer.json()["corrections"] == [
        {
            "no": 1,
            "credits": 10,
            "void": False,
            "recorded_at": "2026-02-01T12:00:00Z",
            "by": "key:product",
            "reason": "counted thrice",
        }
    ]
    assert [draw["credits"] for draw in answer.json()["draws"]] == [10]
    assert caller.get("customers/acme/balance").json()["balances"][0]["available"] == 90


def test_a_correction_in_quantity_costs_what_its_rate_says(caller):
    buy(caller, Item("page", 3))
    uid = sent(caller, meter="page", quantity=2)

    answer = caller.send(f"events/{uid}/correct", {"quantity": 5, "reason": "pages missed"})

    assert answer.json()["credits"] == 15
    assert answer.json()["quantity"] == "2"


@pytest.mark.parametrize("quantity", [7, "0.5", 10**17])
def test_what_a_quantity_costs_is_not_guessed(caller, quantity):
    units.create_meter(code="call", name="Calls", properties={"tokens": "number"})
    buy(caller, Item("call", 5, kind=Rate.Kind.PACK, per=1_000, property="tokens"))
    uid = sent(caller, meter="call", quantity=1, data={"tokens": 2_000})

    answer = caller.send(f"events/{uid}/correct", {"quantity": quantity, "reason": "?"})

    assert refused(answer) == (409, "correction_in_credits")
    assert "Give the right number of credits instead." in answer.json()["detail"]
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"reason": "?"}, "the body"),
        ({"quantity": 1, "credits": 1, "reason": "?"}, "the body"),
        ({"credits": 1}, "reason"),
        ({"credits": "1", "reason": "?"}, "credits"),
        ({"credits": -1, "reason": "?"}, "credits"),
        ({"quantity": 1.5, "reason": "?"}, "quantity"),
    ],
)
def test_a_correction_says_one_number_and_why(caller, acme, body, path):
    uid = sent(caller)

    answer = caller.send(f"events/{uid}/correct", body)

    assert refused(answer) == (422, "body_invalid")
    assert places(answer).keys() == {path}
    assert not Correction.objects.exists()


def test_credits_that_are_not_there_are_not_drawn_by_a_correction(caller, acme):
    uid = sent(caller)

    answer = caller.send(f"events/{uid}/correct", {"credits": 101, "reason": "?"})

    assert refused(answer) == (409, "insufficient_credits")
    assert caller.get(f"events/{uid}").json()["credits"] == 30


def test_a_void_event_gives_everything_back_and_is_final(caller, acme):
    uid = sent(caller)

    answer = caller.send(f"events/{uid}/void", {"reason": "a test"})
    again = caller.send(f"events/{uid}/void", {"reason": "a test"})
    corrected = caller.send(f"events/{uid}/correct", {"credits": 1, "reason": "?"})

    assert answer.status_code == 200
    assert (answer.json()["credits"], answer.json()["draws"]) == (0, [])
    assert answer.json()["corrections"][0]["void"] is True
    assert refused(again) == (409, "event_void")
    assert refused(corrected) == (409, "event_void")


def test_what_drew_nothing_has_nothing_to_correct(caller, acme):
    (result,) = caller.send("events", EVENT | {"quantity": 101}).json()["results"]

    answer = caller.send(f"events/{result['uid']}/correct", {"credits": 1, "reason": "?"})

    assert refused(answer) == (409, "correction_of_nothing")


@pytest.mark.parametrize(
    "uid", ["1-999", "x", "1", "-", "１-２", "9" * 30 + "-1", "1-1-1", "%00", "1-1%00", "..%2f"]
)
def test_an_event_that_is_not_there_is_not_found(caller, acme, uid):
    assert refused(caller.get(f"events/{uid}")) == (404, "not_found")


def test_another_customers_event_does_not_exist(caller, acme):
    uid = sent(caller)
    otto = customer("otto")
    bound = caller_with("usage:read", "usage:write", name="bound", customer=otto)

    seen = bound.get(f"events/{uid}")
    corrected = bound.send(f"events/{uid}/correct", {"credits": 0, "reason": "mine"})
    voided = bound.send(f"events/{uid}/void", {"reason": "mine"})

    assert {refused(answer) for answer in (seen, corrected, voided)} == {(404, "not_found")}
    assert seen.json()["detail"] == f"There is no event '{uid}'."
    assert caller.get(f"events/{uid}").json()["credits"] == 30
