"""`/events`: usage in, in all its forms, and what became of it."""

import gzip
import json

import pytest

from accounts.models import ApiKey
from creditops.lib.api.reading import LARGEST_BODY_BYTES
from ledger.models import UsageEvent
from tests.api.conftest import NOW, caller_with, places, refused
from tests.cast import at, customer

pytestmark = pytest.mark.django_db

EVENT = {"id": "e1", "customer": "acme", "meter": "credits", "quantity": 30}
COUNTS = "received applied recorded duplicates conflicts refused held exceptions".split()


def counts(answer) -> dict[str, int]:
    return {name: answer.json()[name] for name in COUNTS if answer.json()[name]}


def test_one_event_an_array_and_an_object_of_events_are_all_read(caller, acme):
    one = caller.send("events", EVENT)
    several = caller.send("events", [EVENT | {"id": "e2"}, EVENT | {"id": "e3"}])
    wrapped = caller.send("events/batch", {"events": [EVENT | {"id": "e4", "quantity": 5}]})

    assert counts(one) == {"received": 1, "applied": 1}
    assert counts(several) == {"received": 2, "applied": 2}
    assert counts(wrapped) == {"received": 1, "applied": 1}
    assert wrapped.json()["balances"] == [
        {"customer": "acme", "contract": "acme", "unit": "CREDIT", "available": 5, "overage": 0}
    ]


def test_every_message_has_its_own_result(caller, acme):
    answer = caller.send(
        "events",
        [
            EVENT,
            EVENT,
            EVENT | {"quantity": 31},
            EVENT | {"id": "e2", "quantity": 71},
            EVENT | {"id": "e3", "customer": "nobody"},
            EVENT | {"id": "e4", "time": "2026-02-01T12:10:00Z"},
        ],
    )

    assert answer.status_code == 200
    assert [(r["status"], r.get("code")) for r in answer.json()["results"]] == [
        ("applied", None),
        ("duplicate", None),
        ("conflict", "conflict"),
        ("refused", "insufficient_credits"),
        ("exception", "unknown_customer"),
        ("held", "in_the_future"),
    ]
    assert answer.json()["received"] == sum(answer.json()[name] for name in COUNTS[1:])


def test_results_can_be_limited_to_problems(caller, acme):
    answer = caller.send("events?results=problems", [EVENT, EVENT | {"id": "e2", "quantity": 99}])

    assert [result["id"] for result in answer.json()["results"]] == ["e2"]


def test_cloud_events_are_read_single_and_in_batches_and_extensions_ignored(caller, acme):
    event = {
        "specversion": "1.0",
        "id": "ce1",
        "source": "/gateway",
        "type": "credits",
        "subject": "acme",
        "time": "2026-02-01T11:59:00Z",
        "traceparent": "00-abc",
        "data": {"anything": 1.5},
    }

    single = caller.send("events", event, content_type="application/cloudevents+json")
    batch = caller.send(
        "events", [event, event | {"id": "ce2"}], content_type="application/cloudevents-batch+json"
    )

    assert counts(single) == {"received": 1, "applied": 1}
    assert counts(batch) == {"received": 2, "applied": 1, "duplicates": 1}
    assert UsageEvent.objects.get(key="ce1").source.name == "/gateway"


def test_lagos_form_is_read_and_its_single_form_answers_with_an_event(caller, acme):
    event = {
        "transaction_id": "t1",
        "external_subscription_id": "acme",
        "code": "credits",
        "timestamp": "1769946000",
        "properties": {},
    }

    single = caller.send("events", {"event": event})
    several = caller.send("events/batch", {"events": [event | {"transaction_id": "t2"}]})

    assert single.json()["event"] == {
        "lago_id": single.json()["results"][0]["uid"],
        "transaction_id": "t1",
        "external_subscription_id": "acme",
        "code": "credits",
        "timestamp": "2026-02-01T11:40:00Z",
        "created_at": "2026-02-01T12:00:00Z",
    }
    assert counts(several) == {"received": 1, "applied": 1}
    assert UsageEvent.objects.get(key="t1").event_time == at("2026-02-01 11:40")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"customer": "acme", "meter": "credits"}, "the body"),
        (EVENT | {"colour": "red"}, "the body"),
        ([EVENT, EVENT | {"id": 7}], "[1].id"),
        (EVENT | {"time": "2026-02-01T11:00:00"}, "events[0]"),
        (EVENT | {"time": "2026-02-01"}, "events[0]"),
        (EVENT | {"quantity": -1}, "events[0]"),
        (EVENT | {"quantity": "1e5"}, "events[0]"),
        (EVENT | {"quantity": "１２"}, "events[0]"),
        (EVENT | {"quantity": True}, "quantity"),
        (EVENT | {"id": ""}, "events[0]"),
        (EVENT | {"id": "x" * 256}, "events[0]"),
    ],
)
def test_a_body_that_cant_be_read_as_meant_is_refused_whole_with_the_place(
    caller, acme, body, path
):
    answer = caller.send("events", body)

    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["errors"][0]["path"] == path
    assert not UsageEvent.objects.exists()


