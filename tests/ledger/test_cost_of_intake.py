"""What taking in usage costs, in things that can be counted: statements, rows, bytes of log, plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

import psycopg
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from bench import market
from bench.references import References
from creditops.lib import binary, policies, sql
from ledger import locked_pools, metering, units
from ledger.api import bodies
from ledger.api.bodies import NativeEvent, Sender
from ledger.messages import Receipt
from tests.cast import START, at, customer, grant, open_pool, report, usage

NOW = START + timedelta(days=40)
MANY = 40_000


def statements(batch: Sequence, sent_beside: list[str]) -> int:
    """How many statements a batch takes."""
    sent_beside.clear()
    with CaptureQueriesContext(connection) as captured:
        receipt = report(*batch, when=NOW)
    assert receipt.counts()["applied"] == len(batch)
    return len(captured) + len(sent_beside)


def plain(name: str, events: int, customers: int) -> list:
    """Plain usage of so many customers."""
    return [usage(f"{name}{n}", 1, customer=f"c{n % customers}", user="u") for n in range(events)]


@pytest.mark.django_db
def test_a_batch_takes_as_many_statements_however_large_it_is(sent_beside):
    for n in range(20):
        grant(open_pool(customer(f"c{n}")), 1_000_000, source="b")
    statements(plain("first", 20, 20), sent_beside)

    few = statements(plain("few", 2, 2), sent_beside)
    many = statements(plain("many", 500, 20), sent_beside)

    assert many == few


@pytest.mark.django_db
def test_a_batch_that_is_looked_at_one_by_one_takes_as_many_for_two_pools_as_for_twenty(
    sent_beside,
):
    other = units.create_meter(code="other", name="Other")
    for n in range(20):
        pool = open_pool(customer(f"c{n}"))
        meter = units.find_meter(units.rated_meter(units.CREDITS))
        grant(pool, 1_000_000, source="b")
        grant(pool, 1_000_000, source="s", kind="promo", meters=[meter.id])
        grant(pool, 1_000_000, source="t", kind="promo", meters=[meter.id, other.id])
    statements(plain("first", 20, 20), sent_beside)

    few = statements(plain("few", 4, 2), sent_beside)
    many = statements(plain("many", 200, 20), sent_beside)

    assert many == few


@pytest.mark.django_db
def test_plain_usage_writes_hardly_more_rows_than_events():
    for n in range(20):
        grant(open_pool(customer(f"c{n}")), 1_000_000, source="b")
    report(*plain("first", 20, 20), when=NOW)
    before = written()

    report(*plain("many", 1_000, 20), when=NOW)

    # The events, a drain for each pool, the batch; a counter for each pool.
    assert written() - before == 1_000 + 20 + 1 + 20


def written() -> int:
    """Rows inserted, changed or deleted in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables"
        )
        return cursor.fetchone()[0]


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_neither_probe_nor_counters_read_a_whole_table_and_history_costs_nothing():
    sold = market.open_market(10)
    events = market.usage(sold)
    take_in(list(islice(events, 2_000)))
    fill(MANY)
    pages = [probed_pages(list(islice(events, 200)))]
    assert "Seq Scan on ledger_usageevent" not in explained("known_keys", 200)
    for statement in ("lock_pools", "advance_lines"):
        assert "Seq Scan on ledger_poolstate" not in explained(statement, 1)
    fill(3 * MANY)

    pages.append(probed_pages(list(islice(events, 200))))

    assert pages[1] <= 1.3 * pages[0]


def take_in(batch: list[NativeEvent]) -> Receipt:
    """Take in a batch of the market's usage."""
    when = max(event.time or "" for event in batch).removesuffix("Z").replace("T", " ")
    return metering.accept(bodies.read(batch, Sender(source="bench")), at=at(when), origin="test")


