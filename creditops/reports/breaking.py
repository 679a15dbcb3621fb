"""Answers with breakage by cohort: what was expected to be used, and what became of it (V9, V10, Z5)."""

from __future__ import annotations

from collections.abc import Sequence

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
    sum_of,
    summed,
    texts,
)
from invoicing import options
from ledger import block_rolls, books, chart, cohorts, statements
from ledger.block_rolls import BlockValue


def by_cohort(asked: Asked) -> Report:
    """Every cohort of paid credits: used, expired, expected."""
    naming.post(asked.remembered, asked.known_at)
    blocks = block_rolls.at_end_of(asked.last, known_at=asked.known_at)
    found = cohorts.of(asked.last, known_at=asked.known_at, blocks=blocks)
    beside = _beside(asked, blocks)
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
        [Table("", columns, rows, sums, "No credits were sold.", links), beside],
        [Check("Breakage booked so far", sum(c.broken_minor for c in found) + sum_of(beside.rows, 1),
               f"{chart.BREAKAGE} + {chart.UNCLAIMED}", ledger)],
        ["A cohort is the rate card, the life and the year of credits when they were granted. Cohorts "
         "that earn in proportion to use lead to their estimate. The state's share of what expired is "
         "counted with the breakage."],
    )  # fmt: skip


def _beside(asked: Asked, blocks: Sequence[BlockValue]) -> Table:
    """Breakage of what belongs to no cohort: free credits over which a price was spread, rights (V6, V8)."""
    free = sum(block.broken_minor for block in blocks if block.kind not in cohorts.SOLD)
    rights = options.lapsed_minor(asked.last, known_at=asked.known_at)
    columns = (*texts("Beside cohorts"), *moneys("Breakage booked"))
    rows: list[list[Cell]] = [
        ["Free credits that share in what was paid", free],
        ["Rights to more credits that lapsed", rights],
    ]
    return Table("Breakage beside cohorts", columns, rows, summed(columns, rows))
