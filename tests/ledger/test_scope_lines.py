"""Lines of scopes: use of credits for some meters only goes the fast way, and leads to the same books."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import (
    availability,
    balances,
    block_events,
    corrections,
    evidence,
    expiry,
    explain,
    holds,
    pool_books,
    posting,
    tariffs,
    totals,
    units,
)
from ledger.line import Line
from ledger.models import (
    Drain,
    JournalEntry,
    Layout,
    Move,
    Pool,
    PoolState,
    ScopeLine,
    Segment,
    ThresholdCrossing,
    UsageEvent,
)
from ledger.tariffs import Price
from tests.cast import (
    END,
    START,
    breaches,
    contract_pool,
    customer,
    grant,
    open_pool,
    report,
    send,
    sign_books,
    unit,
    usage,
)

pytestmark = pytest.mark.django_db

NOW = START + timedelta(days=40)


@pytest.fixture
def rated() -> int:
    """The meter of usage that is rated already."""
    unit()
    return units.find_meter(units.rated_meter(units.CREDITS)).id


@pytest.fixture
def other(pool) -> int:
    """Another meter, at a credit a piece."""
    meter = units.create_meter(code="other", name="Other")
    price = Price(
        item="other", kind="per_unit", meter=meter, property="", match={}, unit=pool.unit, credits=1
    )
    tariffs.publish(name="std", version="1", prices=[price], effective_from=START, at=START)
    tariffs.assign(pool.holder, name="std", starts_at=START, source="test")
    return meter.id


@pytest.fixture
def pool(rated) -> Pool:
    """1,000 paid credits, and 100 promotional ones for rated usage only, of which 1 was used."""
    sign_books()
    pool = open_pool(customer())
    grant(pool, 1_000, source="paid", cost=10_000)
    grant(pool, 100, source="promo", kind="promo", meters=[rated])
    send("first", 1, when=NOW)
    return pool


def batch(name: str, credits: list[int], **fields) -> list:
    return [usage(f"{name}{n}", each, **fields) for n, each in enumerate(credits)]


def lines(key: str) -> tuple[int | None, int | None, int]:
    """An event's line, position and credits."""
    event = UsageEvent.objects.get(key=key)
    return event.line, event.pos, event.credits


def draws(key: str) -> list[tuple[str | None, int]]:
    event = UsageEvent.objects.get(key=key)
    return [(draw.block_source, draw.credits) for draw in explain.draws(event)]


