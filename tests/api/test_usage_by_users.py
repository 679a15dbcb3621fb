"""`/customers/{c}/usage/users`: how use is spread over users."""

from __future__ import annotations

import pytest

from tests.api.conftest import NOW, caller_with, places, refused
from tests.cast import customer, send

PATH = "customers/acme/usage/users"


def test_the_report_says_who_uses_nothing_and_what_the_heaviest_use(caller, acme):
    for user, credits in (("ann", 60), ("bob", 15), ("cleo", 5)):
        send(f"e-{user}", credits, when=NOW, user=user)
    send("nobody", 7, when=NOW)

    answer = caller.get(PATH, top=1, users=8, to="2026-02-02T00:00:00Z")

    assert answer.json() == {
        "customer": "acme",
        "from": "2026-01-03T00:00:00Z",
        "to": "2026-02-02T00:00:00Z",
        "users": 8,
        "without_use": 5,
        "without_use_pct": "62.50",
        "credits": 80,
        "credits_without_user": 7,
        "top": [{"user": "ann", "credits": 60}],
        "top_credits": 60,
        "top_share_pct": "75.00",
    }


def test_nothing_used_is_an_empty_report(caller, acme):
    answer = caller.get(PATH)

    assert answer.json()["top"] == []
    assert (answer.json()["users"], answer.json()["top_share_pct"]) == (0, "0.00")


@pytest.mark.parametrize(
    ("query", "place"),
    [({"top": "0"}, "top"), ({"top": "1001"}, "top"), ({"top": "x"}, "top"),
     ({"users": "-1"}, "users"), ({"many": "1"}, "many")],
)  # fmt: skip
def test_what_can_not_be_meant_is_named(caller, acme, query, place):
    answer = caller.get(PATH, **query)

    assert refused(answer) == (422, "query_invalid")
    assert place in places(answer)


def test_a_contract_or_unit_that_is_not_there_is_not_found(caller, acme):
    assert refused(caller.get(PATH, contract="c9"))[0] == 404
    assert refused(caller.get(PATH, unit="DATA"))[0] == 404


def test_two_years_and_more_are_asked_for_in_parts(caller, acme):
    span = {"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}

    assert refused(caller.get(PATH, **span)) == (422, "period_too_long")


def test_another_customer_sees_nothing(acme):
    other = caller_with("usage:read", name="otto", customer=customer("otto"))

    assert refused(other.get(PATH)) == (404, "not_found")
