"""OpenMeter's SDK for JavaScript sends usage here: docs/clients/openmeter.md."""

import json
from datetime import UTC, datetime

import pytest

from tests.clients.conftest import stored

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

EVENT = {"type": "ai-tokens", "subject": "acme", "data": {"prompt_tokens": 11, "model": "large"}}


def test_an_event_is_applied_with_the_sdks_own_id_source_and_time(server):
    before = datetime.now(UTC)

    answer = server.run_node("ingest.js", json.dumps(EVENT))

    (event,) = stored()
    assert answer["applied"] == 1
    assert answer["results"][0]["id"] == event.key
    assert event.source.name == "@openmeter/sdk"
    assert event.event_time.replace(microsecond=0) >= before.replace(microsecond=0)
    assert event.data == {"prompt_tokens": "11", "model": "large"}
    assert server.available() == 100_000 - 11 * 3


def test_several_are_a_batch_and_the_same_again_is_counted_once(server):
    several = json.dumps([EVENT | {"id": f"e{number}"} for number in range(3)])

    first, second = (server.run_node("ingest.js", several) for _ in range(2))

    # The SDK writes the time of sending where none is given; the same id then is another content.
    assert (first["applied"], second["applied"]) == (3, 0)
    assert server.available() == 100_000 - 3 * 11 * 3


def test_what_cannot_be_read_is_thrown_with_our_sentence(server):
    answer = server.run_node("ingest.js", json.dumps(EVENT | {"id": "x" * 256}))

    assert (answer["name"], answer["status"]) == ("HTTPError", 422)
    assert "id is longer than 255 signs" in answer["message"]
    assert stored() == []


def test_a_key_that_goes_too_fast_is_told_so_and_may_send_the_same_again(server, settings):
    several = json.dumps([EVENT | {"id": "e1"}, EVENT | {"id": "e2"}])
    settings.EVENTS_RATE_LIMIT = (1, 3600)
    server.run_node("ingest.js", json.dumps(EVENT | {"id": "e0"}))

    refused = server.run_node("ingest.js", several)
    settings.EVENTS_RATE_LIMIT = None
    taken = server.run_node("ingest.js", several)

    assert (refused["name"], refused["status"]) == ("HTTPError", 429)
    assert "Nothing of this request was taken" in refused["message"]
    assert taken["applied"] == 2
