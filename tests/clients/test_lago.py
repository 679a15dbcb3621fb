"""Lago's client for Python sends usage here: docs/clients/lago.md."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.clients.conftest import stored

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


# An hour ago, whenever that is: late enough to be a time of its own, not too late to be taken.
THEN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
SECONDS = int(THEN.timestamp())


def event(key: str, **more) -> dict:
    usual = {
        "transaction_id": key, "external_subscription_id": "acme", "code": "ai-tokens",
        "timestamp": SECONDS, "properties": {"prompt_tokens": 5, "model": "large"},
    }  # fmt: skip
    return usual | more


def test_single_events_are_applied_and_given_back_as_the_client_wants_them(server):
    answers = server.run("lago_events.py", "single", json.dumps([event("t1"), event("t1")]))

    (applied,) = stored()
    assert answers[0] == answers[1] | {"created_at": answers[0]["created_at"]}
    assert {
        name: answers[0][name] for name in ("lago_id", "transaction_id", "code", "timestamp")
    } == {
        "lago_id": f"{applied.customer_id}-{applied.id}",
        "transaction_id": "t1",
        "code": "ai-tokens",
        "timestamp": f"{THEN:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert applied.event_time == THEN
    assert applied.data == {"prompt_tokens": "5", "model": "large"}
    assert server.available() == 100_000 - 5 * 3


def test_a_batch_is_applied_with_every_way_to_write_a_time_and_without_properties(server):
    stamps = [SECONDS, str(SECONDS), f"{SECONDS}.5", THEN.isoformat(), None]
    events = [event(f"t{number}", timestamp=stamp) for number, stamp in enumerate(stamps)]

    assert server.run("lago_events.py", "batch", json.dumps(events)) is None
    assert (
        server.run("lago_events.py", "batch", json.dumps([event("bare", properties=None)])) is None
    )

    found = stored()
    half = THEN + timedelta(milliseconds=500)
    assert [each.event_time for each in found[:4]] == [THEN, THEN, half, THEN]
    assert [each.key for each in found] == ["t0", "t1", "t2", "t3", "t4", "bare"]
    assert server.available() == 100_000 - 5 * 5 * 3


def test_what_cannot_be_read_is_an_error_that_says_why(server):
    answer = server.run(
        "lago_events.py", "single", json.dumps([event("t1", timestamp="yesterday")])
    )

    assert answer["status"] == 422
    assert answer["body"]["code"] == "event_invalid"
    assert "epoch seconds" in answer["body"]["detail"]


def test_the_client_waits_as_it_is_told_where_its_key_goes_too_fast(server, settings):
    settings.API_RATE_LIMIT = (1, 1)

    answers = server.run("lago_events.py", "single", json.dumps([event(f"t{n}") for n in range(3)]))

    assert [answer["transaction_id"] for answer in answers] == ["t0", "t1", "t2"]
    assert len(stored()) == 3
