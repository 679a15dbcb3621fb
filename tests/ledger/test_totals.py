"""What a pool comes to now: from its counters alone, the same numbers as from all of its books."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from creditops.lib import due, policies
from ledger import (
    availability,
    balances,
    corrections,
    daily_credits,
    grants,
    holds,
    metering,
    tariffs,
    totals,
    units,
)
from ledger.models import Pool, UsageEvent
from ledger.tariffs import Price
from ledger.totals import Totals
from tests.cast import (
    SECOND,
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

STATEMENTS_OF_A_CHECK = 7
NOW = at("2026-02-10")


def queries(act) -> list[str]:
    """What `act` asks the database."""
    with CaptureQueriesContext(connection) as asked:
        act()
    return [query["sql"] for query in asked.captured_queries]


def now_of(pool: Pool, when=NOW) -> Totals:
    """What a pool comes to, which is what its books say."""
    found = totals.of_pool(pool, when)
    books = balances.of_pool(pool, as_of=when, known_at=when)
    names = ("available", "held", "left", "granted", "used", "expired", "voided", "overage")
    assert [getattr(found, n) for n in names] == [getattr(books, n) for n in names]
    assert found.overage_cap == balances.caps([pool], when).get(pool.id)
    return found


def by_counters(pool: Pool, when=NOW) -> bool:
    """Whether counters alone say it."""
    return pool.id in totals.of_counters([pool], when)


@pytest.fixture
def pool() -> Pool:
    """Acme's contract with 1,000 credits committed, 300 of them used."""
    _, made, _ = contract_pool(customer(), commitment=1_000, price_minor=1_000)
    send("e1", 300, when=at("2026-01-10"))
    return made


def test_every_figure_of_a_pool_stands_in_its_state(pool):
    grant(pool, 50, source="b2", kind="promo", when=at("2026-01-20"), end=at("2026-02-01"))
    due.run(at("2026-02-02"))
    block = grant(pool, 80, source="b3", when=at("2026-02-02"))
    grants.revoke(block, credits=30, by="Fiona", reason="test", at=at("2026-02-03"))
    holds.place(usage("h", 20), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)

    (known,) = balances.pools_of(pool.holder)
    assert len(queries(lambda: totals.of_pool(known, NOW))) == 1
    assert now_of(pool) == Totals(
        pool_id=pool.id, holder="c1", unit="CREDIT", held=20, left=750, granted=1_130, used=300,
        expired=50, voided=30, overage=0, overage_cap=200,
    )  # fmt: skip


def test_overage_is_no_use_of_blocks(pool):
    send("e2", 850, when=at("2026-01-11"))

    found = now_of(pool)

    assert by_counters(pool)
    assert (found.used, found.overage, found.overage_cap, found.available) == (1_000, 150, 200, 0)


def test_corrections_and_late_use_are_in_it_at_once(pool):
    corrections.correct(
        UsageEvent.objects.get(key="e1"), credits=100, by="Fiona", reason="test", at=NOW
    )
    send("late", 7, when=NOW, time=at("2026-02-01"))

    assert by_counters(pool)
    assert now_of(pool).used == 107


def test_a_block_that_ended_is_not_left_before_the_sweep_comes(pool):
    grant(pool, 50, source="b2", kind="promo", when=at("2026-01-20"), end=NOW)

    assert now_of(pool, NOW - SECOND).left == 750
    assert not by_counters(pool)
    assert (now_of(pool).left, now_of(pool).expired) == (700, 0)

    due.run(NOW)

    assert by_counters(pool)
    assert (now_of(pool).left, now_of(pool).expired) == (700, 50)


def test_credits_that_begin_later_are_granted_now_and_left_then(pool):
    later = NOW + timedelta(days=1)
    grants.issue(
        pool,
        [grants.Grant(kind="promo", credits=50, source="b2", effective_at=later, expires_at=None)],
        at=NOW,
    )

    assert (now_of(pool).granted, now_of(pool).left) == (1_050, 700)
    assert now_of(pool, later).left == 750


