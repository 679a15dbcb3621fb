"""LiteLLM's callbacks for OpenMeter and for Lago report usage here: docs/clients/litellm.md."""

from decimal import Decimal

import pytest

from tests.clients.conftest import exact, stored, told

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MODELS = ("gpt-4o-mini", "gpt-4o", "gpt-4.1-nano")


@pytest.mark.parametrize("how", ["sync", "async"])
def test_the_openmeter_callback_reports_every_call_with_its_tokens_and_its_cost(server, how):
    calls = server.run(
        "litellm_calls.py", "openmeter", how, *MODELS,
        OPENMETER_API_ENDPOINT=server.url, OPENMETER_API_KEY=server.key,
    )  # fmt: skip

    events = {event.key: event for event in stored()}
    assert events.keys() == {call["id"] for call in calls}
    assert len(calls) == len(MODELS)
    for call, model in zip(calls, MODELS, strict=True):
        event = events[call["id"]]
        assert event.get_status_display() == "applied"
        assert (event.source.name, event.meter.code) == ("litellm-proxy", "litellm_tokens")
        assert told(event)["model"] == model
        assert int(told(event)["prompt_tokens"]) == call["prompt_tokens"] > 0
        assert int(told(event)["completion_tokens"]) == call["completion_tokens"] > 0
        assert Decimal(told(event)["cost"]) == exact(call["cost"]) > 0
    tokens = sum(c["prompt_tokens"] + 2 * c["completion_tokens"] for c in calls)
    passed_through = sum(exact(call["cost"]) for call in calls) // Decimal("0.001")
    assert server.available() == 100_000 - tokens - passed_through


@pytest.mark.parametrize("how", ["sync", "async"])
def test_the_lago_callback_reports_every_call_with_its_tokens_and_its_cost(server, how):
    calls = server.run(
        "litellm_calls.py", "lago", how, *MODELS,
        LAGO_API_BASE=server.url, LAGO_API_KEY=server.key,
        LAGO_API_EVENT_CODE="ai-tokens", LAGO_API_CHARGE_BY="user_id",
    )  # fmt: skip

    events = {told(event)["model"]: event for event in stored()}
    assert events.keys() == set(MODELS)
    for call, model in zip(calls, MODELS, strict=True):
        event = events[model]
        assert event.get_status_display() == "applied"
        assert (event.source.name, event.meter.code) == ("gateway", "ai-tokens")
        assert int(told(event)["prompt_tokens"]) == call["prompt_tokens"]
        assert int(told(event)["completion_tokens"]) == call["completion_tokens"]
        assert Decimal(told(event)["response_cost"]) == exact(call["cost"])
    assert server.available() == 100_000 - sum(3 * call["prompt_tokens"] for call in calls)