def test_a_body_with_a_bad_event_in_the_middle_is_refused_whole_and_every_bad_one_named(
    caller, acme
):
    answer = caller.send(
        "events",
        [
            EVENT,
            EVENT | {"id": "e2", "time": "yesterday"},
            EVENT | {"id": "e3"},
            EVENT | {"id": "e4", "quantity": "-1"},
        ],
    )

    assert refused(answer) == (422, "event_invalid")
    assert set(places(answer)) == {"events[1]", "events[3]"}
    assert "like 2026-01-31T09:00:00Z" in places(answer)["events[1]"]
    assert not UsageEvent.objects.exists()


def test_in_a_batch_that_can_be_read_a_bad_event_stops_no_other(caller, acme):
    answer = caller.send(
        "events", [EVENT, EVENT | {"id": "e2", "meter": "nothing"}, EVENT | {"id": "e3"}]
    )

    assert counts(answer) == {"received": 3, "applied": 2, "exceptions": 1}
    assert answer.json()["results"][1] == {
        "index": 1,
        "uid": None,
        "source": "product",
        "id": "e2",
        "status": "exception",
        "code": "unknown_meter",
    }
    assert answer.json()["balances"][0]["available"] == 40


def test_the_answer_to_an_event_says_everything_at_once(caller, acme):
    answer = caller.send("events", EVENT)

    (stored,) = UsageEvent.objects.all()
    assert answer.json() == {
        "received": 1,
        "applied": 1,
        "recorded": 0,
        "duplicates": 0,
        "conflicts": 0,
        "refused": 0,
        "held": 0,
        "exceptions": 0,
        "results": [
            {
                "index": 0,
                "uid": f"{acme.customer_id}-{stored.id}",
                "source": "product",
                "id": "e1",
                "status": "applied",
                "credits": 30,
            }
        ],
        "balances": [
            {
                "customer": "acme",
                "contract": "acme",
                "unit": "CREDIT",
                "available": 70,
                "overage": 0,
            }
        ],
    }


def test_an_unknown_field_of_an_event_is_named(caller, acme):
    answer = caller.send("events", [EVENT, EVENT | {"colour": "red"}])

    assert refused(answer) == (422, "event_invalid")
    assert "colour" in answer.json()["detail"]
    assert places(answer).keys() == {"[1]"}


def test_an_empty_batch_is_no_batch(caller, acme):
    assert refused(caller.send("events", [])) == (422, "batch_empty")
    assert refused(caller.send("events", {"events": []})) == (422, "batch_empty")


