"""`/check`: may an action go ahead?"""

import pytest

from ledger.models import Holder, UsageEvent
from tests.api.conftest import caller_with, places, refused, sign
from tests.cast import customer

ASKED = {"customer": "acme", "meter": "credits", "quantity": 30}


def test_what_is_covered_may_go_ahead(caller, acme):
    answer = caller.send("check", ASKED)

    assert answer.status_code == 200
    assert answer.json() == {"allowed": True, "credits": 30, "available": 100, "reason": None}


def test_what_is_not_covered_is_told_why(caller, acme):
    answer = caller.send("check", ASKED | {"quantity": 101})

    assert answer.json() == {
        "allowed": False,
        "credits": 101,
        "available": 100,
        "reason": "insufficient_credits",
    }


def test_beyond_the_balance_a_contract_allows_overage_up_to_its_cap(caller, signed):
    within = caller.send("check", ASKED | {"quantity": 12_000})
    beyond = caller.send("check", ASKED | {"quantity": 12_001})

    assert within.json() == {
        "allowed": True,
        "credits": 12_000,
        "available": 10_000,
        "reason": None,
    }
    assert beyond.json()["reason"] == "overage_cap"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"meter": "nothing"}, "unknown_meter"),
        ({"quantity": "0.5"}, "quantity_not_whole"),
        ({"contract": "c9"}, "unknown_contract"),
    ],
)
def test_what_could_not_be_placed_is_not_allowed(caller, acme, change, reason):
    answer = caller.send("check", ASKED | change)

    assert answer.json() == {"allowed": False, "credits": 0, "available": 0, "reason": reason}


def test_nothing_is_written_or_held(caller):
    customer()

    for _ in range(3):
        caller.send("check", ASKED)

    assert not UsageEvent.objects.exists()
    assert not Holder.objects.exists()


def test_it_takes_the_same_number_of_statements_whatever_came_before(caller, acme):
    first = caller.queries_of("check", ASKED)
    caller.send("events", [ASKED | {"id": f"e{i}", "quantity": 1} for i in range(50)])

    assert caller.queries_of("check", ASKED) == first


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": "１"}, "quantity"),
        ({"data": []}, "data"),
        ({"user": 7}, "user"),
        ({"credits": 7}, "credits"),
    ],
)
def test_a_field_that_cant_be_meant_is_named(caller, acme, change, path):
    answer = caller.send("check", ASKED | change)

    assert refused(answer) == (422, "body_invalid")
    assert places(answer).keys() == {path}


def test_another_customers_credits_are_not_looked_at(caller, acme):
    sign(acme.customer)
    otto = caller_with("usage:read", name="otto", customer=customer("otto"))

    theirs = otto.send("check", ASKED)
    by_contract = otto.send("check", ASKED | {"customer": "otto", "contract": "c1"})

    assert refused(theirs) == (404, "not_found")
    assert by_contract.json()["reason"] == "unknown_contract"
    assert by_contract.json()["available"] == 0