def written() -> int:
    """Rows inserted, changed or deleted in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables"
        )
        return cursor.fetchone()[0]


def test_scoped_use_makes_no_move_and_no_layout(pool):
    before = written(), Layout.objects.count()

    report(*batch("e", [1] * 50), when=NOW)

    # The events, a drain, the batch; the pool's counter and its line's.
    assert written() - before[0] == 50 + 1 + 1 + 2
    assert Layout.objects.count() == before[1]
    assert not Move.objects.exists()
    assert lines("e49") == (1, 50, 1)
    assert [(d.line, d.pos, d.pos_end, d.events) for d in Drain.objects.order_by("pk")] == [
        (1, 0, 1, 1), (1, 1, 51, 50),
    ]  # fmt: skip
    assert ScopeLine.objects.get().consumed == 51
    state = PoolState.objects.get(pool_id=pool.id)
    assert (state.consumed, state.used, state.scoped_left) == (0, 51, 49)


def test_it_fills_its_block_to_the_last_credit_and_goes_on_with_general_ones(pool):
    report(*batch("e", [33, 33, 33]), when=NOW)
    report(*batch("f", [10, 10]), when=NOW)

    assert not Move.objects.exists()
    assert [lines(f"e{n}") for n in range(3)] == [(1, 1, 33), (1, 34, 33), (1, 67, 33)]
    assert [lines(f"f{n}") for n in range(2)] == [(0, 0, 10), (0, 10, 10)]


def test_what_its_scope_can_not_pay_alone_is_drawn_of_both_and_the_rest_goes_on(pool):
    report(*batch("e", [60, 60, 60]), when=NOW)

    assert lines("e0") == (1, 1, 60)
    assert lines("e1") == (None, None, 60)
    assert draws("e1") == [("promo", 39), ("paid", 21)]
    assert lines("e2") == (0, 0, 60)
    assert Move.objects.count() == 2
    assert (
        list(Layout.objects.filter(line=0).values_list("reason", flat=True))[-1] == "scope used up"
    )


def test_two_scopes_that_match_take_a_closer_look_until_one_is_used_up(pool, rated, other):
    grant(pool, 10, source="both", kind="promo", when=NOW, meters=[rated, other])

    report(usage("first line", 90), when=NOW)
    report(usage("second", 9), usage("third", 4), when=NOW)
    report(usage("fourth", 6), when=NOW)

    assert lines("first line") == (None, None, 90)
    assert draws("second") == [("promo", 9)]
    assert draws("third") == [("both", 4)]
    assert lines("fourth") == (2, 0, 6)
    assert draws("fourth") == [("both", 6)]


def test_a_scope_that_does_not_match_pays_nothing(pool, other):
    report(usage("e", 5, meter="other"), when=NOW)

    assert lines("e") == (0, 0, 5)


def test_events_lie_on_each_line_in_the_order_of_their_times(pool, other):
    later, sooner = NOW - timedelta(seconds=1), NOW - timedelta(seconds=2)

    report(
        usage("a", 1, time=later),
        usage("b", 2, time=later, meter="other"),
        usage("c", 3, time=sooner),
        usage("d", 4, time=sooner, meter="other"),
        when=NOW,
    )

    assert [lines(key) for key in "cadb"] == [(1, 1, 3), (1, 4, 1), (0, 0, 4), (0, 4, 2)]


def test_holds_are_kept_aside_when_scoped_credits_are_used(pool):
    holds.place(usage("h", 1_050), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)

    said = report(usage("e", 49), usage("f", 1), when=NOW).outcomes

    # 1,099 are left and 1,050 of them on hold: 49 may be had, of whichever block comes first.
    assert [outcome.status for outcome in said] == ["applied", "refused"]
    assert draws("e") == [("promo", 49)]


def test_without_that_look_holds_would_be_used(pool, monkeypatch):
    monkeypatch.setattr(Line, "covers_holds", True)
    holds.place(usage("h", 1_050), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)

    said = report(usage("e", 49), usage("f", 1), when=NOW).outcomes

    assert [outcome.status for outcome in said] == ["applied", "applied"]


def test_a_hold_that_general_credits_cover_does_not_slow_scoped_use(pool):
    holds.place(usage("h", 1_000), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)

    report(*batch("e", [50, 49]), when=NOW)

    assert not Move.objects.exists()
    assert lines("e1") == (1, 51, 49)
    assert send("f", 1, when=NOW).status == "refused"


def test_scoped_credits_cover_holds_so_that_general_ones_may_be_used(pool, other):
    holds.place(usage("h", 99), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)

    said = report(usage("e", 1_000, meter="other"), usage("f", 1, meter="other"), when=NOW).outcomes

    assert [outcome.status for outcome in said] == ["applied", "refused"]
    assert lines("e") == (0, 0, 1_000)


def test_a_threshold_fires_at_the_very_event_also_where_scoped_use_reaches_it(pool, other):
    # 1,100 in all: half of them is 550.
    report(usage("general", 500, meter="other"), *batch("s", [9] * 10), when=NOW)

    crossed = ThresholdCrossing.objects.get()
    reached = UsageEvent.objects.get(id=crossed.event_id or 0)
    assert (crossed.threshold, crossed.consumed, crossed.balance) == ("50", 591, 509)
    # 1 + 500 and then nines: the sixth of them reaches 555.
    assert reached.key == "s5"


def test_a_threshold_is_not_missed_by_use_of_either_line_alone(pool, other):
    report(usage("a", 60), when=NOW)
    report(usage("b", 488, meter="other"), when=NOW)
    assert not ThresholdCrossing.objects.exists()

    report(usage("c", 1), when=NOW)

    assert UsageEvent.objects.get(id=ThresholdCrossing.objects.get().event_id or 0).key == "c"


def test_daily_credits_on_the_way_do_not_hide_a_threshold(rated):
    pool = open_pool(customer())
    grant(pool, 100, source="paid")
    grant(pool, 1_000, source="day", kind="daily", when=NOW, end=NOW + timedelta(hours=12))
    grant(pool, 100, source="promo", kind="promo", when=NOW, meters=[rated])

    report(usage("a", 99), when=NOW)
    assert not ThresholdCrossing.objects.exists()
    report(usage("b", 1), when=NOW)

    assert ThresholdCrossing.objects.get().threshold == "50"


def test_balances_are_what_they_were_at_every_instant(pool, other):
    earlier = NOW + timedelta(hours=1)
    report(usage("a", 9), usage("b", 20, meter="other"), when=earlier)
    report(
        usage("c", 30, time=earlier + timedelta(seconds=5)),
        usage("d", 7, time=earlier + timedelta(seconds=6), meter="other"),
        usage("e", 5, time=earlier + timedelta(seconds=7)),
        when=earlier + timedelta(seconds=10),
    )

    def used(as_of, known_at):
        found = balances.of_pool(pool, as_of=as_of, known_at=known_at)
        return {block.source: block.used for block in found.blocks}

    last = earlier + timedelta(seconds=10)
    assert used(NOW, last) == {"paid": 0, "promo": 1}
    assert used(last, earlier) == {"paid": 20, "promo": 10}
    assert used(earlier + timedelta(seconds=5), last) == {"paid": 20, "promo": 40}
    assert used(last, last) == {"paid": 27, "promo": 45}
    [total] = totals.of_pools([pool], last)
    assert (total.used, total.available) == (72, 1_028)


def test_a_correction_gives_back_to_the_scoped_block(pool):
    report(*batch("e", [40, 40]), when=NOW)

    corrections.correct(
        UsageEvent.objects.get(key="e1"), credits=5, by="Fiona", reason="test", at=NOW
    )
    report(usage("f", 50), when=NOW)

    assert draws("e1") == [("promo", 5)]
    assert draws("f") == [("promo", 50)]
    assert lines("f") == (1, 81, 50)


def test_use_on_both_lines_is_posted_once_and_can_be_traced(pool, other, rated):
    grant(pool, 200, source="bonus", cost=2_000, when=NOW, meters=[rated])
    report(usage("a", 99), usage("b", 20, meter="other"), when=NOW)
    posting.run(NOW)
    report(usage("c", 50), when=NOW)
    report(usage("d", 50), when=NOW)
    assert posting.waiting().count() == 1

    posting.run(NOW)

    assert posting.waiting().count() == 0
    assert posting.run(NOW) == 0
    [entry] = [e for e in JournalEntry.objects.all() if "+200:" in e.source]
    assert entry.source.startswith(f"usage:{pool.id}:20+200:")
    assert [(p.source, p.credits, p.value_minor) for p in evidence.pieces(entry)] == [
        ("bonus", 50, 500), ("bonus", 50, 500),
    ]  # fmt: skip
    assert [e.key for e in evidence.events(entry)] == ["c", "d"]
    assert evidence.entries(UsageEvent.objects.get(key="c")) == [entry]
    told = {breach.check for breach in breaches(NOW)}
    assert told <= {"deferred_revenue_is_the_value_of_blocks"}  # nothing was sold here


def test_a_blocks_events_are_found(pool):
    report(*batch("e", [5, 6]), when=NOW)
    block = Segment.objects.filter(line=1).first().block

    found = block_events.newest(block, limit=10).paid

    assert [(row.event.key, row.credits) for row in found] == [("e1", 6), ("e0", 5), ("first", 1)]


def test_late_use_of_a_scope_that_ended_comes_back_for_it(rated):
    pool = open_pool(customer())
    grant(pool, 100, source="paid")
    promo = grant(pool, 30, source="promo", kind="promo", end=NOW, meters=[rated])
    report(usage("a", 10, time=NOW - timedelta(hours=1)), when=NOW - timedelta(hours=1))
    expiry.expire_due(f"{promo.customer_id}-{promo.id}", NOW, NOW)

    report(usage("b", 15, time=NOW - timedelta(minutes=1)), usage("c", 7), when=NOW)

    assert draws("a") == [("promo", 10)]
    assert draws("b") == [("promo", 15)]
    assert draws("c") == [("paid", 7)]


def test_scoped_and_general_credits_of_one_cost_layer_are_drawn_one_by_one(rated):
    pool = open_pool(customer())
    grant(pool, 100, source="paid", cost=1_000)
    grant(pool, 100, source="free", kind="promo", when=NOW, meters=[rated], promo_policy="RESPREAD")

    report(usage("a", 30), usage("b", 30), when=NOW)

    assert ScopeLine.objects.get().beside
    assert lines("a") == lines("b") == (None, None, 30)
    assert draws("b") == [("free", 30)]


def test_a_check_and_a_hold_see_what_scopes_have_left(pool, other):
    report(usage("a", 50), when=NOW)

    assert availability.check(usage("x", 1_049), NOW).allowed
    assert not availability.check(usage("x", 1_050), NOW).allowed
    assert availability.check(usage("x", 1_000, meter="other"), NOW).allowed
    with pytest.raises(Refusal, match="can't be held"):
        holds.place(usage("h", 1_050), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW)


def test_a_check_that_a_scope_or_the_pool_can_answer_alone_waits_for_no_lock(
    pool, other, monkeypatch
):
    def lock(*args):
        raise AssertionError("a lock was taken")

    monkeypatch.setattr(pool_books, "lock", lock)

    assert availability.check(usage("x", 99), NOW).allowed
    assert availability.check(usage("x", 1_000, meter="other"), NOW).allowed
    assert not availability.check(usage("x", 1_001, meter="other"), NOW).allowed
    with pytest.raises(AssertionError, match="a lock was taken"):
        availability.check(usage("x", 100), NOW)


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE ledger_scopeline SET consumed = consumed - 1",
        "UPDATE ledger_scopeline SET consumed = consumed + 1",
        "UPDATE ledger_scopeline SET meters = meters || 999999::bigint",
        "UPDATE ledger_scopeline SET limit_pos = consumed - 1",
        "INSERT INTO ledger_scopeline (customer_id, pool_id, line, meters, consumed, limit_pos)"
        " SELECT customer_id, pool_id, line + 1, '{999999}', 1, 1 FROM ledger_scopeline",
        "INSERT INTO ledger_scopeline (customer_id, pool_id, line, meters)"
        " SELECT customer_id, pool_id, line + 1, meters FROM ledger_scopeline",
    ],
)
def test_the_counter_of_a_scope_is_what_was_drained(pool, act):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)


def test_a_block_lies_on_the_line_of_its_scope_only(pool):
    lay_it_on_the_general_line = (
        "INSERT INTO ledger_segment (customer_id, pool_id, line, layout_no, pos, pos_end, block_id,"
        " granted, layer_id, b0, u0, r0)"
        " SELECT g.customer_id, g.pool_id, 0, g.layout_no, s.stop_pos, s.stop_pos + 100, g.block_id,"
        " g.granted, g.layer_id, 0, 0, 0"
        " FROM ledger_segment AS g JOIN ledger_poolstate AS s USING (customer_id, pool_id)"
        " WHERE g.line = 1 AND g.layout_no = s.layout_no"
    )

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(lay_it_on_the_general_line)
        with pytest.raises(IntegrityError, match="not that of the scope"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_a_cap_that_is_a_share_of_all_counts_what_scopes_gave(rated):
    sign_books()
    holder, pool, term = contract_pool(customer(), commitment=1_000, price_minor=10_000)
    meter = units.create_meter(code="other", name="Other")
    price = Price(
        item="other", kind="per_unit", meter=meter, property="", match={}, unit=pool.unit, credits=1
    )
    tariffs.publish(name="std", version="1", prices=[price], effective_from=START, at=START)
    tariffs.assign(holder, name="std", starts_at=START, source="test")
    settings = {"overage_base": "TOTAL_AVAILABLE", "overage_pct": 20}
    policies.change("books", settings, effective_at=START, recorded_at=START, by="Fiona")
    grant(pool, 500, source="promo", kind="promo", meters=[rated], term=term, end=END)

    # A fifth of 1,000 paid and 500 promotional credits are 300.
    report(usage("scoped", 500), when=NOW)
    report(usage("general", 1_000, meter="other"), usage("over", 300, meter="other"), when=NOW)
    said = send("more", 1, when=NOW, meter="other")

    assert [lines(key) for key in ("scoped", "general", "over")] == [
        (1, 0, 500), (0, 0, 1_000), (0, 1_000, 300),
    ]  # fmt: skip
    assert (said.status, said.code) == ("refused", "overage_cap")
    told = {breach.check for breach in breaches(NOW)}
    assert told <= {"deferred_revenue_is_the_value_of_blocks"}  # nothing was sold here
