"""The two ways of drawing: whatever a batch holds, they lead to the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection, connections, transaction

from creditops.lib import calendar, policies
from ledger import fast_lane, holds, plain_usage
from ledger.fast_lane import Placed
from ledger.line import GENERAL
from ledger.models import UsageEvent
from tests.cast import (
    START,
    contract_pool,
    customer,
    grant,
    open_pool,
    report,
    sign_books,
    usage,
)
from tests.ledger.histories import History, Plenty, Scoped, Seated

NOW = START + timedelta(days=1)
pytestmark = pytest.mark.django_db(databases=["default", "owner"])

# Histories that place something by the column: others may not, one event beside its line holds up a pool.
QUICK = (0, 5, 6)
QUICK_SCOPED = (0, 2, 10)
QUICK_SEATED = (10, 18, 20)
MANY_HISTORIES, STEPS = 30, 25

# Every table that a batch writes. Users go by their names, and rows whose numbers nobody refers to go
# without them: the two ways write them in another order.
ROWS = {
    "usageevent": "SELECT t.*, u.name FROM ledger_usageevent t"
    " LEFT JOIN ledger_username u ON (u.customer_id, u.id) = (t.customer_id, t.user_id)",
    "usagepart": "SELECT * FROM ledger_usagepart",
    "usageexception": "SELECT * FROM ledger_usageexception",
    "duplicatecount": "SELECT * FROM ledger_duplicatecount",
    "drain": "SELECT * FROM ledger_drain",
    "layout": "SELECT * FROM ledger_layout",
    "scopeline": "SELECT * FROM ledger_scopeline",
    "segment": "SELECT * FROM ledger_segment",
    "move": "SELECT * FROM ledger_move",
    "poolstate": "SELECT * FROM ledger_poolstate",
    "blockstate": "SELECT * FROM ledger_blockstate",
    "termuse": "SELECT * FROM ledger_termuse",
    "seatuse": "SELECT t.*, u.name FROM ledger_seatuse t"
    " JOIN ledger_username u ON (u.customer_id, u.id) = (t.customer_id, t.user_id)",
    "accumulator": "SELECT * FROM ledger_accumulator",
    "thresholdcrossing": "SELECT * FROM ledger_thresholdcrossing",
    "eventbatch": "SELECT * FROM ledger_eventbatch",
}
UNNUMBERED = {
    "usageevent": ("user_id",),
    "seatuse": ("user_id", "id"),
    "eventbatch": (),
    "poolstate": (),
    "blockstate": (),
}


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each batch placed by the column."""
    return counting(monkeypatch, lambda found: len(found.plain))


@pytest.fixture
def placed_on_scopes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each batch placed by the column on lines of scopes."""
    return counting(monkeypatch, lambda found: int((found.number != GENERAL).sum()))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each batch refused by the column for their seat."""
    return counting(monkeypatch, lambda found: len(found.short))


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each batch refused by the column."""
    return counting(monkeypatch, lambda found: len(found.refused))


def counting(monkeypatch: pytest.MonkeyPatch, count: Callable[[Placed], int]) -> list[int]:
    """What is counted of each batch's events that were placed by the column."""
    usual, numbers = fast_lane.place, []

    def place(*args: object) -> Placed:
        found = usual(*args)
        numbers.append(count(found))
        return found

    monkeypatch.setattr(fast_lane, "place", place)
    return numbers


def books() -> dict[str, list[str]]:
    """All rows as text, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for table, query in ROWS.items():
            left_out = list(UNNUMBERED.get(table, ("id",)))
            cursor.execute(
                f"SELECT (to_jsonb(r) - %s::text[])::text AS row FROM ({query}) AS r ORDER BY row",
                [left_out],
            )
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def both(play: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, list[str]]]:
    """The books after a play, with columns and without; nothing of it remains."""
    numbers = sequences()
    found = []
    usual = plain_usage.find
    for unless in (False, True):
        monkeypatch.setattr(
            plain_usage,
            "find",
            lambda batch, known, at, waiting, *, unless, never=unless: usual(
                batch, known, at, waiting, unless=unless or never
            ),
        )
        set_sequences(numbers)
        with transaction.atomic():
            play()
            found.append(books())
            transaction.set_rollback(True)
    monkeypatch.setattr(plain_usage, "find", usual)
    return found


def sequences() -> list[tuple[str, int]]:
    """Where every sequence stands."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || sequencename, coalesce(last_value, 1) FROM pg_sequences"
        )
        return cursor.fetchall()


def set_sequences(numbers: list[tuple[str, int]]) -> None:
    """Let numbers be given out again from there on: rows of before were rolled back."""
    with connections["owner"].cursor() as cursor:
        for name, last in numbers:
            cursor.execute("SELECT setval(%s, %s)", [name, last])


def histories(quick: tuple[int, ...]) -> pytest.MarkDecorator:
    """Histories by their numbers; the quick ones are known to place or refuse something by the column."""
    slow = [n for n in range(MANY_HISTORIES) if n not in quick]
    return pytest.mark.parametrize(
        "number", [*quick, *(pytest.param(n, marks=pytest.mark.slow) for n in slow)]
    )


