"""Allowances per user and month inside a pool (L18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import availability, balances, corrections, holds
from ledger.models import Pool, PoolState, SeatUse, UsageEvent
from tests.cast import (
    SECOND,
    at,
    breaches,
    contract_pool,
    customer,
    grant,
    open_pool,
    report,
    send,
    usage,
)

pytestmark = pytest.mark.django_db

NOW = at("2026-02-10")
FEBRUARY = NOW.date().replace(day=1)


def set_policy(name: str, value: object, when=NOW, scope: str = "customer:acme") -> None:
    """Set a policy of Acme."""
    policies.change(scope, {name: value}, effective_at=when, recorded_at=when, by="Fiona")


def used() -> dict[str, int]:
    """What each user's seat counts in February."""
    names = {u.id: u.name for u in UsageEvent.user.field.related_model.objects.all()}
    return {
        names[row.user_id]: row.credits
        for row in SeatUse.objects.filter(period=FEBRUARY).order_by("user_id")
    }


def seat(pool: Pool, user: str, when=NOW) -> tuple[int, int, int]:
    """(used, held, available) of a user's seat."""
    found = availability.seats([pool], user, when)[pool.id]
    return found.used, found.held, found.available


@pytest.fixture
def pool() -> Pool:
    """Acme's 400 credits, 100 of them for each user and month."""
    made = open_pool(customer())
    grant(made, 400, source="b1")
    set_policy("seat_allowance", 100, when=at("2026-01-01"))
    return made


def test_a_refusal_is_per_seat_and_the_rest_stays_in_the_pool(pool):
    assert send("a1", 60, when=NOW, user="ann").status == "applied"
    assert send("b1", 100, when=NOW, user="bob").status == "applied"
    assert send("b2", 1, when=NOW, user="bob").code == "seat_limit"
    assert send("a2", 41, when=NOW, user="ann").code == "seat_limit"
    assert send("a3", 40, when=NOW, user="ann").status == "applied"

    assert used() == {"ann": 100, "bob": 100}
    assert balances.of_pool(pool, as_of=NOW, known_at=NOW).available == 200


def test_inside_one_batch_a_seat_is_judged_event_by_event(pool):
    batch = [usage(f"e{n}", 30, user="ann") for n in range(4)]

    outcomes = report(*batch, usage("b1", 30, user="bob"), when=NOW).outcomes

    fates = [outcome.code or outcome.status for outcome in outcomes]
    assert fates == ["applied", "applied", "applied", "seat_limit", "applied"]
    assert used() == {"ann": 90, "bob": 30}


def test_a_smaller_event_may_still_fit_and_nothing_always_does(pool):
    send("a1", 95, when=NOW, user="ann")

    assert send("a2", 6, when=NOW, user="ann").code == "seat_limit"
    assert send("a3", 5, when=NOW, user="ann").status == "applied"
    assert send("a4", 0, when=NOW, user="ann").status == "applied"


def test_the_allowance_begins_anew_at_local_midnight_of_the_month(pool):
    send("a1", 100, when=NOW, user="ann")
    march = at("2026-03-01")

    assert send("a2", 1, when=march - SECOND, user="ann").code == "seat_limit"
    assert send("a3", 100, when=march, user="ann").status == "applied"


def test_the_last_minutes_of_a_month_have_its_seat_even_where_nobody_was_counted_yet(pool):
    """An event is not late for five minutes, so the first one of all may belong to the month before."""
    march = at("2026-03-01")
    minutes = timedelta(minutes=4)

    assert send("a1", 101, when=march, time=march - minutes, user="ann").code == "seat_limit"
    assert send("a2", 100, when=march, time=march - minutes, user="ann").status == "applied"
    assert send("a3", 100, when=march, user="ann").status == "applied"
    assert breaches(march) == []


def test_an_event_without_a_user_has_no_seat(pool):
    assert send("e1", 300, when=NOW).status == "applied"


def test_the_pool_is_the_limit_of_every_seat(pool):
    send("e1", 350, when=NOW)

    assert seat(pool, "ann") == (0, 0, 50)
    assert send("a1", 51, when=NOW, user="ann").code == "insufficient_credits"
    assert send("a2", 50, when=NOW, user="ann").status == "applied"


def test_late_use_passes_the_allowance_and_counts(pool):
    send("a1", 100, when=NOW, user="ann")

    late = send("a2", 10, when=NOW, user="ann", time=NOW - timedelta(hours=1))

    assert late.status == "applied"
    assert used() == {"ann": 110}
    assert seat(pool, "ann") == (110, 0, 0)


def test_corrections_give_the_allowance_back_and_take_it(pool):
    send("a1", 100, when=NOW, user="ann")
    event = UsageEvent.objects.get(key="a1")

    corrections.correct(event, credits=70, by="Fiona", reason="test", at=NOW)
    assert seat(pool, "ann") == (70, 0, 30)
    corrections.correct(event, credits=90, by="Fiona", reason="test", at=NOW)
    assert seat(pool, "ann") == (90, 0, 10)
    corrections.void(event, by="Fiona", reason="test", at=NOW)

    assert seat(pool, "ann") == (0, 0, 100)
    assert breaches(NOW) == []


