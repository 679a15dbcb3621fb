"""Backfills: usage of the past waits unseen until it is closed, and is reversed as one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from creditops import schedule, verification
from creditops.lib import due
from creditops.lib.models import DueRow
from creditops.lib.refusals import NotFound, Refusal
from ledger import (
    backfills,
    closed_terms,
    closing,
    columns,
    corrections,
    exceptions,
    intake_counts,
    totals,
)
from ledger.messages import Message
from ledger.models import (
    Backfill,
    BackfillBatch,
    BackfillRow,
    Correction,
    ExceptionEnd,
    Move,
    UsageEvent,
    UsageException,
)
from tests.cast import at, contract_pool, customer, grant, open_pool, report, sign_books, usage

pytestmark = pytest.mark.django_db

LOADED = at("2026-06-01")
CLOSED = at("2026-06-02")
REVERSED = at("2026-06-03")
OLD = at("2026-02-01 10:00")


@pytest.fixture
def pool():
    _, pool, _ = contract_pool(customer(), commitment=1_000, price_minor=1_000)
    return pool


def load(*batch: Message, name: str = "spring") -> Backfill:
    """A backfill in which these wait."""
    backfill = backfills.open_for(name, by="Fiona", at=LOADED)
    backfills.stage(backfill, columns.of(batch))
    return backfill


def closed(backfill: Backfill, when=CLOSED) -> Backfill:
    backfills.close(backfill, by="Fiona", reason="the meter was down", at=when)
    return backfills.work(backfill, now=lambda: when)


def reversed_(backfill: Backfill, when=REVERSED) -> Backfill:
    backfills.reverse(backfill, by="Carla", reason="wrong file", at=when)
    return backfills.work(backfill, now=lambda: when)


def available(pool, when=REVERSED) -> int:
    return totals.of_pool(pool, when).available


def breaches() -> list[object]:
    """What `verify` finds wrong; that these credits were never invoiced is left out."""
    uninvoiced = "deferred_revenue_is_the_value_of_blocks"
    checks = verification.verify()
    return [breach for name, found in checks for breach in found if name != uninvoiced]


def old(key: str, credits: int, days: int = 0, **fields) -> Message:
    return usage(key, credits, time=OLD + timedelta(days=days), **fields)


def test_what_waits_is_seen_by_nothing(pool):
    before = intake_counts.of()

    load(old("a", 100), old("b", 200))

    assert available(pool) == 1_000
    assert intake_counts.of() == before
    assert not UsageEvent.objects.exists()
    assert not UsageException.objects.exists()
    assert breaches() == []


def test_what_waits_claims_no_identity(pool):
    backfill = load(old("a", 100))

    report(usage("a", 5, time=LOADED), when=LOADED)
    closed(backfill)

    assert UsageEvent.objects.get().credits == 5
    assert UsageException.objects.get().kind == UsageException.Kind.CONFLICT


def test_a_close_takes_all_of_it_in_by_its_own_times_and_lets_in_what_is_too_late(pool):
    backfill = closed(load(old("late", 100), usage("new", 30, time=at("2026-05-31"))))

    assert backfill.state == Backfill.State.CLOSED
    assert available(pool) == 870
    late, new = UsageEvent.objects.order_by("event_time")
    assert (late.key, late.event_time, late.recorded_at) == ("late", OLD, CLOSED)
    assert (new.key, new.credits) == ("new", 30)
    end = ExceptionEnd.objects.get()
    assert (end.outcome, end.ended_by) == ("applied", "Fiona")
    assert end.reason == "backfill spring: the meter was down"
    assert not BackfillRow.objects.exists()
    assert breaches() == []


def test_late_usage_of_a_contract_becomes_overage_rather_than_being_refused(pool):
    closed(load(old("a", 1_500)))

    assert available(pool) == 0
    assert totals.of_pool(pool, REVERSED).overage == 500


def test_what_cannot_be_placed_waits_as_any_exception(pool):
    closed(load(old("a", 10), old("b", 10, meter="unheard"), old("c", 10, customer="nobody")))

    assert sorted(exceptions.waiting().values_list("code", flat=True)) == [
        "unknown_customer",
        "unknown_meter",
    ]
    assert UsageEvent.objects.get().key == "a"


def test_a_message_that_waits_twice_is_a_duplicate_or_a_conflict_when_it_is_closed(pool):
    backfill = closed(load(old("a", 10), old("a", 10), old("b", 10), old("b", 11)))

    assert backfills.standing(backfill).statuses == {"applied": 2, "duplicate": 1, "conflict": 1}
    assert available(pool) == 980


def test_it_is_taken_in_piece_by_piece_in_the_order_of_its_times(pool, monkeypatch):
    monkeypatch.setattr(backfills, "TAKEN_AT_ONCE", 2)
    backfill = load(*(old(f"k{n}", 1, days=-n) for n in range(5)))
    backfills.close(backfill, by="Fiona", reason="test", at=CLOSED)

    assert backfills.step(backfill, at=CLOSED)
    assert set(UsageEvent.objects.values_list("key", flat=True)) == {"k4", "k3"}
    assert backfills.standing(backfill).waiting == 3

    backfills.work(backfill, now=lambda: CLOSED)
    assert UsageEvent.objects.count() == 5
    assert available(pool) == 995


def test_a_close_that_was_killed_is_gone_on_with_by_due_work(pool, monkeypatch):
    monkeypatch.setattr(backfills, "TAKEN_AT_ONCE", 2)
    backfill = load(*(old(f"k{n}", 1) for n in range(5)))
    backfills.close(backfill, by="Fiona", reason="test", at=CLOSED)
    backfills.step(backfill, at=CLOSED)

    schedule.run_due(CLOSED, now=CLOSED)

    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.CLOSED
    assert UsageEvent.objects.count() == 5
    assert not DueRow.objects.filter(kind=backfills.WORK, done_at__isnull=True).exists()


def test_a_closed_month_takes_it_on_the_day_of_the_close(pool):
    sign_books()
    closing.close_month(date(2026, 2, 1), by="Fiona", at=LOADED)

    closed(load(old("a", 100)))

    assert {move.posting_date for move in Move.objects.all()} == {CLOSED.date()}


def test_a_reversal_voids_every_event_of_it_and_nothing_else(pool):
    report(usage("other", 7, time=LOADED), when=LOADED)
    backfill = closed(load(old("a", 100), usage("b", 30, time=at("2026-05-31")), old("c", 900)))
    assert available(pool) == 0

    done = reversed_(backfill)

    assert done.state == Backfill.State.REVERSED
    assert available(pool) == 993
    assert totals.of_pool(pool, REVERSED).overage == 0
    voids = Correction.objects.all()
    assert {(v.void, v.credits, v.corrected_by, v.reason) for v in voids} == {
        (True, 0, "Carla", "backfill spring: wrong file")
    }
    assert voids.count() == 3
    assert UsageEvent.objects.count() == 4
    standing = backfills.standing(done)
    assert (standing.void, standing.credits) == (3, 0)
    assert breaches() == []


def test_a_reversal_goes_on_where_it_was_killed_and_voids_nothing_twice(pool, monkeypatch):
    monkeypatch.setattr(backfills, "VOIDED_AT_ONCE", 2)
    backfill = closed(load(*(old(f"k{n}", 10) for n in range(5))))
    corrections.void(UsageEvent.objects.get(key="k0"), by="Ada", reason="before", at=REVERSED)
    backfills.reverse(backfill, by="Carla", reason="wrong", at=REVERSED)

    assert backfills.step(backfill, at=REVERSED)
    assert Correction.objects.count() == 3
    schedule.run_due(REVERSED, now=REVERSED)

    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.REVERSED
    assert Correction.objects.count() == 5
    assert available(pool) == 1_000


def test_what_was_let_in_later_goes_with_it_and_what_still_waits_is_written_off(pool):
    backfill = closed(load(old("a", 10, contract="c2"), old("b", 10, meter="unheard")))
    contract_pool(customer("other"), commitment=10, price_minor=10, code="c2")
    waiting = exceptions.waiting().select_related("source")
    row = waiting.get(key="a")
    body = dict(row.body)
    assert body["contract"] == "c2"

    done = reversed_(backfill)

    assert done.state == Backfill.State.REVERSED
    assert not exceptions.waiting().exists()
    assert {end.outcome for end in ExceptionEnd.objects.all()} == {"written_off"}


def test_deliveries_are_taken_back_from_the_newest_to_the_oldest(pool, monkeypatch):
    monkeypatch.setattr(backfills, "TAKEN_AT_ONCE", 2)
    monkeypatch.setattr(backfills, "VOIDED_AT_ONCE", 3)
    backfill = closed(load(*(old(f"k{n}", 10, days=n) for n in range(5))))
    backfills.reverse(backfill, by="Carla", reason="wrong", at=REVERSED)

    void = []
    while backfills.step(backfill, at=REVERSED):
        numbers = Correction.objects.values_list("event_id", flat=True)
        void.append(sorted(UsageEvent.objects.filter(id__in=numbers).values_list("key", flat=True)))

    assert void == [["k4"], ["k2", "k3", "k4"], ["k0", "k1", "k2", "k3", "k4"]]
    assert available(pool) == 1_000


def test_a_reversal_goes_one_way_only(pool):
    backfill = closed(load(old("a", 10), old("b", 10)))
    backfills.reverse(backfill, by="Carla", reason="wrong", at=REVERSED)
    Backfill.objects.update(void_from=7)

    for change in ({"void_from": 7}, {"void_from": None}, {"void_from": 6, "name": "other"}):
        with pytest.raises(IntegrityError, match="goes from its newest"), transaction.atomic():
            Backfill.objects.update(**change)


def test_what_is_let_in_while_a_reversal_is_under_way_goes_with_it_all_the_same(pool, monkeypatch):
    monkeypatch.setattr(backfills, "TAKEN_AT_ONCE", 2)
    backfill = closed(
        load(old("a", 10), old("b", 10, days=1), old("c", 10, days=2, customer="later"))
    )
    backfills.reverse(backfill, by="Carla", reason="wrong", at=REVERSED)
    backfills.step(backfill, at=REVERSED)
    assert Correction.objects.count() == 2
    _, later, _ = contract_pool(customer("later"), commitment=50, price_minor=50, code="c2")

    exceptions.apply(list(exceptions.waiting()), by="Fiona", reason="signed now", at=REVERSED)
    assert available(later) == 40
    done = backfills.work(backfill, now=lambda: REVERSED)

    assert done.state == Backfill.State.REVERSED
    assert (available(pool), available(later)) == (1_000, 50)


def test_what_was_billed_is_restated_when_all_is_taken_back_though_two_do_it(monkeypatch):
    """A command, and the worker beside it, which does all that is left before anything is billed anew: the
    second time finds nothing to do."""
    monkeypatch.setattr(backfills, "VOIDED_AT_ONCE", 2)
    contract_pool(customer(), commitment=10, price_minor=10)
    over = at("2027-02-01")
    backfill = closed(load(*(old(f"k{n}", 10) for n in range(7))), when=over)
    restated = []
    monkeypatch.setitem(
        due._handlers, closed_terms.RESTATE, lambda *_: restated.append(Correction.objects.count())
    )
    schedule.run_due(over, now=over)

    minutes = [over + timedelta(minutes=n) for n in range(1, 4)]
    backfills.reverse(backfill, by="Carla", reason="wrong", at=minutes[0])
    backfills.step(backfill, at=minutes[1])
    schedule.run_due(minutes[2], now=minutes[2])

    assert restated == [0, 7, 7]


def test_what_was_set_aside_is_written_off_piece_by_piece(pool, monkeypatch):
    """A transaction has room for some thousand locks, and a backfill may have more that waits."""
    monkeypatch.setattr(exceptions, "AT_ONCE", 2)
    backfill = closed(load(*(old(f"k{n}", 10, meter="unheard") for n in range(5))))
    backfills.reverse(backfill, by="Carla", reason="wrong", at=REVERSED)

    ended = []
    while backfills.step(backfill, at=REVERSED):
        ended.append(ExceptionEnd.objects.count())

    assert ended == [2, 4, 5]
    assert Backfill.objects.get().state == Backfill.State.REVERSED


def test_a_close_holds_no_lock_per_message_that_came_too_late(pool):
    backfill = load(*(old(f"k{n}", 10) for n in range(50)))
    backfills.close(backfill, by="Fiona", reason="the meter was down", at=CLOSED)

    with transaction.atomic():
        backfills.step(backfill, at=CLOSED)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            [(held,)] = cursor.fetchall()

    assert UsageEvent.objects.count() == 50
    assert held < 10


def test_an_open_backfill_is_thrown_away_without_a_trace_in_the_books(pool):
    backfill = reversed_(load(old("a", 10)))

    assert backfill.state == Backfill.State.REVERSED
    assert not BackfillRow.objects.exists()
    assert not BackfillBatch.objects.exists()
    assert intake_counts.of()["received"] == 0


def test_identities_stay_taken_after_a_reversal(pool):
    reversed_(closed(load(old("a", 10))))

    assert report(old("a", 10), when=REVERSED).outcomes[0].status == "duplicate"


def test_fractions_users_and_properties_arrive_as_they_were_sent():
    pool = open_pool(customer())
    grant(pool, 1_000, source="b")
    sent = old("a", 0, user="lena", contract=None)
    sent.quantity = Decimal("2.500000000001")
    sent.data = {"model": "large", "tokens": Decimal("1.5")}
    sent.meter = "unheard"

    closed(load(sent))

    assert UsageException.objects.get().body == {
        "customer": "acme", "meter": "unheard", "time": OLD.isoformat(), "user": "lena",
        "quantity": "2.500000000001", "data": {"model": "large", "tokens": "1.5"},
    }  # fmt: skip


def test_states_only_go_forward(pool):
    backfill = closed(load(old("a", 10)))

    with pytest.raises(Refusal, match=r"Backfill spring is closed, not open\. Take another name\."):
        backfills.open_for("spring", by="Fiona", at=LOADED)
    with pytest.raises(Refusal, match="is closed, not open"):
        backfills.stage(backfill, columns.of([old("b", 1)]))
    with pytest.raises(Refusal, match="is closed, not open"):
        backfills.close(backfill, by="Fiona", reason="again", at=CLOSED)
    reversed_(backfill)
    with pytest.raises(Refusal, match="Backfill spring is reversed already"):
        backfills.reverse(backfill, by="Fiona", reason="again", at=CLOSED)
    with pytest.raises(NotFound):
        backfills.find("autumn")


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 101, "a\nb"])
def test_a_name_is_short_and_plain(name):
    with pytest.raises(Refusal, match="Name the backfill in 1 to 100 signs without a slash"):
        backfills.open_for(name, by="Fiona", at=LOADED)


def test_it_takes_a_reason_and_something_that_waits(pool):
    empty = backfills.open_for("empty", by="Fiona", at=LOADED)

    with pytest.raises(Refusal, match=r"Nothing waits in empty\. Import a file first\."):
        backfills.close(empty, by="Fiona", reason="test", at=CLOSED)
    for act in (backfills.close, backfills.reverse):
        with pytest.raises(Refusal, match="Say why"):
            act(load(old("a", 1)), by="Fiona", reason=" ", at=CLOSED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_backfill SET state = 'reversed'",
        "UPDATE ledger_backfill SET state = 'closed'",
        "UPDATE ledger_backfill SET state = 'closing'",
        "UPDATE ledger_backfill SET name = 'other'",
        "UPDATE ledger_backfill SET opened_by = 'other'",
        "UPDATE ledger_backfill SET state = 'closing', void_from = 1",
        "DELETE FROM ledger_backfill",
        "DELETE FROM ledger_backfillrow",
        "INSERT INTO ledger_backfill (name, state, opened_at, opened_by, closed_by, close_reason,"
        " reversed_by, reverse_reason) VALUES ('x', 'closed', now(), 'x', '', '', '', '')",
    ],
)
def test_the_database_keeps_the_states(pool, statement):
    load(old("a", 1))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_takes_no_rows_into_a_backfill_that_is_not_open(pool):
    backfill = closed(load(old("a", 1)))

    with pytest.raises(IntegrityError, match="backfill spring is closed"), transaction.atomic():
        BackfillRow.objects.create(
            backfill=backfill, event_time=OLD, source="s", key="k", customer="acme", meter="credits"
        )
    with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
        BackfillBatch.objects.create(
            backfill=backfill, batch_id=report(usage("z", 1), when=CLOSED).batch_id
        )
