"""Answers what is deferred: how it moved, for whom, how old it is, and how long it may last (Z2, Z3, V21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from creditops.lib import calendar
from creditops.pictures import steps
from creditops.reports import naming
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Picture,
    Report,
    Table,
    moneys,
    summed,
    texts,
)
from creditops.reports.naming import Names
from invoicing import deferral
from ledger import block_rolls, books, chart, statements
from ledger.block_rolls import Roll, Rolls
from ledger.statements import RollForward

CUSTOMER, BLOCK, AGE = "customer", "block", "age"
GROUPS = {CUSTOMER: "by customer", BLOCK: "by block", AGE: "by age"}
_MOVES = (
    "Opening",
    "Billed",
    "Usage",
    "Breakage",
    "Credit notes",
    "Re-spread and other",
    "Closing",
)
_APART = "Billed ahead of credits, less credits ahead of their bill"
_APART_HEAD = "Billed ahead of credits, net"


def roll_forward(asked: Asked) -> Report:
    """What customers paid for and have not used: from opening to closing."""
    naming.post(asked.remembered, asked.known_at)
    parts = statements.roll_forward_by_customer(asked.first, asked.last, known_at=asked.known_at)
    rolls = block_rolls.of(asked.first, asked.last, known_at=asked.known_at)
    total = sum((part.moved for part in parts), RollForward())
    account = statements.deferred(asked.last, known_at=asked.known_at)
    apart = deferral.apart_minor(asked.last, known_at=asked.known_at)
    names = Names(part.customer_id for part in parts)
    table = {
        CUSTOMER: lambda: _by_customer(parts, names),
        BLOCK: lambda: _by_block(rolls, apart),
        AGE: lambda: _by_age(rolls, apart, asked),
    }[asked.by]()
    blocks = sum(roll.closing for roll in rolls.rolls)
    ahead = sum(apart.values())
    return Report(
        currency=books.current(asked.known_at).currency,
        tables=[table],
        checks=[
            Check("Closing of the roll-forward", total.closing, chart.DEFERRED_CREDITS, account),
            Check("Values of all blocks, and what is billed apart from them", blocks + ahead,
                  chart.DEFERRED_CREDITS, account, WHY),
            Check("Usage, block by block", -sum(roll.usage for roll in rolls.rolls),
                  "usage of 2100", -total.usage, WHY),
            Check("Breakage, block by block", -sum(roll.breakage for roll in rolls.rolls),
                  "breakage of 2100", -total.breakage, WHY),
        ],
        notes=["What leaves is negative. "
               "Ages count from the day on which credits began; credits that rolled over keep theirs."],
        pictures=[_waterfall(total, asked)],
    )  # fmt: skip


WHY = (
    "Usage that was recorded and not yet posted at the time of knowing, and invoices in other currencies, "
    "stand between the two."
)


def _by_customer(parts: Sequence[statements.CustomersPart], names: Names) -> Table:
    columns = (*texts("Customer"), *moneys(*_MOVES))
    rows = [[part.name or naming.NOBODY, *_moves(part.moved)] for part in parts]
    return Table("By customer", columns, rows, summed(columns, rows) if rows else (),
                 "Nothing was deferred.", [names.address(part.customer_id) for part in parts])  # fmt: skip


def _moves(moved: RollForward) -> list[Cell]:
    return [moved.opening, moved.billed, moved.usage, moved.breakage, moved.credit_notes,
            moved.other, moved.closing]  # fmt: skip


def _of_roll(roll: Roll) -> list[Cell]:
    return [roll.opening, roll.billed, roll.usage, roll.breakage, roll.credit_notes, roll.respread,
            roll.closing]  # fmt: skip


def _by_block(rolls: Rolls, apart: dict[int, int]) -> Table:
    names = Names([*(roll.customer_id for roll in rolls.rolls), *apart])
    columns = (*texts("Customer", "Block"), *moneys(*_MOVES))
    found = [
        (names.customer(roll.customer_id), roll.blocks,
         [names.customer(roll.customer_id), _blocks(roll), *_of_roll(roll)],
         names.address(roll.customer_id))
        for roll in rolls.rolls
    ] + [
        (names.customer(customer), (), [names.customer(customer), _APART, None, None, None, None, None,
                                        None, minor], names.address(customer))
        for customer, minor in apart.items()
    ]  # fmt: skip
    found.sort(key=lambda each: (each[0], each[1]))
    rows: list[list[Cell]] = [row for _, _, row, _ in found]
    sums = summed(columns, rows) if rows else ()
    return Table("By block", columns, rows, sums and [sums[0], "", *sums[2:]],
                 "Nothing was deferred.", [link for *_, link in found])  # fmt: skip


def _blocks(roll: Roll) -> str:
    if len(roll.blocks) == 1:
        return f"{roll.blocks[0]}: {roll.sources[0]}"
    return f"{', '.join(map(str, roll.blocks))}: {len(roll.blocks)} blocks that share their value"


def _by_age(rolls: Rolls, apart: dict[int, int], asked: Asked) -> Table:
    """Closing values by how long ago the credits began: S69."""
    zone = books.current(asked.known_at).time_zone
    young: dict[int, int] = defaultdict(int)
    old: dict[int, int] = defaultdict(int)
    for block in rolls.values:
        begun = calendar.local_date(block.effective_at, zone)
        band = young if calendar.add_months(begun, 12) > asked.last else old
        band[block.customer_id] += block.value_minor
    known = {*young, *old, *apart}
    names = Names(known)
    customers = [c for c in known if young[c] or old[c] or apart.get(c)]
    customers.sort(key=lambda c: (names.customer(c), c))
    columns = (
        *texts("Customer"),
        *moneys("0 to 12 months", "12 to 24 months", _APART_HEAD, "Deferred"),
    )
    rows: list[list[Cell]] = [
        [names.customer(c), young[c], old[c], apart.get(c, 0), young[c] + old[c] + apart.get(c, 0)]
        for c in customers
    ]
    return Table(f"By age at the end of {asked.last}", columns, rows,
                 summed(columns, rows) if rows else (), "Nothing was deferred.",
                 [names.address(c) for c in customers])  # fmt: skip


def _waterfall(total: RollForward, asked: Asked) -> Picture:
    currency = books.current(asked.known_at).currency
    heights = (
        total.opening,
        total.billed,
        total.usage,
        total.breakage,
        total.credit_notes,
        total.other,
    )
    title = "Deferred revenue from opening to closing"
    drawing = steps.waterfall(
        [steps.Step(label, minor) for label, minor in zip(_MOVES[:-1], heights, strict=True)],
        end=_MOVES[-1], title=title, currency=currency,
    )  # fmt: skip
    return Picture(title, drawing)
