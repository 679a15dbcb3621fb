"""Answers with breakage by cohort: what was expected to be used, and what became of it (V9, V10, Z5)."""

from __future__ import annotations

from creditops.desk import addresses
from creditops.reports import naming
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Column,
    Report,
    Shape,
    Table,
    counts,
    moneys,
    summed,
    texts,
)
from ledger import books, chart, cohorts, statements

_OTHER = (
    "Breakage of free credits, options and what was granted for nothing stands between the two."
)


def by_cohort(asked: Asked) -> Report:
    """Every cohort of paid credits: used, expired, expected."""
    naming.post(asked.remembered, asked.known_at)
    found = cohorts.of(asked.last, known_at=asked.known_at)
    columns = (
        *texts("Plan"), *counts("Life, months", "Granted in", "Blocks", "Granted", "Used", "Expired", "Left"),
        Column("Used, %", Shape.PERCENT), Column("Expected to be used, %", Shape.PERCENT),
        *moneys("Breakage booked"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [c.key.plan, c.key.months, c.key.year, c.blocks, c.granted, c.used, c.expired, c.left,
         c.used_pct, c.expected_pct, c.broken_minor]
        for c in found
    ]  # fmt: skip
    sums = ["Total", "", "", *summed(columns, rows)[3:]] if rows else ()
    links = [
        addresses.of("estimate-cohort", str(c.key)) if c.proportional and c.left else ""
        for c in found
    ]
    lines = statements.lines(last=asked.last, known_at=asked.known_at)
    ledger = -statements.balance(lines, [chart.BREAKAGE, chart.UNCLAIMED])
    return Report(
        books.current(asked.known_at).currency,
        [Table("", columns, rows, sums, "No credits were sold.", links)],
        [Check("Breakage booked so far", sum(c.broken_minor for c in found),
               f"{chart.BREAKAGE} + {chart.UNCLAIMED}", ledger, _OTHER)],
        ["A cohort is the rate card, the life and the year of credits when they were granted. Cohorts "
         "that earn in proportion to use lead to their estimate. The state's share of what expired is "
         "counted with the breakage."],
    )  # fmt: skip