def compare(kind: type[History], number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play a history both ways; every table holds the same rows."""

    def play() -> None:
        chosen = Random(number)
        history = kind(chosen)
        for _ in range(STEPS):
            history.act(chosen)

    by_column, one_by_one = both(play, monkeypatch)

    for table, rows in by_column.items():
        assert rows == one_by_one[table], table


@histories(QUICK)
def test_random_histories_lead_to_the_same_rows_both_ways(number, monkeypatch, placed):
    compare(Plenty, number, monkeypatch)

    assert sum(placed) > 0 or number not in QUICK


@histories(QUICK_SCOPED)
def test_histories_of_credits_for_some_meters_lead_to_the_same_rows_both_ways(
    number, monkeypatch, placed_on_scopes
):
    compare(Scoped, number, monkeypatch)

    assert sum(placed_on_scopes) > 0 or number not in QUICK_SCOPED


@histories(QUICK_SEATED)
def test_histories_of_seats_lead_to_the_same_rows_both_ways(number, monkeypatch, short):
    compare(Seated, number, monkeypatch)

    assert sum(short) > 0 or number not in QUICK_SEATED


def test_a_large_batch_of_plain_usage_is_placed_at_once(monkeypatch, placed):
    def play() -> None:
        buyer = customer()
        _, pool, term = contract_pool(buyer, commitment=1_000_000, price_minor=10_000)
        grant(pool, 500, source="promo", kind="promo", end=term.ends_at, term=term)
        now = START + timedelta(days=40)
        report(usage("first", 1), when=now)
        report(*batch(now), when=now)

    by_column, one_by_one = both(play, monkeypatch)

    assert placed == [1, 300, 0, 0]
    assert by_column == one_by_one
    assert len(by_column["usageevent"]) == 301


def batch(now) -> list:
    """300 events of two months in no order, some of nothing, some of the same instant."""
    draw = Random(3)
    return [
        usage(
            f"e{n}",
            draw.choice([0, 1, 7, 300]),
            time=draw.choice([now, now - timedelta(seconds=draw.randint(0, 2_000_000)), None]),
            user=draw.choice([None, "ada", "bob"]),
        )
        for n in range(300)
    ]


@pytest.mark.parametrize(
    "keys", [["ab", "é"], ["é", "ab", "ß¢"], ["a", "bc"], ["汉字", "ab", "abcdef"]]
)
def test_keys_of_any_script_and_length_are_stored_as_they_came(keys, placed):
    sign_books()
    grant(open_pool(customer()), 100, source="b1")

    report(*(usage(key, 1, user=key) for key in keys), when=NOW)
    again = report(*(usage(key, 1, user=key) for key in keys), when=NOW)

    stored = UsageEvent.objects.order_by("id").values_list("key", "user__name")
    assert list(stored) == [(key, key) for key in keys]
    assert {outcome.status for outcome in again.outcomes} == {"duplicate"}
    assert sum(placed) == len(keys)


def test_what_an_empty_pool_refuses_leads_to_the_same_rows_both_ways(monkeypatch, refused):
    sign_books()
    grant(open_pool(customer()), 10, source="b1")
    other = open_pool(customer("otto"))
    grant(other, 12, source="b2")
    holds.place(
        usage("h", 5, customer="otto"), code="h", lasts=timedelta(hours=1), by="Ada", at=NOW
    )

    def play() -> None:
        report(usage("a", 10, user="ann"), when=NOW)
        told = report(
            *(usage(f"b{n}", 1 + n, user="ben") for n in range(5)),
            usage("c1", 8, customer="otto"),
            usage("c2", 9, customer="otto"),
            usage("free", 0, customer="otto"),
            when=NOW + timedelta(minutes=1),
        )
        assert {(o.status, o.code) for o in told.outcomes[:7]} == {
            ("refused", "insufficient_credits")
        }
        assert [o.credits for o in told.outcomes] == [1, 2, 3, 4, 5, 8, 9, 0]
        late = NOW - timedelta(hours=1)
        report(usage("d", 1, time=late), usage("e", 1), when=NOW + timedelta(minutes=2))

    by_column, one_by_one = both(play, monkeypatch)

    assert by_column == one_by_one
    assert sum(refused) == 5


def test_what_seats_have_too_little_for_is_refused_by_the_column(monkeypatch, placed, short):
    """Of 20 a month in New York Ann has 12 left beside what was used and what is held. Late use passes, and
    leaves Ben nothing; Cara spends hers to the last credit. January had no seats yet, and who names
    nobody has none."""
    zone, now = "America/New_York", START + timedelta(days=31, hours=6)
    sign_books()
    pool = open_pool(customer(time_zone=zone))
    grant(pool, 10_000, source="b1")
    policies.change(
        "customer:acme", {"seat_allowance": 20}, effective_at=START, recorded_at=START, by="Fiona"
    )
    midnight = calendar.local_midnight(date(2026, 2, 1), zone)

    def play() -> None:
        report(usage("begin", 3, user="ann", time=midnight), when=now)
        lasts = timedelta(hours=1)
        holds.place(usage("h", 5, user="ann"), code="h", lasts=lasts, by="Ada", at=now)
        told = report(
            usage("a1", 13, user="ann", time=now + timedelta(seconds=2)),
            usage("a2", 12, user="ann", time=now + timedelta(seconds=1)),
            usage("a3", 1, user="ann", time=now + timedelta(seconds=3)),
            usage("late", 25, user="ben", time=midnight),
            usage("b1", 1, user="ben"),
            usage("free", 0, user="ben"),
            usage("c1", 19, user="cara"),
            usage("c2", 1, user="cara"),
            usage("january", 25, user="cara", time=midnight - timedelta(seconds=1)),
            usage("nobody", 500),
            when=now,
        )
        assert [(o.key, o.code) for o in told.outcomes if o.status == "refused"] == [
            ("a1", "seat_limit"),
            ("a3", "seat_limit"),
            ("b1", "seat_limit"),
        ]

    by_column, one_by_one = both(play, monkeypatch)

    assert by_column == one_by_one
    assert (sum(placed), sum(short)) == (7, 3)