def test_what_is_no_json_says_where_it_breaks(caller, acme):
    broken = caller.send("events", b'{"id": "e1", customer: "acme"}')
    cut = caller.send("events", b'[{"id": "e1", "customer": "ac')

    assert refused(broken) == (422, "body_unreadable")
    assert "(byte 13)" in broken.json()["detail"]
    assert refused(cut) == (422, "body_unreadable")
    assert "The body of 29 bytes" in cut.json()["detail"]
    assert "truncated" in cut.json()["detail"]


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_only_json_is_read_and_it_is_told_what_to_send(caller, acme, media):
    answer = caller.send("events", b'{"id": "e1"}', content_type=media)

    assert refused(answer) == (415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


def test_a_compressed_body_is_refused_before_it_is_read(caller, acme):
    packed = gzip.compress(json.dumps(EVENT).encode())

    answer = caller.send("events", packed, **{"Content-Encoding": "gzip"})

    assert refused(answer) == (415, "unsupported_media_type")
    assert "without Content-Encoding" in answer.json()["detail"]


def test_a_body_above_16_mib_is_too_large(caller, acme):
    answer = caller.send("events", b" " * (LARGEST_BODY_BYTES + 1))

    assert refused(answer) == (413, "body_too_large")
    assert "16 MiB" in answer.json()["detail"]


def test_a_time_without_an_offset_is_taken_only_from_a_key_that_may_leave_it_out(caller, acme):
    event = EVENT | {"time": "2026-02-01T11:00:00"}
    before = caller.send("events", event)
    ApiKey.objects.update(assume_utc=True)

    after = caller.send("events", event)

    assert refused(before) == (422, "event_invalid")
    assert counts(after) == {"received": 1, "applied": 1}
    assert UsageEvent.objects.get().event_time == at("2026-02-01 11:00")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"id": "a\\u0000b", "customer": "acme", "meter": "credits"}',
        b'{"id": "\\ud800", "customer": "acme", "meter": "credits"}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"id": "a", "customer": "acme", "meter": "credits", "quantity": ' + b"9" * 5000 + b"}",
    ],
)
def test_hostile_bytes_are_refused_and_never_a_fault_of_ours(caller, acme, body):
    assert caller.send("events", body).status_code == 422


def test_more_than_ten_thousand_events_are_too_many(caller, acme):
    answer = caller.send("events", [EVENT] * 10_001)

    assert answer.status_code == 413
    assert answer.json()["code"] == "batch_too_large"


def test_events_are_listed_newest_first_with_filters(caller, acme):
    caller.send(
        "events", [EVENT | {"id": f"e{i}", "quantity": 1, "user": f"u{i}"} for i in range(5)]
    )

    first = caller.get("events", customer="acme", limit=2).json()
    second = caller.get("events", customer="acme", limit=2, cursor=first["next"]).json()

    assert [row["id"] for row in first["results"] + second["results"]] == ["e4", "e3", "e2", "e1"]
    assert [
        r["id"] for r in caller.get("events", customer="acme", user="u2").json()["results"]
    ] == ["e2"]
    assert caller.get("events", customer="acme", limit=0).status_code == 422
    assert caller.get("events", customer="acme", cursor="x").status_code == 422


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"id": "e3"}, ["e3"]),
        ({"source": "product", "meter": "credits", "contract": "acme", "user": "u1"}, ["e1"]),
        ({"source": "other"}, []),
        ({"status": "refused"}, ["e4"]),
        ({"from": "2026-02-01T11:02:00Z", "to": "2026-02-01T11:04:00+00:00"}, ["e3", "e2"]),
    ],
)
def test_a_list_of_events_is_narrowed(caller, acme, query, keys):
    caller.send(
        "events",
        [
            EVENT
            | {
                "id": f"e{i}",
                "quantity": 20 + i,
                "user": f"u{i}",
                "time": f"2026-02-01T11:0{i}:00Z",
            }
            for i in range(5)
        ],
    )

    answer = caller.get("events", customer="acme", **query)

    assert [row["id"] for row in answer.json()["results"]] == keys


def test_a_listed_event_tells_all_that_was_stored_and_its_credits_as_corrected(caller, acme):
    event = EVENT | {"source": "s", "user": "ann", "time": "2026-02-01T11:00:00.5Z"}
    uid = caller.send("events", event).json()["results"][0]["uid"]
    caller.send(f"events/{uid}/correct", {"credits": 5, "reason": "counted twice"})

    answer = caller.get("events", customer="acme")

    assert answer.json()["results"] == [
        {
            "uid": uid,
            "source": "s",
            "id": "e1",
            "customer": "acme",
            "contract": "acme",
            "meter": "credits",
            "time": "2026-02-01T11:00:00.500000Z",
            "received_at": "2026-02-01T12:00:00Z",
            "quantity": "30",
            "user": "ann",
            "data": {},
            "status": "applied",
            "code": None,
            "credits": 5,
        }
    ]


def test_a_list_needs_to_know_whose_unless_the_key_does(caller, acme):
    caller.send("events", EVENT)
    bound = caller_with("usage:read", name="bound", customer=acme.customer)

    assert refused(caller.get("events")) == (422, "customer_missing")
    assert [row["id"] for row in bound.get("events").json()["results"]] == ["e1"]


