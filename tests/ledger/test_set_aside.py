"""One list of everything that did not simply become usage, and what became of everything received."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import backfills, columns, exceptions, intake_counts, intake_days, set_aside
from ledger.models import UsageException
from ledger.set_aside import Asked, Kind
from tests.cast import at, contract_pool, customer, grant, open_pool, report, usage

pytestmark = pytest.mark.django_db

MONDAY = at("2026-06-15 09:00")
SUNDAY = at("2026-06-14 12:00")
EARLIER = at("2026-06-01 12:00")


@pytest.fixture(autouse=True)
def acme():
    pool = open_pool(customer())
    grant(pool, 100, source="b")
    return pool


def something_of_everything(when=SUNDAY) -> None:
    """A message of every kind, in one delivery."""
    report(
        usage("fine", 10, time=when),
        usage("fine", 10, time=when),
        usage("fine", 11, time=when),
        usage("much", 5_000, time=when),
        usage("late", 1, time=at("2026-03-01")),
        usage("whose", 1, customer="nobody", time=when),
        usage("what", 1, meter="unheard", time=when),
        usage("ahead", 1, time=at("2027-01-01")),
        when=when,
    )


def keys(asked: Asked = Asked()) -> list[str]:  # noqa: B008 - it is frozen
    return [row.key for row in set_aside.page(asked, at=MONDAY).rows]


def test_everything_stands_in_the_list_the_newest_first_and_usage_does_not():
    something_of_everything()

    rows = set_aside.page(Asked(), at=MONDAY).rows

    assert [(row.key, row.kind, row.code) for row in rows] == [
        ("ahead", Kind.HELD, "in_the_future"),
        ("what", Kind.UNMATCHED, "unknown_meter"),
        ("whose", Kind.UNMATCHED, "unknown_customer"),
        ("late", Kind.LATE, "too_late"),
        ("much", Kind.REFUSED, "insufficient_credits"),
        ("fine", Kind.CONFLICT, "conflict"),
    ]
    much = rows[4]
    assert (much.customer, much.meter, much.quantity, much.exception) == (
        "acme", "credits", "5000", None,
    )  # fmt: skip
    assert much.uid
    assert rows[1].exception == UsageException.objects.get(key="what").pk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(kind=Kind.LATE), ["late"]),
        (Asked(kind=Kind.UNMATCHED), ["what", "whose"]),
        (Asked(kind=Kind.OTHER), []),
        (Asked(kind=Kind.CONFLICT), ["fine"]),
        (Asked(kind=Kind.HELD), ["ahead"]),
        (Asked(kind=Kind.REFUSED), ["much"]),
        (Asked(meter="unheard"), ["what"]),
        (Asked(customer="nobody"), ["whose"]),
        (Asked(customer="acme", meter="credits"), ["ahead", "late", "much", "fine"]),
        (Asked(since=date(2026, 6, 15)), []),
        (Asked(until=date(2026, 6, 13)), []),
        (Asked(since=date(2026, 6, 14), until=date(2026, 6, 14), kind=Kind.HELD), ["ahead"]),
    ],
)
def test_it_is_narrowed_by_kind_meter_customer_and_day(asked, found):
    something_of_everything()

    assert keys(asked) == found


def test_counts_are_per_kind_and_follow_what_is_asked_for():
    something_of_everything()

    counts = set_aside.counts(Asked(kind=Kind.LATE), at=MONDAY, most=1_000)

    assert {kind.value: number for kind, number in counts.items()} == {
        "late": 1, "unmatched": 2, "other": 0, "conflict": 1, "held": 1, "refused": 1,
    }  # fmt: skip
    alone = set_aside.counts(Asked(meter="unheard"), at=MONDAY, most=1_000)
    assert {kind for kind, number in alone.items() if number} == {Kind.UNMATCHED}


def test_refused_ones_are_those_of_the_last_days_unless_days_are_asked_for():
    report(usage("old", 5_000), when=EARLIER)

    assert keys() == []
    assert keys(Asked(since=date(2026, 6, 1))) == ["old"]


def test_pages_follow_each_other_through_both_tables_without_a_gap():
    for n in range(5):
        report(usage(f"r{n}", 5_000), usage(f"u{n}", 1, meter="unheard"), when=SUNDAY)
    seen: list[str] = []
    before = None

    while True:
        page = set_aside.page(Asked(), at=MONDAY, before=before, limit=3)
        seen += [row.key for row in page.rows]
        before = page.next
        if before is None:
            break

    assert seen == [f"{kind}{n}" for n in (4, 3, 2, 1, 0) for kind in "ur"]


def test_the_list_takes_as_many_queries_for_many_rows_as_for_few():
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            set_aside.page(Asked(), at=MONDAY)
            set_aside.counts(Asked(), at=MONDAY, most=10)
        return len(queries)

    something_of_everything()
    few = asked()
    for n in range(30):
        report(usage(f"u{n}", 1, meter="unheard"), usage(f"r{n}", 5_000), when=SUNDAY)

    assert asked() == few == 2


def test_what_somebody_ended_is_gone_from_the_list():
    something_of_everything()
    rows = list(set_aside.to_end(Asked(kind=Kind.UNMATCHED), at=MONDAY))

    assert exceptions.write_off_all(rows, by="Fiona", reason="test", at=MONDAY) == 2
    assert exceptions.write_off_all(rows, by="Fiona", reason="test", at=MONDAY) == 0
    assert keys(Asked(kind=Kind.UNMATCHED)) == []
    assert not set_aside.chosen([row.pk for row in rows]).exists()


def parts(day: intake_days.Day) -> dict[str, dict[str, int]]:
    """By meter what became of a day's messages, without zeros."""
    return {
        each.meter: {status: number for status, number in each.parts.items() if number}
        for each in day.meters
    }


