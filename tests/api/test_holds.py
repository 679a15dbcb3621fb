"""`/holds`: credits set aside before work begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import rate_cards
from creditops.lib import clock, policies
from ledger import holds
from ledger.models import Hold, UsageEvent
from tests.api.conftest import NOW, caller_with, places, refused
from tests.cast import START, customer, usage

ASKED = {"customer": "acme", "credits": 30, "expires_in": 600}
UNKNOWN = "1-999999"


def place(caller, **changes) -> dict:
    """Place a hold; the answer's body."""
    answer = caller.send("holds", ASKED | changes)
    assert answer.status_code == 201, answer.content
    return answer.json()


def balance(caller) -> tuple[int, int]:
    """(available, held) of Acme's first pool."""
    shown = caller.get("customers/acme/balance").json()["balances"][0]
    return shown["available"], shown["held"]


def test_a_hold_is_placed_and_lowers_what_is_available(caller, acme):
    answer = caller.send("holds", ASKED | {"id": "job-7"})

    held = Hold.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "uid": f"{held.customer_id}-{held.id}",
        "id": "job-7",
        "customer": "acme",
        "contract": acme.holder.code,
        "unit": "CREDIT",
        "credits": 30,
        "state": "open",
        "held_at": "2026-02-01T12:00:00Z",
        "expires_at": "2026-02-01T12:10:00Z",
        "ended_at": None,
        "event": None,
    }
    assert held.placed_by == "key:product"
    assert balance(caller) == (70, 30)


def test_a_hold_may_be_measured_by_a_meter(caller, signed):
    rate_cards.publish(
        card="card",
        version="1",
        items=[rate_cards.Item("page", 3)],
        effective_from=START,
        by="Sam",
        at=START,
    )
    answer = caller.send(
        "holds", {"customer": "acme", "meter": "page", "quantity": 5, "expires_in": 60}
    )

    assert refused(answer) == (409, "no_rate")
    assert Hold.objects.count() == 0


def test_what_is_not_there_is_not_held(caller, acme):
    answer = caller.send("holds", ASKED | {"credits": 101})

    assert refused(answer) == (409, "insufficient_credits")
    assert answer.json()["detail"] == "101 credits can't be held: there are only 100 credits."
    assert balance(caller) == (100, 0)


def test_the_same_id_again_is_the_same_hold_and_another_one_is_refused(caller, acme):
    first = place(caller, id="job-7")

    assert place(caller, id="job-7") == first
    assert refused(caller.send("holds", ASKED | {"id": "job-7", "credits": 31})) == (
        409,
        "hold_conflict",
    )
    assert balance(caller) == (70, 30)


def test_an_idempotency_key_places_one_hold(caller, acme):
    first = caller.send("holds", ASKED, **{"Idempotency-Key": "k1"})
    again = caller.send("holds", ASKED, **{"Idempotency-Key": "k1"})

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Hold.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "place_"),
    [
        ({"credits": 0}, "credits"),
        ({"credits": "30"}, "credits"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 86_401}, "expires_in"),
        ({"meter": "credits"}, "the body"),
        ({"quantity": 3}, "quantity"),
        ({"surprise": 1}, "surprise"),
        ({"id": "two words"}, "id"),
        ({"id": "x" * 41}, "id"),
    ],
)
def test_what_can_not_be_meant_is_named(caller, acme, change, place_):
    answer = caller.send("holds", ASKED | change)

    assert refused(answer) == (422, "body_invalid")
    assert place_ in places(answer)
    assert Hold.objects.count() == 0


def test_a_capture_of_credits_becomes_an_event_of_the_holds_instant(caller, acme, monkeypatch):
    held = place(caller, id="job-7")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=90))

    answer = caller.send(f"holds/{held['uid']}/capture", {"credits": 20})

    event = UsageEvent.objects.get()
    assert answer.status_code == 200
    assert answer.json() == held | {
        "state": "captured",
        "ended_at": "2026-02-01T12:01:30Z",
        "event": f"{event.customer_id}-{event.id}",
    }
    shown = caller.get(f"events/{answer.json()['event']}").json()
    assert (shown["source"], shown["id"], shown["credits"]) == ("product", "hold:job-7", 20)
    assert shown["time"] == "2026-02-01T12:00:00Z"
    assert balance(caller) == (80, 0)


def test_a_capture_by_an_event_names_it(caller, acme):
    held = place(caller)
    event = {"id": "ev-1", "source": "worker", "meter": "credits", "quantity": 30}

    first = caller.send(f"holds/{held['uid']}/capture", {"event": event})
    again = caller.send(f"holds/{held['uid']}/capture", {"event": event})

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    stored = UsageEvent.objects.get()
    assert (stored.source.name, stored.key, stored.credits) == ("worker", "ev-1", 30)


def test_a_capture_is_of_credits_or_of_an_event(caller, acme):
    held = place(caller)
    both = {"credits": 1, "event": {"meter": "credits"}}

    for body in ({}, both, {"event": {"meter": "credits"}, "id": "ev-1"}):
        assert refused(caller.send(f"holds/{held['uid']}/capture", body)) == (422, "body_invalid")


def test_more_than_was_held_is_refused_up_to_what_policy_allows(caller, acme):
    held = place(caller)
    policies.change(
        "customer:acme", {"hold_over_pct": "10"}, effective_at=NOW, recorded_at=NOW, by="Fiona"
    )

    beyond = caller.send(f"holds/{held['uid']}/capture", {"credits": 34})
    within = caller.send(f"holds/{held['uid']}/capture", {"credits": 33})

    assert refused(beyond) == (409, "hold_exceeded")
    assert beyond.json()["detail"] == (
        "34 credits were used, but at most 33 can be captured by a hold of 30. Capture those, and "
        "report the rest as an event of its own."
    )
    assert within.status_code == 200
    assert balance(caller) == (67, 0)


