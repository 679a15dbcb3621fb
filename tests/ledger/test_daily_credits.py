"""Daily credits: a block for every local day, as if at midnight, whoever comes first (L15, S37, X24)."""

from datetime import date, timedelta

import pytest

from creditops import schedule
from creditops.lib.refusals import Refusal
from ledger import availability, balances, corrections, daily_credits, explain, holders, holds
from ledger.models import Block, BlockState, DailyGrant, JournalEntry, Layout, ThresholdCrossing
from tests import cast

pytestmark = pytest.mark.django_db

FIRST = cast.at("2026-04-01")
NOON = cast.at("2026-04-01 12:00")
NEXT_NOON = cast.at("2026-04-02 12:00")


@pytest.fixture
def pool():
    """Acme's open pool with 100 paid credits for $25.00."""
    found = cast.open_pool(cast.customer())
    cast.grant(found, 100, source="paid", cost=2_500)
    return found


def give(pool, credits=5, *, when=FIRST, **fields) -> Block:
    usual = {"source": "free", "by": "Sam", "reason": "welcome"}
    return daily_credits.start(pool, credits=credits, at=when, **usual | fields)


def draws(outcome):
    return [
        (draw.block_source, draw.credits, draw.value)
        for draw in explain.draws(explain.find(outcome.uid))
    ]


def available(pool, when) -> int:
    return balances.of_pool(pool, as_of=when, known_at=when).available


def test_a_days_credits_pay_before_all_others_and_cost_nothing(pool):
    give(pool)

    sent = cast.send("u1", 8, when=NOON)

    assert draws(sent) == [("free@2026-04-01", 5, 0), ("paid", 3, 75)]


def test_the_next_days_credits_are_there_though_no_sweep_has_run(pool):
    give(pool)
    cast.send("u1", 3, when=NOON)

    sent = cast.send("u2", 7, when=NEXT_NOON)

    assert draws(sent) == [("free@2026-04-02", 5, 0), ("paid", 2, 50)]


def test_a_day_that_begins_fires_no_alert_swept_or_not(pool):
    """Its credits are not measured (X24): what an expiry brought over is told with the next use."""
    cast.grant(cast.open_pool(pool.customer), 60, source="short", when=FIRST, end=NOON)
    cast.send("u1", 100, when=FIRST)
    give(pool)
    told = list(ThresholdCrossing.objects.values_list("threshold", flat=True))

    assert schedule.run_due(NEXT_NOON, now=NEXT_NOON).failed == []

    assert Block.objects.filter(kind="daily").count() == 2
    assert list(ThresholdCrossing.objects.values_list("threshold", flat=True)) == told == ["50"]
    cast.send("u2", 1, when=NEXT_NOON)
    assert list(ThresholdCrossing.objects.values_list("threshold", flat=True)[1:]) == [
        "80", "95", "EXHAUSTED",
    ]  # fmt: skip


def test_what_a_day_leaves_ends_with_it(pool):
    give(pool)

    assert available(pool, cast.at("2026-04-01")) == 105
    assert available(pool, cast.at("2026-04-02") - cast.SECOND) == 105
    assert available(pool, cast.at("2026-04-02")) == 105


def test_a_balance_of_any_instant_reads_the_same_before_and_after_the_blocks_are_written(pool):
    """L16: a day's block is recorded at its midnight, whenever it is written."""
    give(pool)
    asked = [cast.at("2026-04-02"), NEXT_NOON, cast.at("2026-04-05 06:00")]
    before = [available(pool, when) for when in asked]

    assert schedule.run_due(cast.at("2026-04-09"), now=cast.at("2026-04-09")).failed == []

    assert before == [105, 105, 105]
    assert [available(pool, when) for when in asked] == before


def test_forty_days_late_is_the_same_as_forty_days_in_time(pool):
    give(pool)
    otto = cast.open_pool(cast.customer("otto"))
    give(otto)

    for day in range(2, 12):
        cast.run_due(cast.at(f"2026-04-{day:02}"))
    schedule.run_due(cast.at("2026-04-11"), now=cast.at("2026-04-11"))

    def story(of):
        rows = Block.objects.filter(pool=of, kind="daily").order_by("id")
        return [(b.source, b.effective_at, b.recorded_at) for b in rows]

    assert story(pool) == story(otto)
    assert len(story(pool)) == 11


def test_use_of_yesterday_that_arrives_today_is_paid_by_yesterdays_credits(pool):
    """L9: the sweep and the event commute."""
    give(pool)
    cast.run_due(cast.at("2026-04-02"))

    sent = cast.send("u1", 4, when=NEXT_NOON, time=NOON)

    assert draws(sent) == [("free@2026-04-01", 4, 0)]


