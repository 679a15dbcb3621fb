"""Answers what a study of a rate card costs on a million events, beside the one aggregate query that every
report needs: credits per customer.

A study reads the events once, in groups; scenarios then price the groups in memory. It studies the card as
it stands, so that every line has to say the same before and after: what is fast and wrong is not measured.
Also with three scenarios at once, which read the events no more often than one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.db import connection, connections, transaction

from bench import market, timing, turns
from bench.recount import Differs
from bench.timing import Ratio
from contracts import studies
from contracts.rate_items import Item
from contracts.studies import Scenario
from creditops.database import scratch_process

EVENTS = 1_000_000
# Taken in as usage; the rest are copies of them.
TAKEN_IN, SIZE, COPIES = 20_000, 5_000, 67
CARD = 0
# Numbers of copies lie so far apart.
_APART = 10**13
_COPIES = (Path(__file__).parent / "sql" / "studies.sql").read_text()
_AGGREGATE = (
    "SELECT customer_id, sum(credits) FROM ledger_usageevent"
    " WHERE event_time >= %s AND event_time < %s AND status = 'a' GROUP BY customer_id"
)


def measure(events: int = EVENTS) -> list[Ratio]:
    """Events studied in a second, beside one aggregate of the same."""
    return scratch_process.run(_measure, events)


def _measure(events: int) -> list[Ratio]:
    sold = market.open_market(COPIES)
    _make(sold, events)
    at = market.START + timedelta(days=60)
    same = Scenario("the card as it stands", _items())
    three = [same, Scenario("nobody locked", _items(), keeps_locks=False), Scenario("no card")]

    def study(scenarios: list[Scenario]) -> None:
        found = studies.run(f"card{CARD}", scenarios, first=market.START, last=at, at=at)
        if any(line.credits != line.credits_after for each in found for line in each.lines):
            raise Differs("a study of the card as it stands says that it changes something")

    def aggregate(turn: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_AGGREGATE, [market.START, at])
            cursor.fetchall()

    return [
        Ratio(
            f"Study of {events:,} events, {told}", "events",
            *timing.in_turns(lambda _, s=scenarios: study(s), aggregate, events),  # type: ignore[misc]
            "one aggregate query",
        )
        for told, scenarios in (("one scenario", [same]), ("three scenarios", three))
    ]  # fmt: skip


def _items() -> list[Item]:
    """The studied card, as the market published it."""
    meters = [f"m{n}" for n in range(market.METERS)] + [f"d{n}" for n in range(market.DATA_METERS)]
    return [
        Item(meter, market.rate(CARD, meter), meter=meter, unit=market.unit(meter))
        for meter in meters
    ]


def _make(sold: market.Market, events: int) -> None:
    """Take in some usage, and copy it until there are so many events."""
    some = min(TAKEN_IN, events)
    usage = market.usage(sold)
    for _ in range(max(1, some // SIZE)):
        turns.take_in(list(islice(usage, min(SIZE, some))))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_usageevent")
        [(there,)] = cursor.fetchall()
        cursor.execute(_COPIES, {"times": max(0, events // there - 1), "apart": _APART})
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
