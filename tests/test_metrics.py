"""What operators watch: work that waits, for how long, and what fails; nothing of whose it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from creditops.lib import due, outbox
from creditops.lib.models import DueRow, OutboxMessage
from ledger import set_aside
from tests import cast

pytestmark = pytest.mark.django_db

NOW = cast.at("2026-06-02 12:00")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("creditops.lib.clock.now", lambda: NOW)


def read(client: Client) -> dict[str, float]:
    """Every figure by its name, and by its kind where it has one."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        ":".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_where_nothing_waits_every_figure_is_there_and_zero(client):
    assert read(client) == {
        "creditops_outbox_waiting": 0,
        "creditops_outbox_failing": 0,
        "creditops_outbox_oldest_seconds": 0,
        "creditops_due_work_waiting": 0,
        "creditops_due_work_failing": 0,
        "creditops_due_work_oldest_seconds": 0,
        "creditops_usage_set_aside:late": 0,
        "creditops_usage_set_aside:unmatched": 0,
        "creditops_usage_set_aside:other": 0,
        "creditops_usage_set_aside:conflict": 0,
        "creditops_usage_set_aside:held": 0,
    }


def test_a_queue_tells_how_many_are_ready_how_many_fail_and_how_old_the_oldest_is(client):
    outbox.add("mail", "a", {}, at=NOW - timedelta(seconds=90))
    outbox.add("mail", "b", {}, at=NOW)
    outbox.add("mail", "c", {}, at=NOW)
    OutboxMessage.objects.filter(key="b").update(done_at=NOW)
    OutboxMessage.objects.filter(key="c").update(attempts=1, not_before=NOW + timedelta(minutes=1))
    for hour in (-1, 1):
        due.plan("x", "s", NOW + timedelta(hours=hour), rank=due.START, group="acme")
    DueRow.objects.filter(due_at__lt=NOW).update(failures=3)

    found = read(client)

    assert {name: value for name, value in found.items() if value} == {
        "creditops_outbox_waiting": 1,
        "creditops_outbox_failing": 1,
        "creditops_outbox_oldest_seconds": 90,
        "creditops_due_work_waiting": 1,
        "creditops_due_work_failing": 1,
        "creditops_due_work_oldest_seconds": 3_600,
    }


def test_usage_that_waits_for_a_person_is_counted_by_kind(client):
    cast.open_pool(cast.customer())
    cast.report(
        cast.usage("a", 1, customer="nobody"),
        cast.usage("b", 1, meter="unheard"),
        cast.usage("c", 1, time=NOW + timedelta(hours=1)),
        when=NOW,
    )

    found = read(client)

    assert found["creditops_usage_set_aside:unmatched"] == 2
    assert found["creditops_usage_set_aside:held"] == 1


def test_what_it_costs_does_not_grow_with_what_waits(client, django_assert_num_queries):
    outbox.add_all("mail", {str(number): {} for number in range(50)}, at=NOW)

    with django_assert_num_queries(3):
        read(client)


def test_without_a_database_it_says_so(client, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("secret host is down")

    monkeypatch.setattr(set_aside, "counts", away)

    answer = client.get("/metrics")

    assert (answer.status_code, answer.content) == (503, b"# the database is unreachable\n")


def test_it_only_reads(client):
    assert client.post("/metrics").status_code == 405
