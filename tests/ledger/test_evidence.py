"""Which journal entries stand behind an event."""

from __future__ import annotations

import pytest

from ledger import corrections, evidence, explain, posting
from ledger.models import UsageEvent
from tests import cast
from tests.cast import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    acme = cast.customer()
    _, pool, _ = cast.contract_pool(acme, commitment=100, price_minor=1_000)
    return pool


def sent(key: str, credits: int, when: str) -> UsageEvent:
    outcome = cast.send(key, credits, when=at(when), time=at(when), contract="c1")
    return explain.find(outcome.uid)


def recipes(event: UsageEvent) -> list[tuple[str, str]]:
    return [(entry.recipe, entry.memo) for entry in evidence.entries(event)]


def test_an_event_waits_until_its_pool_is_posted(pool):
    event = sent("a", 10, "2026-02-01")

    assert evidence.entries(event) == []
    posting.run(at("2026-02-02"))
    assert recipes(event) == [("JE-05", "Used: 10 credits of c1")]


def test_the_entry_behind_an_event_is_the_first_that_went_past_it(pool):
    first = sent("a", 10, "2026-02-01 09:00")
    posting.run(at("2026-02-01 10:00"))
    second = sent("b", 20, "2026-02-01 11:00")
    posting.run(at("2026-02-01 12:00"))

    assert recipes(first) == [("JE-05", "Used: 10 credits of c1")]
    assert recipes(second) == [("JE-05", "Used: 20 credits of c1")]


def test_an_event_that_went_beyond_the_balance_has_two_entries(pool):
    sent("a", 95, "2026-02-01")
    event = sent("b", 10, "2026-02-02")
    posting.run(at("2026-02-03"))

    assert recipes(event) == [
        ("JE-05", "Used: 5 credits of c1"),
        ("JE-15", "Overage: 5 credits of c1"),
    ]


def test_a_correction_adds_its_own_entry(pool):
    event = sent("a", 10, "2026-02-01")
    posting.run(at("2026-02-02"))
    corrections.correct(event, credits=4, by="Fiona", reason="twice", at=at("2026-02-03"))
    posting.run(at("2026-02-04"))

    assert recipes(event) == [
        ("JE-05", "Used: 10 credits of c1"),
        ("JE-33", "Use reversed: 6 credits of c1"),
    ]


def test_the_entries_of_other_pools_and_days_are_others(pool):
    globex = cast.customer("globex")
    cast.contract_pool(globex, commitment=100, price_minor=1_000, code="g1")
    cast.send(
        "x", 7, when=at("2026-02-01"), time=at("2026-02-01"), customer="globex", contract="g1"
    )
    event = sent("a", 10, "2026-02-01")
    sent("b", 3, "2026-02-02")
    posting.run(at("2026-02-03"))

    assert recipes(event) == [("JE-05", "Used: 10 credits of c1")]


def test_a_refused_event_has_none(pool):
    event = sent("a", 10_000, "2026-02-01")

    assert event.status == UsageEvent.Status.REFUSED
    assert evidence.entries(event) == []
