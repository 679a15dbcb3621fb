"""The CloudEvents SDK for Python, in every mode in which it sends: docs/clients/cloudevents.md."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.clients.conftest import stored

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MODES = ("binary", "structured", "batch", "old-binary", "old-structured")


def event(key: str, **more) -> dict:
    attributes = {"id": key, "type": "ai-tokens", "source": "/gateway/eu 1", "subject": "acme"}
    return {
        "attributes": attributes | more,
        "data": {"prompt_tokens": 7, "model": "größer \N{ROCKET}", "cost": 0.1 + 0.2},
    }


@pytest.mark.parametrize("mode", MODES)
def test_events_are_applied_with_what_they_carry(server, mode):
    answers = server.run("cloud_events.py", mode, json.dumps([event("e1"), event("e2")]))

    assert {answer["status"] for answer in answers} == {200}
    assert sum(answer["body"]["applied"] for answer in answers) == 2
    first, second = stored()
    assert (first.key, second.key) == ("e1", "e2")
    assert (first.source.name, first.customer.code) == ("/gateway/eu 1", "acme")
    assert first.data == {
        "prompt_tokens": "7", "model": "größer \N{ROCKET}", "cost": "0.300000000000",
    }  # fmt: skip
    assert server.available() == 100_000 - 2 * 7 * 3


def test_in_whatever_mode_it_comes_again_it_is_the_same_event(server):
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    sent = json.dumps([event("e1", time=an_hour_ago)])

    fates = [
        server.run("cloud_events.py", mode, sent)[0]["body"] for mode in ("old-binary", "batch")
    ]

    assert [fate["applied"] for fate in fates] == [1, 0]
    assert [fate["duplicates"] for fate in fates] == [0, 1]
    assert len(stored()) == 1
