"""How fast a key may go: limits of the deployment, counted per key in the shared cache, 429 above."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as RedisAway

from creditops.lib import clock
from creditops.lib.api import pace
from ledger.models import UsageEvent
from tests.api.conftest import NOW, caller_with, refused

pytestmark = pytest.mark.django_db

EVENT = {"id": "e1", "customer": "acme", "meter": "credits", "quantity": 1}


def test_nobody_is_limited_unless_the_deployment_says_so(caller, acme):
    statuses = {caller.send("events", EVENT | {"id": f"e{n}"}).status_code for n in range(30)}

    assert statuses == {200}


def test_a_key_that_goes_too_fast_is_told_when_to_come_back_and_nothing_is_taken(
    caller, acme, settings
):
    settings.API_RATE_LIMIT = (2, 60)

    first, second, third = (caller.send("events", EVENT | {"id": f"e{n}"}) for n in range(3))

    assert (first.status_code, second.status_code) == (200, 200)
    assert refused(third) == (429, "rate_limited")
    assert (third["Retry-After"], third["X-RateLimit-Reset"]) == ("60", "60")
    assert third.json()["detail"] == (
        "This API key may send 2 requests in 60 s. Nothing of this request was taken. Send it again "
        "in 60 s."
    )
    assert UsageEvent.objects.count() == 2


def test_after_the_window_the_same_request_is_taken_once(caller, acme, settings, monkeypatch):
    settings.API_RATE_LIMIT = (1, 60)
    caller.send("events", EVENT)
    assert caller.send("events", EVENT | {"id": "e2"}).status_code == 429
    later = NOW + timedelta(seconds=60)
    monkeypatch.setattr(clock, "now", lambda: later)

    again = caller.send("events", EVENT | {"id": "e2"})

    assert again.json()["applied"] == 1
    assert UsageEvent.objects.count() == 2


def test_every_key_has_its_own_count_and_every_door_counts(caller, acme, settings):
    settings.API_RATE_LIMIT = (2, 60)
    other = caller_with("usage:write", "usage:read", "ledger:read", name="other")

    mine = [caller.get("customers/acme/balance").status_code, caller.send("events", []).status_code]
    theirs = other.get("customers/acme/balance").status_code

    assert (mine, theirs) == ([200, 422], 200)
    assert caller.get("customers/acme/balance").status_code == 429


def test_events_are_counted_one_by_one_and_a_batch_that_begins_below_the_limit_is_taken_whole(
    caller, acme, settings
):
    settings.EVENTS_RATE_LIMIT = (10, 60)

    large = caller.send("events", [EVENT | {"id": f"e{n}"} for n in range(25)])
    after = caller.send("events", EVENT | {"id": "one more"})

    assert large.json()["applied"] == 25
    assert refused(after) == (429, "rate_limited")
    assert "10 events in 60 s" in after.json()["detail"]
    assert caller.get("customers/acme/balance").status_code == 200


def test_what_cannot_be_read_counts_no_events(caller, acme, settings):
    settings.EVENTS_RATE_LIMIT = (1, 60)

    unreadable = caller.send("events", [EVENT, EVENT | {"id": ""}])

    assert unreadable.status_code == 422
    assert caller.send("events", EVENT).status_code == 200


def test_who_has_no_key_is_not_counted(caller, acme, settings):
    settings.API_RATE_LIMIT = (1, 60)
    caller.client.defaults["HTTP_AUTHORIZATION"] = "Bearer co_wrong"

    assert {caller.client.get("/api/v1/customers").status_code for _ in range(5)} == {401}


def test_of_many_at_once_exactly_as_many_get_in_as_may():
    let_in, name = [], uuid4().hex

    def knock() -> None:
        try:
            pace.keep((20, 60), "requests", name, at=NOW, count=1)
        except pace.TooFast:
            return
        let_in.append(1)

    threads = [threading.Thread(target=knock) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_in) == 20


def test_nobody_is_kept_out_where_the_shared_cache_is_away(caller, acme, settings, monkeypatch):
    settings.API_RATE_LIMIT = (1, 60)

    def away(*_, **__):
        raise RedisAway("refused")

    monkeypatch.setattr(caches["shared"], "add", away)

    assert {caller.send("events", EVENT | {"id": f"e{n}"}).status_code for n in range(3)} == {200}