def test_everything_received_adds_up_per_day_and_meter():
    report(usage("before", 1, time=EARLIER), when=EARLIER)
    something_of_everything()

    sunday, earlier = intake_days.of(EARLIER.date(), SUNDAY.date())

    assert (sunday.day, sunday.received, sunday.missing) == (SUNDAY.date(), 8, 0)
    assert parts(sunday) == {
        "": {"exception": 1},
        "credits": {
            "applied": 1, "duplicate": 1, "conflict": 1, "refused": 1, "held": 1, "exception": 2,
        },
    }  # fmt: skip
    assert (earlier.received, parts(earlier)) == (1, {"credits": {"applied": 1}})


def test_what_is_let_in_is_received_again_and_still_adds_up():
    something_of_everything()
    contract_pool(customer("nobody"), commitment=10, price_minor=10, code="c2")
    late = list(set_aside.to_end(Asked(kind=Kind.LATE), at=MONDAY))
    exceptions.apply(late, by="Fiona", reason="test", at=MONDAY)

    monday, sunday = intake_days.of(SUNDAY.date(), MONDAY.date())

    assert (monday.missing, sunday.missing) == (0, 0)
    assert monday.received == 1
    assert sunday.received == 8
    assert sum(each.ended for each in sunday.meters) == 1


def test_what_is_still_ahead_stays_while_others_of_the_same_act_are_let_in():
    something_of_everything()
    waiting = list(exceptions.waiting().filter(key__in=("ahead", "late")))
    assert len(waiting) == 2

    done = exceptions.apply(waiting, by="Fiona", reason="checked", at=MONDAY)

    assert (done.statuses, done.still) == ({"applied": 1}, {"in_the_future": 1})
    assert [row.key for row in exceptions.waiting().filter(key__in=("ahead", "late"))] == ["ahead"]
    [row] = intake_days.of(MONDAY.date(), MONDAY.date())
    assert (row.received, row.missing) == (1, 0)


def test_a_backfill_adds_up_on_the_day_of_its_close():
    backfill = backfills.open_for("b", by="Fiona", at=EARLIER)
    backfills.stage(
        backfill,
        columns.of(
            [usage("a", 1, time=at("2026-02-01")), usage("b", 1, time=SUNDAY),
             usage("c", 1, meter="unheard", time=SUNDAY)]
        ),
    )  # fmt: skip
    assert intake_days.of(EARLIER.date(), MONDAY.date()) == []

    backfills.close(backfill, by="Fiona", reason="test", at=MONDAY)
    backfills.work(backfill, now=lambda: MONDAY)

    (monday,) = intake_days.of(EARLIER.date(), MONDAY.date())
    assert (monday.received, monday.missing) == (4, 0)
    assert intake_counts.of()["received"] == 3


def test_a_delivery_that_says_more_than_is_there_is_seen():
    from ledger.models import EventBatch

    something_of_everything()
    EventBatch.objects.create(received_at=SUNDAY, origin="lost", received=2)

    (sunday,) = intake_days.of(SUNDAY.date(), SUNDAY.date())

    assert sunday.missing == 2


def test_the_table_is_one_query():
    something_of_everything()

    with CaptureQueriesContext(connection) as queries:
        intake_days.of(EARLIER.date(), MONDAY.date())

    assert len(queries) == 1
