"""Drawing credits: oldest first, whole or not at all, beside the line where it must be."""

import pytest

from ledger import balances, explain, posting
from ledger.models import JournalLine, UsageEvent
from tests.cast import (
    START,
    at,
    contract_pool,
    customer,
    grant,
    open_pool,
    report,
    send,
    usage,
)

pytestmark = pytest.mark.django_db


def draws_of(key: str) -> list[tuple[str | None, int, int]]:
    event = UsageEvent.objects.get(key=key)
    return [(draw.block_source, draw.credits, draw.value) for draw in explain.draws(event)]


def available(pool, when, known=None) -> int:
    return balances.of_pool(pool, as_of=when, known_at=known or when).available


def test_the_oldest_credits_are_drawn_first_each_at_its_own_cost():
    pool = open_pool(customer())
    grant(pool, 10_000, cost=10_000, source="b1", end=at("2027-01-01"))
    grant(pool, 20_000, cost=14_000, source="b2", when=at("2026-02-01"), end=at("2027-02-01"))

    outcome = send("u1", 15_000, when=at("2026-03-01"))

    assert (outcome.status, outcome.credits) == ("applied", 15_000)
    assert draws_of("u1") == [("b1", 10_000, 10_000), ("b2", 5_000, 3_500)]


def test_the_balance_is_right_at_any_past_instant():
    pool = open_pool(customer())
    grant(pool, 5_000, cost=5_000, source="b1", when=at("2026-01-05 10:00"), end=at("2027-01-05"))
    send("u1", 1_000, when=at("2026-01-10 09:00"))
    send("u2", 234, when=at("2026-01-20 09:00"))
    send("u3", 766, when=at("2026-02-02 09:00"))

    now = at("2026-03-01")
    assert available(pool, at("2026-01-05 09:59"), now) == 0
    assert available(pool, at("2026-01-05 10:00"), now) == 5_000
    assert available(pool, at("2026-01-15"), now) == 4_000
    assert available(pool, at("2026-01-31"), now) == 3_766
    assert available(pool, now) == 3_000


def test_an_event_is_applied_whole_or_refused_whole():
    pool = open_pool(customer())
    grant(pool, 500, cost=500, source="b1", end=at("2027-01-01"))
    send("e1", 450, when=at("2026-02-01"))

    refused = send("e2", 51, when=at("2026-02-02"))

    assert (refused.status, refused.code) == ("refused", "insufficient_credits")
    assert available(pool, at("2026-02-02")) == 50
    assert send("e3", 50, when=at("2026-02-03")).status == "applied"
    assert available(pool, at("2026-02-03")) == 0


def test_overage_goes_up_to_the_cap_and_not_one_credit_further():
    _, pool, term = contract_pool(customer(), commitment=500, price_minor=500)
    send("e1", 450, when=at("2026-02-01"))

    assert send("e2", 100, when=at("2026-02-02")).status == "applied"
    capped = send("e3", 51, when=at("2026-02-03"))
    assert (capped.status, capped.code) == ("refused", "overage_cap")
    assert send("e4", 50, when=at("2026-02-04")).status == "applied"

    assert balances.consumption(pool, term) == {"paid": 500, "overage": 100}
    assert draws_of("e2") == [("c1.t1", 50, 50), (None, 50, 50)]


def test_a_late_event_of_a_contract_is_never_refused_but_becomes_overage():
    _, pool, term = contract_pool(customer(), commitment=100, price_minor=100)
    send("e1", 120, when=at("2026-02-01"))

    late = send("e2", 30, when=at("2026-02-10"), time=at("2026-02-01"))

    assert late.status == "applied"
    assert balances.consumption(pool, term) == {"paid": 100, "overage": 50}


def test_a_batch_is_drawn_in_the_order_of_event_times():
    pool = open_pool(customer())
    grant(pool, 100, cost=100, source="b1", end=at("2027-01-01"))
    grant(pool, 100, cost=200, source="b2", end=at("2027-02-01"))

    receipt = report(
        usage("second", 60, time=at("2026-01-02 10:01")),
        usage("first", 60, time=at("2026-01-02 10:00")),
        when=at("2026-01-02 10:02"),
    )

    assert [outcome.status for outcome in receipt.outcomes] == ["applied", "applied"]
    assert draws_of("first") == [("b1", 60, 60)]
    assert draws_of("second") == [("b1", 40, 40), ("b2", 20, 40)]


def test_usage_is_posted_once_at_the_value_of_the_blocks_that_paid():
    pool = open_pool(customer())
    grant(pool, 3, cost=100, source="b1", when=START, end=at("2027-01-01"))
    send("u1", 1, when=at("2026-01-10"))
    send("u2", 1, when=at("2026-01-11"))

    assert posting.run(at("2026-01-12")) == 2
    send("u3", 1, when=at("2026-01-13"))
    assert posting.run(at("2026-01-14")) == 1
    assert posting.run(at("2026-01-14")) == 0

    usage_lines = JournalLine.objects.filter(account__code="4000").order_by("id")
    assert [line.credit_minor for line in usage_lines] == [33, 34, 33]