def fill(number: int) -> None:
    """Give the first customer so many events more; nobody draws them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_usageevent SELECT customer_id, source_id, gen_random_uuid(),"
            " 1000000 + g, event_time, recorded_at, meter_id, member_id, holder_id, pool_id,"
            " tariff_id, user_id, quantity, data, credits, 'o', code, NULL, NULL FROM"
            " (SELECT * FROM ledger_usageevent LIMIT 1) AS e, generate_series(1, %s) AS g",
            [number],
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE ledger_usageevent, ledger_poolstate")


def parameters(keys: Sequence[str]) -> dict[str, object]:
    """Of every statement, with what the database holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, pool_id, consumed FROM ledger_poolstate LIMIT 200")
        customers, pools, consumed = zip(*cursor.fetchall(), strict=True)
    number = len(keys)
    return {
        "customers": binary.bigints(customers[:number]),
        "sources": binary.bigints([1] * number),
        "keys": binary.texts([key.encode() for key in keys]),
        "codes": binary.texts([b"c"] * number),
        "names": binary.texts([b"u1"] * number),
        "pools": binary.bigints(pools[:number]),
        "consumed": binary.bigints(consumed[:number]),
        "used": binary.bigints(consumed[:number]),
        "scoped": binary.bigints([0] * number),
        "current_from": binary.bigints([0] * number),
        "enforcements": list(locked_pools.ENFORCEMENTS),
        "none": binary.NOTHING,
    }


def explained(name: str, number: int) -> str:
    """The plan of a statement for so many rows."""
    asked = parameters([f"{n:032x}" for n in range(number)])
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("EXPLAIN " + sql.statement("ledger", name), asked)
        return "\n".join(line for (line,) in cursor.fetchall())


def probed_pages(batch: list[NativeEvent]) -> int:
    """How many pages the probe for these events looks at."""
    asked = parameters([event.id for event in batch])
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.statement("ledger", "known_keys"),
            asked,
        )
        ((plan,),) = cursor.fetchall()
    found = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return found["Shared Hit Blocks"] + found["Shared Read Blocks"]


# Bytes of log per event beside those of a plain INSERT of the same rows: the events once more, the
# counters of their pools, the runs.
LOG_TIMES = 2.0


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_a_plain_batch_writes_hardly_more_log_than_an_insert_of_its_rows():
    for n in range(20):
        grant(open_pool(customer(f"c{n}")), 1_000_000, source="b")
    references = References()
    logged = []
    for name in ("first", "second"):
        batch = plain(name, 2_000, 20)
        before = log_position()
        receipt = report(*batch, when=NOW)
        between = log_position()
        rows = references.rows(receipt.batch_id)
        assert rows.number == 2_000
        reading = log_position()
        references.insert(rows)
        logged.append((between - before, log_position() - reading))

    ours, theirs = logged[1]
    assert ours <= LOG_TIMES * theirs


def log_position() -> int:
    """Bytes that the server has written to its log, ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
        return cursor.fetchone()[0]


def seats_for(customers: int) -> None:
    """An allowance for every user of these customers, counted from a first use on."""
    for n in range(customers):
        grant(open_pool(customer(f"c{n}")), 1_000_000, source="b")
        policies.change(
            f"customer:c{n}", {"seat_allowance": 1_000}, effective_at=START, recorded_at=START,
            by="Fiona",
        )  # fmt: skip
    report(*plain("first", customers, customers), when=NOW)


@pytest.mark.django_db
def test_a_batch_with_seats_takes_as_many_statements_however_large_it_is(sent_beside):
    seats_for(20)

    few = statements(plain("few", 2, 2), sent_beside)
    many = statements(plain("many", 500, 20), sent_beside)

    assert many == few


@pytest.mark.django_db
def test_a_seat_is_one_row_more_for_each_of_its_batches():
    seats_for(20)
    before = written()

    report(*plain("many", 1_000, 20), when=NOW)

    # The events, a drain for each pool, the batch; a counter for each pool and each seat.
    assert written() - before == 1_000 + 20 + 1 + 20 + 20