def test_a_day_s_credits_count_before_they_are_written():
    pool = open_pool(customer())
    daily_credits.start(pool, credits=5, source="d", by="Fiona", reason="test", at=NOW)

    assert (now_of(pool).granted, now_of(pool).left) == (5, 5)
    assert by_counters(pool)

    morning = NOW + timedelta(days=1)
    assert not by_counters(pool, morning)
    assert (now_of(pool, morning).granted, now_of(pool, morning).left) == (10, 5)


def test_a_term_that_turned_has_no_overage_yet(pool):
    send("e2", 850, when=at("2026-01-11"))

    assert now_of(pool, at("2027-01-01")).overage == 0
    assert not by_counters(pool, at("2027-01-01"))


def test_a_hold_that_is_over_holds_nothing_before_anybody_ends_it(pool):
    holds.place(usage("h", 20), code="h", lasts=timedelta(minutes=1), by="Ada", at=NOW)
    holds.place(usage("i", 30), code="i", lasts=timedelta(hours=1), by="Ada", at=NOW)

    assert now_of(pool).held == 50
    assert now_of(pool, NOW + timedelta(minutes=1)).held == 30
    assert by_counters(pool, NOW + timedelta(minutes=1))


def test_use_that_lies_ahead_is_not_used_yet(pool):
    send("ahead", 40, when=NOW, time=NOW + timedelta(minutes=4))

    assert not by_counters(pool)
    assert now_of(pool).used == 300
    assert now_of(pool, NOW + timedelta(minutes=4)).used == 340
    assert by_counters(pool, NOW + timedelta(minutes=4))


def test_credits_for_some_meters_only_are_left_too(pool):
    metering.accept([usage("n", 0, meter="credits")], at=NOW, origin="test")
    meter = UsageEvent.objects.get(key="n").meter_id
    grant(pool, 60, source="b2", when=NOW, meters=[meter])

    assert now_of(pool).left == 760
    send("e2", 25, when=NOW)
    assert by_counters(pool)
    assert (now_of(pool).left, now_of(pool).used) == (735, 325)


def test_a_changed_setting_is_in_force_at_once(pool):
    policies.change(
        "contract:c1", {"overage_pct": "10"}, effective_at=NOW, recorded_at=NOW, by="Sam"
    )

    assert now_of(pool).overage_cap == 100


def test_a_pool_that_was_never_granted_anything_has_nothing():
    pool = open_pool(customer())

    assert (now_of(pool).left, now_of(pool).granted) == (0, 0)


def test_a_check_is_one_read_of_the_pool_after_what_any_event_asks(pool, sent_beside):
    """All but one find whose use it is and what it costs; one reads the state of the pool."""
    sell(pool)
    call = usage("c", 5, meter="call")

    asked = queries(lambda: availability.check(call, NOW))

    assert len(asked) + len(sent_beside) == STATEMENTS_OF_A_CHECK
    assert sum("ledger_poolstate" in query for query in asked) == 1

    for number in range(30):
        grant(pool, 10, source=f"more{number}", when=NOW)
    report(*(usage(f"more{number}", 1) for number in range(200)), when=NOW)

    sent_beside.clear()
    asked = queries(lambda: availability.check(call, NOW))
    assert len(asked) + len(sent_beside) == STATEMENTS_OF_A_CHECK


def test_a_refusing_check_asks_no_more(pool, sent_beside):
    sell(pool)
    verdict = []

    asked = queries(lambda: verdict.append(availability.check(usage("c", 301, meter="call"), NOW)))

    assert (verdict[0].allowed, verdict[0].reason) == (False, "overage_cap")
    assert len(asked) + len(sent_beside) == STATEMENTS_OF_A_CHECK


def sell(pool: Pool) -> None:
    """Publish a rate card for the pool: 3 credits a call."""
    call = Price(
        item="call", kind="fixed", meter=units.ensure_meter("call"), property="", match={},
        unit=pool.unit, credits=3,
    )  # fmt: skip
    tariffs.publish(name="std", version="1", prices=[call], effective_from=START, at=START)
    tariffs.assign(pool.holder, name="std", starts_at=START, source="test")
    tariffs.compiled(tariffs.current("std", NOW).id)  # a process keeps it