def test_days_begin_at_local_midnight():
    """T4: Berlin's 29 March 2026 has 23 hours."""
    pool = cast.open_pool(cast.customer(time_zone="Europe/Berlin"))
    give(pool, when=cast.at("2026-03-28 22:59"))

    cast.run_due(cast.at("2026-03-29 22:00"))

    days = Block.objects.filter(pool=pool).order_by("effective_at")
    assert [(b.source, b.effective_at) for b in days] == [
        ("free@2026-03-28", cast.at("2026-03-28 22:59")),
        ("free@2026-03-29", cast.at("2026-03-28 23:00")),
        ("free@2026-03-30", cast.at("2026-03-29 22:00")),
    ]


def test_after_the_last_day_there_are_none(pool):
    give(pool, last_day=date(2026, 4, 2))

    cast.run_due(cast.at("2026-04-20"))

    assert Block.objects.filter(pool=pool, kind="daily").count() == 2
    assert available(pool, cast.at("2026-04-03")) == 100
    assert draws(cast.send("u1", 1, when=cast.at("2026-04-20"))) == [("paid", 1, 25)]


def test_two_grants_of_one_pool_give_both_every_day(pool):
    give(pool)
    give(pool, 2, source="more", when=NOON)

    assert available(pool, NEXT_NOON) == 107
    assert draws(cast.send("u1", 6, when=NEXT_NOON)) == [
        ("free@2026-04-02", 5, 0),
        ("more@2026-04-02", 1, 0),
    ]


def test_nobody_is_alerted_about_them_and_they_arm_nothing(pool):
    """X14, A1: they count neither as consumed nor as balance."""
    give(pool)
    cast.send("u1", 55, when=NOON)
    assert [c.threshold for c in ThresholdCrossing.objects.all()] == ["50"]

    sent = cast.send("u2", 5, when=NEXT_NOON)
    give(pool, 1_000, source="more", when=NEXT_NOON)

    assert draws(sent) == [("free@2026-04-02", 5, 0)]
    assert ThresholdCrossing.objects.count() == 1
    crossed = ThresholdCrossing.objects.get()
    assert (crossed.consumed, crossed.balance) == (50, 50)


def test_they_never_reach_the_journal():
    """S70: what cost nothing is worth nothing, used or ended."""
    pool = cast.open_pool(cast.customer())
    give(pool)
    cast.send("u1", 3, when=NOON)
    cast.run_due(cast.at("2026-04-05"))

    assert cast.journal(cast.at("2026-04-05")) == []
    assert not JournalEntry.objects.exists()
    assert sum(BlockState.objects.values_list("expired", flat=True)) == 2 + 5 + 5 + 5


def test_a_check_counts_todays_credits_and_writes_nothing(pool):
    give(pool)

    seen = availability.check(cast.usage("u1", 105), NEXT_NOON)

    assert (seen.allowed, seen.available) == (True, 105)
    assert Block.objects.filter(kind="daily").count() == 1
    assert Layout.objects.filter(reason="check").count() == 0


def test_a_hold_counts_todays_credits(pool):
    give(pool)
    work = cast.usage("job", 105)

    held = holds.place(work, code="h1", lasts=timedelta(hours=1), by="Ada", at=NEXT_NOON)

    assert held.credits == 105
    assert available(pool, NEXT_NOON) == 0


def test_a_correction_takes_the_credits_of_the_events_day_though_no_sweep_has_run(pool):
    give(pool)
    sent = cast.send("u1", 1, when=cast.at("2026-04-01 23:58"), time=cast.at("2026-04-02 00:01"))
    later = cast.at("2026-04-02 00:10")

    corrections.correct(explain.find(sent.uid), credits=4, by="Fiona", reason="typo", at=later)

    assert draws(sent) == [("paid", 1, 25), ("free@2026-04-02", 3, 0)]
    assert available(pool, later) == 99 + 2


def test_the_end_of_a_contract_is_the_end_of_its_daily_credits():
    contract = cast.sign(auto_renew=False)
    pool = holders.pool(contract.holder, cast.unit(), cast.START)
    give(pool, when=cast.START)

    cast.run_due(cast.at("2027-01-05"))

    assert DailyGrant.objects.get().last_day == date(2026, 12, 31)
    assert available(pool, cast.at("2027-01-05")) == 0
    assert Block.objects.filter(kind="daily").count() == 365


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"credits": 0}, "grant_not_positive"),
        ({"credits": 2**53}, "grant_too_large"),
        ({"last_day": date(2026, 3, 31)}, "grant_ends_before_it_begins"),
        ({"source": "known"}, "already_granted"),
    ],
)
def test_what_cannot_be_given_is_refused_and_leaves_nothing(pool, fields, code):
    give(pool, source="known")

    with pytest.raises(Refusal) as refused:
        give(pool, **{"source": "new"} | fields)

    assert refused.value.code == code
    assert (DailyGrant.objects.count(), Block.objects.filter(kind="daily").count()) == (1, 1)