def test_use_from_before_the_setting_counts_in_its_month():
    pool = open_pool(customer())
    grant(pool, 400, source="b1")
    send("a0", 50, when=NOW - timedelta(days=30), user="ann")
    send("a1", 80, when=NOW, user="ann")
    send("b1", 7, when=NOW, user="bob")
    corrections.void(UsageEvent.objects.get(key="b1"), by="Fiona", reason="test", at=NOW)
    set_policy("seat_allowance", 100)

    assert send("a2", 21, when=NOW, user="ann").code == "seat_limit"
    assert send("a3", 20, when=NOW, user="ann").status == "applied"

    assert used() == {"ann": 100, "bob": 0}
    assert breaches(NOW) == []


def test_use_goes_on_being_counted_when_the_setting_ends_and_comes_back(pool):
    send("a1", 60, when=NOW, user="ann")
    set_policy("seat_allowance", None)
    assert send("a2", 200, when=NOW, user="ann").status == "applied"
    set_policy("seat_allowance", 270, when=NOW + SECOND)

    later = NOW + SECOND
    assert send("a3", 11, when=later, user="ann").code == "seat_limit"
    assert send("a4", 10, when=later, user="ann").status == "applied"
    assert breaches(later) == []


def test_a_contract_can_have_seats_of_its_own():
    acme = customer()
    contract_pool(acme, commitment=1_000, price_minor=0)
    grant(open_pool(acme), 1_000, source="b1")
    set_policy("seat_allowance", 10, scope="contract:c1")

    assert send("c", 11, when=NOW, user="ann", contract="c1").code == "seat_limit"
    # Without a contract's terms there is nobody else to pay: the contract covers the event.
    assert send("d", 11, when=NOW, user="ann").code == "seat_limit"


def test_a_hold_takes_from_its_users_seat(pool):
    held = holds.place(
        usage("work", 90, user="ann"), code="h1", lasts=timedelta(hours=1), by="ada", at=NOW
    )

    assert seat(pool, "ann") == (0, 90, 10)
    assert send("a1", 11, when=NOW, user="ann").code == "seat_limit"
    assert send("b1", 100, when=NOW, user="bob").status == "applied"
    holds.capture(held, usage("work", 80), origin="test", at=NOW + SECOND)
    assert seat(pool, "ann", NOW + SECOND) == (80, 0, 20)
    assert breaches(NOW + SECOND) == []


def test_a_hold_can_not_pass_the_allowance(pool):
    with pytest.raises(Refusal) as refused:
        holds.place(
            usage("work", 101, user="ann"), code="h1", lasts=timedelta(hours=1), by="ada", at=NOW
        )

    assert refused.value.code == "seat_limit"
    assert refused.value.detail == (
        "101 credits can't be held: there are only 100 left for this user this month."
    )


def test_a_check_says_the_smaller_of_seat_and_pool(pool):
    send("a1", 60, when=NOW, user="ann")

    verdict = availability.check(usage("c", 41, user="ann"), NOW)

    assert (verdict.allowed, verdict.available, verdict.reason) == (False, 40, "seat_limit")
    assert availability.check(usage("c", 40, user="ann"), NOW).allowed
    assert availability.check(usage("c", 41), NOW).allowed


def test_who_is_only_observed_has_no_limit(pool):
    set_policy("enforcement", "OBSERVE")

    assert send("a1", 101, when=NOW, user="ann").status == "recorded"
    assert used() == {}


def test_a_pool_without_seats_counts_nobody():
    grant(open_pool(customer()), 400, source="b1")

    send("a1", 300, when=NOW, user="ann")

    assert used() == {}
    assert PoolState.objects.get().seats_since is None


def test_where_everybody_has_the_pool_nobody_has_a_seat():
    pool = open_pool(customer())

    assert availability.seats([pool], "ann", NOW) == {}


def test_verify_notices_a_seat_that_was_changed(pool, books_break):
    send("a1", 60, when=NOW, user="ann")
    assert breaches(NOW) == []

    SeatUse.objects.update(credits=59)

    assert [breach.check for breach in breaches(NOW)] == ["seats_are_what_users_drew"]


def queries_of(users: range) -> int:
    """How many queries a batch of one event for each of these users takes."""
    batch = [usage(f"e{n}", 1, user=f"user {n}") for n in users]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        counts = report(*batch, when=NOW).counts()
    assert counts["applied"] == len(batch)
    return len(queries)


def test_a_batch_of_a_thousand_seats_takes_as_many_queries_as_one_of_ten():
    pool = open_pool(customer())
    grant(pool, 10_000, source="b1")
    set_policy("seat_allowance", 5)
    report(usage("first", 1, user="first"), when=NOW)

    few, many = queries_of(range(10)), queries_of(range(10, 1_010))

    assert few == many
    assert SeatUse.objects.count() == 1_011


def test_a_check_reads_no_seat_where_nobody_has_an_allowance():
    free = open_pool(customer("otto"))
    grant(free, 400, source="b2")
    message = usage("c", 5, customer="otto", user="ann")
    availability.check(message, NOW)

    with CaptureQueriesContext(connection) as captured:
        verdict = availability.check(message, NOW)

    assert verdict.allowed
    assert not [query for query in captured if "seatuse" in query["sql"]]
