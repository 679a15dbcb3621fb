"""What a process remembers of messages is a hint: the unique key decides, whatever is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from creditops.lib import binary
from ledger import balances, columns, metering, recently_seen
from ledger.models import DuplicateCount, UsageEvent, UsageException
from tests.cast import START, at, customer, grant, open_pool, usage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def remembers_nothing():
    recently_seen.forget()
    yield
    recently_seen.forget()


@pytest.fixture
def looked_up(monkeypatch) -> list[int]:
    """How many keys each batch looked up."""
    usual, numbers = binary.rows, []

    def rows(package, name, *args, **parameters):
        if name == "known_keys":
            numbers.append(int.from_bytes(parameters["keys"][12:16], "big"))
        return usual(package, name, *args, **parameters)

    monkeypatch.setattr(binary, "rows", rows)
    return numbers


def batch(first: int, last: int):
    return columns.of([usage(f"e{n}", 1) for n in range(first, last)])


def take_in(first: int, last: int) -> dict[str, int]:
    receipt = metering.accept(batch(first, last), at=START, origin="test")
    found: dict[str, int] = {}
    for outcome in receipt.outcomes:
        found[outcome.status] = found.get(outcome.status, 0) + 1
    return found


def test_after_much_without_a_surprise_only_what_is_remembered_is_looked_up(monkeypatch, looked_up):
    monkeypatch.setattr(recently_seen, "CALM_MESSAGES", 50)
    grant(open_pool(customer()), 1_000, source="b1")

    take_in(0, 50)
    take_in(50, 100)
    assert take_in(90, 110)["duplicate"] == 10

    assert looked_up[0] == 50
    assert len(looked_up) <= 2
    assert sum(looked_up[1:]) < 30


def test_what_another_process_took_in_is_a_duplicate_although_it_was_not_looked_up(
    monkeypatch, looked_up
):
    monkeypatch.setattr(recently_seen, "CALM_MESSAGES", 50)
    pool = open_pool(customer())
    grant(pool, 1_000, source="b1")
    take_in(0, 10)
    recently_seen.forget()
    take_in(100, 160)
    assert recently_seen.trusted()

    found = take_in(5, 15)

    assert found == {"duplicate": 5, "applied": 5}
    assert balances.of_pool(pool, as_of=START, known_at=START).used == 75
    assert UsageEvent.objects.count() == 75
    assert sum(DuplicateCount.objects.values_list("messages", flat=True)) == 5
    assert not recently_seen.trusted()


def test_a_message_that_was_set_aside_is_known_again_once_its_customer_exists(monkeypatch):
    monkeypatch.setattr(recently_seen, "CALM_MESSAGES", 0)
    assert take_in(0, 3) == {"exception": 3}
    grant(open_pool(customer()), 1_000, source="b1")
    recently_seen.forget()

    assert take_in(0, 4) == {"duplicate": 3, "applied": 1}


def test_a_message_leaves_the_same_mark_again_and_others_hardly_ever():
    customers = np.repeat(np.arange(1, 101), 100)
    hashes = recently_seen.hashes([f"e{n}" for n in range(100)] * 100)
    places = recently_seen.places(customers, hashes)

    first = recently_seen.hashes(["e0"])
    assert (recently_seen.places(customers[:1], first) == places[:1]).all()
    assert len(set(places.tolist())) > 9_990


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(recently_seen, "REMEMBERED_MAX", 10)
    first, second = np.array([1, 2, 3]), np.arange(100, 109)

    recently_seen.remember(first)
    assert recently_seen.maybe(first).all()
    recently_seen.remember(second)

    assert not recently_seen.maybe(first).any()
    assert recently_seen.maybe(second).all()


@pytest.mark.parametrize(("key", "status"), [("stored", "duplicate"), ("new", "exception")])
def test_what_comes_too_late_is_looked_up_before_it_is_set_aside(monkeypatch, key, status):
    """No unique key refuses what is only set aside: another process may have stored it long ago."""
    monkeypatch.setattr(recently_seen, "CALM_MESSAGES", 0)
    grant(open_pool(customer()), 1_000, source="b1")
    metering.accept([usage("stored", 1, time=START)], at=START, origin="another process")
    recently_seen.forget()
    assert recently_seen.trusted()
    late = usage(key, 1, time=START)

    receipt = metering.accept([late], at=at("2026-06-01"), origin="test")

    assert [outcome.status for outcome in receipt.outcomes] == [status]
    assert UsageException.objects.count() == (status == "exception")
