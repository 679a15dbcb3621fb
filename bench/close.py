"""Answers what a close costs, and every report: beside one aggregate query over the same rows.

A month of 20 customers with a million rows of drawdown, each a delivery of one event, none of it posted. Each
has a contract that pays two reps commission.
The close posts them all, goes through its checklist and keeps its checksum. Then every report is made, and
held against the sum of the rows that it is made of: drawdown, and events where meters are asked for. None
may take more than ten times that; one that does is told to be beyond 10.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection

from bench import growth, history, timing
from bench.timing import Times
from contracts import commission_plans, commissions
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from contracts.models import Contract
from creditops.close import month_end
from creditops.database import scratch_process
from creditops.lib import policies
from creditops.reports import catalogue
from creditops.reports.frame import Asked, Kind
from ledger import signing
from ledger.models import Holder, JournalEntry

EVENTS = 1_000_000
ROUNDS = 3
_MOST = 10
MONTH, LAST = date(2026, 1, 1), date(2026, 1, 31)
NOW = datetime(2026, 2, 2, tzinfo=UTC)
_SECONDS_OF_MONTH = 30 * 24 * 3600
_CREDITS = 100_000_000
_DRAINS = (
    "SELECT posting_date, count(*), sum(pos_end - pos) FROM ledger_drain"
    " WHERE posting_date <= %s GROUP BY posting_date"
)
_EVENTS = "SELECT meter_id, count(*), sum(credits) FROM ledger_usageevent WHERE credits > 0 GROUP BY meter_id"
_MADE_OF_EVENTS = "product"


def measure(events: int = EVENTS) -> list[Times]:
    """Seconds of a close and of every report, and how many times an aggregate query that is."""
    return scratch_process.run(_measure, events)


def _measure(events: int) -> list[Times]:
    step = max(1, _SECONDS_OF_MONTH * growth.CUSTOMERS // events)
    growth.make(events, each=1, step=f"{step} seconds", credits=_CREDITS)
    _sell()
    _sign()
    rows = timing.seconds_of(lambda: _sum(_DRAINS, [LAST]), ROUNDS)
    closing = timing.seconds_of(
        lambda: month_end.close(MONTH, by="bench", at=NOW, let_pass={month_end.ALL: "bench"})
    )
    if not JournalEntry.objects.filter(recipe="JE-05").exists():
        raise RuntimeError("the close posted nothing")
    print(f"  close: {closing:.2f} s", file=sys.stderr)
    told = f"Close of a month with {events:,} drawdown rows"
    found = [Times(told, closing, rows, "one aggregate over them")]
    used = timing.seconds_of(lambda: _sum(_EVENTS, []), ROUNDS)
    for kinds in catalogue.SECTIONS.values():
        for kind in kinds:
            found += [_report(kind, by, rows, used) for by in kind.groups or [""]]
    return found


def _report(kind: Kind, by: str, rows: float, used: float) -> Times:
    asked = Asked(MONTH, LAST, NOW, by, remembered=True)
    taken = timing.seconds_of(lambda: kind.make(asked), ROUNDS)
    name = f"Report {kind.title.lower()}{', ' + kind.groups[by] if by else ''}"
    print(f"  close: {name}, {taken:.2f} s", file=sys.stderr)
    if by == _MADE_OF_EVENTS:
        return Times(name, taken, used, "one aggregate over the events", _MOST)
    return Times(name, taken, rows, "one aggregate over the drawdown", _MOST)


def _sum(statement: str, parameters: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.fetchall()


def _sell() -> None:
    """Every customer's credits were sold by contract, and two reps were paid for it."""
    half = Decimal(50)
    version = commission_plans.publish(
        "plan",
        Wanted(Decimal(10), Decimal(70), cost="STRAIGHT_LINE", months=24,
               split=[Share("ann", half), Share("bob", half)]),
        by="bench", at=history.START,
    )  # fmt: skip
    for holder in Holder.objects.select_related("customer"):
        contract = Contract.objects.create(
            customer=holder.customer, code=holder.code, holder=holder, signed_at=history.START,
            signed_by="bench", starts_on=MONTH, term_months=12, time_zone="UTC", currency="USD",
            commitment=_CREDITS, price_minor=_CREDITS, due_on=MONTH, payment_terms_days=30,
        )  # fmt: skip
        commission_plans.agree(contract, version, by="bench", at=history.START)
        commissions.close(contract, holder.terms.get(), price_minor=_CREDITS, at=history.START)


def _sign() -> None:
    signed = {"names": ["Fiona", "Augusta"], "date": "2026-01-01", "document": "bench"}
    policies.change(
        policies.BOOKS, {signing.SETTING: signed}, effective_at=NOW, recorded_at=NOW, by="bench",
        approved_by="bench",
    )  # fmt: skip
