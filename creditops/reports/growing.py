"""Answers how the business grows, month by month (S74), and whether it shows signs of failing (Z6)."""

from __future__ import annotations

from fractions import Fraction

from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from contracts import fit, growth
from contracts.growth import Signal
from creditops.lib import calendar
from creditops.pictures import bars
from creditops.reports import naming
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Column,
    Picture,
    Report,
    Shape,
    Table,
    codes,
    counts,
    moneys,
    summed,
    texts,
)
from ledger import books, chart, statements

_MONTHS = 12
_PICTURE = "Credits used by month"


def growing(asked: Asked) -> Report:
    """The twelve months up to the one asked for: use, net new credits, renewals on baseline."""
    naming.post(asked.remembered, asked.known_at)
    first = calendar.add_months(calendar.month_start(asked.last), 1 - _MONTHS)
    months = growth.by_month(first, asked.last, known_at=asked.known_at)
    earned = _earned(first, asked)
    columns = (
        *codes("Month"), *counts("Used", "Of it overage"), *moneys("Earned by use"),
        *counts("Sold", "Given", "Ended unused", "Net new", "New contracts", "Renewals", "Renewed"),
        Column("Of the term before, %", Shape.PERCENT),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [f"{m.month:%Y-%m}", m.used, m.overage, earned.get(f"{m.month:%Y-%m}", 0), m.sold, m.given, m.ended,
         m.net_new, m.new_contracts, m.renewals, m.renewed,
         Fraction(100 * m.renewed, m.committed_before) if m.committed_before else None]
        for m in months
    ]  # fmt: skip
    lines = statements.lines(first=first, last=asked.last, known_at=asked.known_at)
    ledger = -statements.balance(lines, [chart.USAGE, chart.OVERAGE])
    here = sum(earned.values())
    shown = [bars.Day(m.month, max(m.used, 0)) for m in months]
    return Report(
        books.current(asked.known_at).currency,
        [Table("", columns, rows, summed(columns, rows))],
        [Check("Earned by use and overage", here, f"{chart.USAGE} + {chart.OVERAGE}", ledger)],
        ["Use grows, customers buy more than ends unused, and renewals commit to more than the term before: "
         "that is growth. Daily free credits are left out of what is given and ended."],
        [Picture(_PICTURE, bars.columns(shown, title=_PICTURE))],
    )  # fmt: skip


def _earned(first: object, asked: Asked) -> dict[str, int]:
    lines = statements.lines(first=first, last=asked.last, known_at=asked.known_at)  # type: ignore[arg-type]
    rows = (
        lines.filter(account__code__in=(chart.USAGE, chart.OVERAGE))
        .annotate(month=TruncMonth("entry__posting_date"))
        .order_by("month")
        .values_list("month")
        .annotate(minor=Sum(F("credit_minor") - F("debit_minor")))
    )
    return {f"{month:%Y-%m}": int(minor) for month, minor in rows}


def failing(asked: Asked) -> Report:
    """Signs that credits do not fit how they are sold."""
    found = growth.signals(asked.last, known_at=asked.known_at)
    columns = (
        *codes("Sign"), *texts("Measured"), *codes("Too much would be", "Raised"),
        *texts("What it shows", "What to do"),
    )  # fmt: skip
    rows: list[list[Cell]] = [_row(signal) for signal in found]
    return Report(books.current(asked.known_at).currency, [Table("", columns, rows)],
                  notes=["Measured over the twelve months before the day of the report. Signs are no money: "
                         "no account has them."])  # fmt: skip


_RAISED = {None: "nothing to measure", True: "yes", False: "no"}


def _row(signal: Signal) -> list[Cell]:
    mode = fit.failure_mode(signal.code)
    named = signal.code.replace("_", " ").lower()
    return [
        named.capitalize(),
        signal.measured,
        signal.limit,
        _RAISED[signal.raised],
        mode.symptom,
        mode.fix,
    ]