def test_a_release_gives_back_and_may_be_repeated(caller, acme):
    held = place(caller)

    first = caller.send(f"holds/{held['uid']}/release")
    again = caller.send(f"holds/{held['uid']}/release")

    assert first.json()["state"] == again.json()["state"] == "released"
    assert balance(caller) == (100, 0)
    assert refused(caller.send(f"holds/{held['uid']}/capture", {"credits": 1})) == (
        409,
        "hold_ended",
    )


def test_a_hold_that_is_over_is_shown_as_lapsed_before_any_sweep(caller, acme, monkeypatch):
    held = place(caller)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=600))

    assert caller.get(f"holds/{held['uid']}").json()["state"] == "lapsed"
    assert balance(caller) == (100, 0)
    assert caller.send("check", {"customer": "acme", "meter": "credits", "quantity": 100}).json()[
        "allowed"
    ]


def test_a_hold_takes_from_its_users_seat(caller, acme):
    policies.change(
        "customer:acme", {"seat_allowance": 50}, effective_at=NOW, recorded_at=NOW, by="Fiona"
    )
    place(caller, user="ann")

    seat = caller.get("customers/acme/balance", user="ann").json()["balances"][0]["seat"]
    answer = caller.send("holds", ASKED | {"user": "ann"})

    assert seat == {"user": "ann", "allowance": 50, "used": 0, "held": 30, "available": 20}
    assert refused(answer) == (409, "seat_limit")
    assert "seat" not in caller.get("customers/acme/balance").json()["balances"][0]


def test_another_customers_key_finds_no_hold(acme):
    owner = caller_with("usage:write", "usage:read", name="acme", customer=acme.customer)
    other = caller_with("usage:write", "usage:read", name="otto", customer=customer("otto"))
    held = place(owner)

    assert refused(other.get(f"holds/{held['uid']}")) == (404, "not_found")
    assert refused(other.send(f"holds/{held['uid']}/release")) == (404, "not_found")
    assert refused(other.send(f"holds/{held['uid']}/capture", {"credits": 1})) == (404, "not_found")
    assert refused(other.send("holds", ASKED)) == (404, "not_found")
    assert owner.get(f"holds/{held['uid']}").json() == held


def test_a_child_of_a_family_captures_its_own_hold(acme):
    child = customer("acme-labs", parent=acme.customer)
    labs = caller_with("usage:write", "usage:read", name="labs", customer=child)
    held = place(labs, customer="acme-labs")

    answer = labs.send(f"holds/{held['uid']}/capture", {"credits": 30})

    assert (held["customer"], answer.json()["state"]) == ("acme-labs", "captured")
    assert UsageEvent.objects.get().member_id == child.id


def test_what_is_no_hold_is_not_found(caller, acme):
    for uid in (UNKNOWN, "x", "1-", "1-１", "1-99999999999999999999"):
        assert refused(caller.get(f"holds/{uid}"))[0] == 404


def test_a_key_needs_the_scope(acme):
    reader = caller_with("usage:read", name="reader")

    assert refused(reader.send("holds", ASKED)) == (403, "permission_denied")
    assert Hold.objects.count() == 0


def test_a_hold_costs_a_constant_number_of_queries(caller, acme):
    place(caller)
    few = len(_queries(caller, acme))
    for number in range(20):
        holds.place(usage("work", 1), code=f"h{number}", lasts=timedelta(hours=1), by="ada", at=NOW)

    assert len(_queries(caller, acme)) == few


def _queries(caller, acme) -> list:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        place(caller, credits=1)
    return captured.captured_queries


def test_holds_are_listed_newest_first_and_by_state(caller, acme, monkeypatch):
    for name in ("a", "b", "c", "d"):
        place(caller, id=name, credits=10)
    uid = {hold.code: holds.uid(hold) for hold in Hold.objects.all()}
    caller.send(f"holds/{uid['a']}/capture", {"credits": 4})
    caller.send(f"holds/{uid['b']}/release", {})

    def listed(**query) -> list[tuple[str, str]]:
        shown = caller.get("holds", customer="acme", **query).json()["results"]
        return [(hold["id"], hold["state"]) for hold in shown]

    assert listed() == [("d", "open"), ("c", "open"), ("b", "released"), ("a", "captured")]
    assert listed(state="open") == [("d", "open"), ("c", "open")]
    assert listed(state="released") == [("b", "released")]
    assert listed(state="lapsed") == []
    assert listed(contract="nobody") == []
    first = caller.get("holds", customer="acme", limit=3).json()
    rest = caller.get("holds", customer="acme", limit=3, cursor=first["next"]).json()
    assert [hold["id"] for hold in first["results"] + rest["results"]] == ["d", "c", "b", "a"]
    assert rest["next"] is None

    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=10))
    assert listed(state="open") == []
    assert listed(state="lapsed") == [("d", "lapsed"), ("c", "lapsed")]


def test_a_list_of_holds_asks_as_much_for_many_as_for_one(caller, acme, django_assert_num_queries):
    place(caller, credits=1)
    with CaptureQueriesContext(connection) as one:
        caller.get("holds", customer="acme")
        asked = len(one)
    for _ in range(4):
        place(caller, credits=1)

    with django_assert_num_queries(asked):
        caller.get("holds", customer="acme")
