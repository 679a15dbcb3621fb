"""Balances day by day, back from the present one."""

from __future__ import annotations

from datetime import date, datetime

from ledger import balances, corrections, daily_balances, expiry, explain, grants
from ledger.models import Pool
from tests import cast
from tests.cast import START, at


def days(pool: Pool, *, since: datetime = START, now: datetime) -> dict[date, int]:
    balance = balances.of_pool(pool, as_of=now, known_at=now)
    found = daily_balances.of_pools([pool], [balance], since={pool.id: since}, at=now)
    return {day.day: day.credits for day in found[pool.id]}


def test_grants_and_use_show_on_their_days(db: None):
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a", when=at("2026-01-02"))
    cast.send("e-1", 30, when=at("2026-01-04"))
    cast.send("e-2", 5, when=at("2026-01-04 23:59"))

    assert days(pool, now=at("2026-01-05")) == {
        date(2026, 1, 1): 0,
        date(2026, 1, 2): 100,
        date(2026, 1, 3): 100,
        date(2026, 1, 4): 65,
        date(2026, 1, 5): 65,
    }


def test_days_begin_at_the_holders_midnight(db: None):
    pool = cast.open_pool(cast.customer(time_zone="America/New_York"))
    cast.grant(pool, 100, source="a", when=at("2026-01-01 06:00"))
    cast.send("e-1", 30, when=at("2026-01-03 03:00"))

    assert days(pool, since=at("2026-01-01 05:00"), now=at("2026-01-03 12:00")) == {
        date(2026, 1, 1): 100,
        date(2026, 1, 2): 70,
        date(2026, 1, 3): 70,
    }


def test_overage_of_the_term_goes_below_zero(db: None):
    _, pool, _ = cast.contract_pool(cast.customer(), commitment=100, price_minor=100)
    cast.send("e-1", 90, when=at("2026-01-02"))
    cast.send("e-2", 25, when=at("2026-01-03"))

    assert list(days(pool, now=at("2026-01-03 01:00")).values()) == [100, 10, -15]


def test_a_correction_changes_the_day_of_its_event(db: None):
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 100, source="a")
    uid = cast.send("e-1", 30, when=at("2026-01-02")).uid
    corrections.correct(
        explain.find(uid), credits=10, by="Fiona", reason="half", at=at("2026-01-03")
    )

    assert list(days(pool, now=at("2026-01-03 01:00")).values()) == [100, 90, 90]


def test_an_expiry_shows_on_its_day_whether_it_is_posted_or_not(db: None):
    pool = cast.open_pool(cast.customer())
    block = cast.grant(pool, 100, source="a", end=at("2026-01-03"))

    waiting = days(pool, now=at("2026-01-04"))
    expiry.expire_due(f"{block.customer_id}-{block.id}", at("2026-01-03"), at("2026-01-04"))
    posted = days(pool, now=at("2026-01-04"))

    assert list(waiting.values()) == [100, 100, 0, 0]
    assert posted == waiting


def test_credits_taken_back_leave_on_the_day_of_the_act(db: None):
    pool = cast.open_pool(cast.customer())
    block = cast.grant(pool, 100, source="a")
    grants.revoke(block, credits=40, by="Fiona", reason="mistake", at=at("2026-01-02"))

    assert list(days(pool, now=at("2026-01-02 01:00")).values()) == [100, 60]


def test_many_pools_are_one_query(db: None, django_assert_num_queries):
    buyer = cast.customer()
    pools = [cast.open_pool(buyer), cast.open_pool(buyer, "DATA")]
    now = at("2026-01-03")
    found = balances.of_pools(pools, as_of=now, known_at=now)
    since = {pool.id: START for pool in pools}

    with django_assert_num_queries(1):
        daily_balances.of_pools(pools, found, since=since, at=now)


def test_a_start_long_ago_is_cut_off(db: None):
    pool = cast.open_pool(cast.customer())

    shown = days(pool, since=at("2020-01-01"), now=at("2026-01-03"))

    assert len(shown) == daily_balances.LONGEST_DAYS + 1