@pytest.mark.parametrize("query", [{"from": "2026-02-01"}, {"to": "now"}, {"status": "held"}])
def test_a_filter_that_cant_be_meant_is_named(caller, acme, query):
    answer = caller.get("events", customer="acme", **query)

    assert refused(answer) == (422, "query_invalid")
    assert places(answer).keys() == query.keys()


def test_a_list_of_events_takes_the_same_number_of_statements_however_long_it_is(caller, acme):
    caller.send("events", EVENT | {"quantity": 1, "user": "ann"})
    few = caller.queries("events", customer="acme")
    caller.send(
        "events", [EVENT | {"id": f"f{i}", "quantity": 1, "user": f"u{i}"} for i in range(9)]
    )

    assert caller.queries("events", customer="acme") == few


def test_a_bound_key_sends_usage_of_its_own_customer_only(acme):
    otto = customer("otto")
    bound = caller_with("usage:write", "usage:read", name="bound", customer=otto)

    theirs = bound.send("events", EVENT)
    named = bound.send("events", EVENT | {"customer": "otto"})
    unnamed = bound.send("events", {"id": "e2", "meter": "credits"})

    assert refused(theirs) == (404, "not_found")
    assert [row["code"] for row in named.json()["results"]] == ["insufficient_credits"]
    assert [row["code"] for row in unnamed.json()["results"]] == ["insufficient_credits"]
    assert not UsageEvent.objects.filter(customer=acme.customer).exists()
    assert refused(bound.get("events", customer="acme")) == (404, "not_found")


@pytest.mark.parametrize("account", ["acme", "c1"])
def test_a_bound_key_cannot_reach_another_customer_by_lagos_form(signed, account):
    bound = caller_with("usage:write", name="bound", customer=customer("otto"))
    event = {
        "transaction_id": "t1",
        "external_subscription_id": account,
        "code": "credits",
        "properties": {},
    }

    answer = bound.send("events", {"event": event})

    assert [row["code"] for row in answer.json()["results"]] == ["unknown_contract"]
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize(
    "named", [{"contract": "c1"}, {"contract": "c1", "customer": "otto"}, {"contract": "acme"}]
)
def test_a_bound_key_cannot_reach_another_customer_by_its_contract(signed, named):
    bound = caller_with("usage:write", name="bound", customer=customer("otto"))

    answer = bound.send("events", {"id": "e1", "meter": "credits", **named})

    assert [row["code"] for row in answer.json()["results"]] == ["unknown_contract"]
    assert not UsageEvent.objects.exists()


def test_a_child_is_shown_its_own_events_and_the_root_the_familys(caller, acme):
    labs = customer("labs", parent=acme.customer)
    customer("shop", parent=acme.customer)
    root = caller_with("usage:write", "usage:read", name="root", customer=acme.customer)
    child = caller_with("usage:read", name="child", customer=labs)
    root.send(
        "events", [EVENT | {"id": code, "customer": code} for code in ("acme", "labs", "shop")]
    )

    def seen(answer) -> list[str]:
        return [row["customer"] for row in answer.json()["results"]]

    assert seen(root.get("events")) == ["shop", "labs", "acme"]
    assert seen(child.get("events")) == ["labs"]
    assert seen(caller.get("events", customer="shop")) == ["shop"]
    own = child.get("events").json()["results"][0]["uid"]
    others = root.get("events").json()["results"][0]["uid"]
    assert child.get(f"events/{own}").status_code == 200
    assert refused(child.get(f"events/{others}")) == (404, "not_found")


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"meter": "events"},
        EVENT | {"data": {"events": [1], "event": 2}},
        EVENT | {"data": {"transaction_id": "t", "external_subscription_id": "s"}},
    ],
)
@pytest.mark.parametrize("form", [lambda e: e, lambda e: [e], lambda e: {"events": [e]}])
def test_no_word_inside_an_event_makes_it_another_form(caller, acme, event, form):
    answer = caller.send("events", form(event))

    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == ["e1"]


def test_a_replay_of_the_same_events_changes_nothing(caller, acme):
    caller.send("events", [EVENT])

    again = caller.send("events", [EVENT | {"time": NOW.isoformat()}])

    assert counts(again) == {"received": 1, "duplicates": 1}
    assert again.json()["results"][0]["credits"] == 30
