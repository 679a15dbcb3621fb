"""Answers how long what is deferred may last: current or not, still to come, ending soon (V21, V22)."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from contracts import maturity
from creditops.lib import calendar
from creditops.reports import naming
from creditops.reports.deferral import WHY
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Report,
    Table,
    counts,
    moneys,
    summed,
    texts,
)
from creditops.reports.naming import Names
from invoicing import deferral
from ledger import block_rolls, books, chart, statements
from ledger.block_rolls import Rolls

_BANDS: tuple[tuple[str, int | None], ...] = (
    ("up to 3 months", 3),
    ("3 to 6 months", 6),
    ("6 to 12 months", 12),
    ("12 to 18 months", 18),
    ("18 to 24 months", 24),
    ("more than 24 months, or without an end", None),
)


def current_or_not(asked: Asked) -> Report:
    """What may last for more than a year, customer by customer."""
    naming.post(asked.remembered, asked.known_at)
    found = maturity.parts(asked.last, at=asked.known_at)
    bound = maturity.bound_of(asked.last, 12, asked.known_at)
    split: dict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    for part in found:
        split[part.customer_id][0 if part.ends_by(bound) else 1] += part.value_minor
    names = Names(split)
    columns = (*texts("Customer"), *moneys("Current", "Not current", "Deferred"))
    ordered = sorted(split, key=names.customer)
    rows: list[list[Cell]] = [[names.customer(c), *split[c], sum(split[c])] for c in ordered]
    return Report(
        books.current(asked.known_at).currency,
        [Table("", columns, rows, summed(columns, rows) if rows else (), "Nothing is deferred.",
               [names.address(c) for c in ordered])],
        [_ties(sum(part.value_minor for part in found), asked)],
        ["Current is what can be used for at most twelve months more, counting one more rollover where "
         "the contract allows it."],
    )  # fmt: skip


def obligations(asked: Asked) -> Report:
    """What is still to be delivered, by when it ends at the latest; and what is contracted beyond it."""
    naming.post(asked.remembered, asked.known_at)
    begun = asked.last.replace(month=1, day=1)
    rolls = block_rolls.of(begun, asked.last, known_at=asked.known_at)
    found = maturity.parts(asked.last, at=asked.known_at, values=rolls.values)
    ahead = deferral.contracted_minor(asked.last, known_at=asked.known_at)
    bounds = [
        (label, None if months is None else maturity.bound_of(asked.last, months, asked.known_at))
        for label, months in _BANDS
    ]
    deferred, credits, parts = (dict.fromkeys((label for label, _ in bounds), 0) for _ in range(3))
    for part in found:
        label = next(label for label, end in bounds if end is None or part.ends_by(end))
        deferred[label] += part.value_minor
        credits[label] += part.block.rest if part.block else 0
        parts[label] += 1
    contracted = dict.fromkeys(deferred, 0)
    for each in ahead:
        label = next(label for label, end in bounds if end is None or each.ends_at <= end)
        contracted[label] += each.amount_minor
    columns = (
        *texts("Ends"), *counts("Credits left"),
        *moneys("Deferred", "Contracted, not billed yet", "Still to be delivered"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            label,
            credits[label],
            deferred[label],
            contracted[label],
            deferred[label] + contracted[label],
        ]
        for label, _ in bounds
    ]
    earned = _earned_of_the_opening(rolls)
    return Report(
        books.current(asked.known_at).currency,
        [Table("By when it ends at the latest", columns, rows, summed(columns, rows)), earned],
        [_ties(sum(deferred.values()), asked)],
        ["Credits are drawn as customers decide; a band is the last day on which they can be used. "
         "Contracted is what signed terms that can't be cancelled will bill."],
    )  # fmt: skip


def _earned_of_the_opening(found: Rolls) -> Table:
    """Revenue of the year so far that was deferred when it began (606-10-50-8)."""
    opening = sum(roll.opening for roll in found.rolls)
    used = -sum(min(-(roll.usage + roll.breakage), roll.opening) for roll in found.rolls)
    columns = (*texts("The year so far"), *moneys("Amount"))
    rows: list[list[Cell]] = [
        [f"Deferred when {found.first.year} began", opening],
        ["Of it earned since, by use and breakage", -used],
        ["Earned since of what was billed in the year",
         -sum(roll.usage + roll.breakage for roll in found.rolls) + used],
    ]  # fmt: skip
    return Table("Earned of the opening balance", columns, rows)


def _ties(minor: int, asked: Asked) -> Check:
    account = statements.deferred(asked.last, known_at=asked.known_at)
    return Check("All parts", minor, chart.DEFERRED_CREDITS, account, WHY)


def receipt_years(asked: Asked) -> Report:
    """Money received in advance by year of receipt, and what of it was deferred at year ends (V22)."""
    naming.post(asked.remembered, asked.known_at)
    years = range(asked.last.year - 2, asked.last.year + 1)
    received = deferral.received_by_year(asked.last, known_at=asked.known_at)
    blocks = deferral.block_years(asked.last, known_at=asked.known_at)
    ends = [asked.last.replace(year=year, month=12, day=31) for year in years]
    values = {
        end.year: {
            (block.customer_id, block.block_id): block.value_minor
            for block in block_rolls.at_end_of(min(end, asked.last), known_at=asked.known_at)
        }
        for end in ends
    }
    columns = (
        *texts("Received in"), *moneys("Received", "Deferred at that year's end",
                                       "Deferred at the end of the next", "Deferred now"),
    )  # fmt: skip

    def left(year: int, at: int) -> int:
        chosen = values.get(at, values[max(values)])
        return sum(minor for block, minor in chosen.items() if blocks.get(block) == year)

    rows: list[list[Cell]] = [
        [
            str(year),
            received.get(year, 0),
            left(year, year),
            left(year, year + 1),
            left(year, years[-1]),
        ]
        for year in sorted({*received, *years})
        if year in values
    ]
    return Report(
        books.current(asked.known_at).currency,
        [Table("Advance payments", columns, rows, summed(columns, rows))],
        notes=["For the deferral method of 26 CFR 1.451-8: what was received in a year and is deferred "
               "in the books beyond the end of the next one is income of that next year for tax. "
               "Money counts net of sales tax, in the year in which it came.",
               "Years of receipt are kept for tax, and no account has them; all that is deferred ties in "
               "Deferred revenue."],
    )  # fmt: skip


def expiring(asked: Asked) -> Report:
    """Credits that end within 30, 60 and 90 days, with what is deferred for them."""
    naming.post(asked.remembered, asked.known_at)
    zone = books.current(asked.known_at).time_zone
    spans = (30, 60, 90)
    bounds = [
        calendar.local_midnight(asked.last + timedelta(days=days + 1), zone) for days in spans
    ]
    start = calendar.local_midnight(asked.last + timedelta(days=1), zone)
    by: dict[int, list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0], [0, 0]])
    for block in block_rolls.at_end_of(asked.last, known_at=asked.known_at):
        end = block.expires_at
        if end is None or end <= start or block.rest <= 0:
            continue
        band = next((n for n, bound in enumerate(bounds) if end <= bound), None)
        if band is not None:
            by[block.customer_id][band][0] += block.rest
            by[block.customer_id][band][1] += block.value_minor
    names = Names(by)
    ordered = sorted(by, key=names.customer)
    columns = tuple(
        column
        for days in spans
        for column in (*counts(f"Credits, {days} days"), *moneys(f"Deferred, {days} days"))
    )
    all_columns = (*texts("Customer"), *columns)
    rows: list[list[Cell]] = [
        [names.customer(c), *(figure for band in by[c] for figure in band)] for c in ordered
    ]
    return Report(
        books.current(asked.known_at).currency,
        [Table("", all_columns, rows, summed(all_columns, rows) if rows else (),
               "No credits end within 90 days.", [names.address(c) for c in ordered])],
        notes=["Each column begins where the one before it ends: 1 to 30, 31 to 60, 61 to 90 days after "
               "the day of the report. Credits that a renewal would roll over are counted where they "
               "end without it.", "It is a part of what is deferred, which ties in Deferred revenue."],
    )  # fmt: skip
