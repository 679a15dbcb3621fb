"""Answers what the books carry something at that is owed in a foreign currency (V19, JE-21 to JE-24).

An *open item* is an invoice, a credit note or the overage of a term. Each journal line of it says the
amount in its own currency and in the books'. What is settled leaves at what it is carried at since it
was last valued, by cumulative shares of that (M4); what differs from the day's rate is a currency gain
or loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import Customer
from creditops.lib import calendar, due, money
from creditops.lib.money import released
from ledger.models import JournalLine

REMEASURE = "ledger.remeasure"


@dataclass(frozen=True)
class Foreign:
    """The amount of a journal line in the currency that it is truly of, in minor units, debit > 0.

    `item` names what is owed; empty for money, revenue and whatever is not valued anew.
    """

    currency: str
    minor: int
    item: str = ""


@dataclass(frozen=True)
class Position:
    """What is open of an item in its own currency, and what the books carry it at; debit > 0."""

    open_minor: int
    carried_minor: int


def of_invoice(number: str) -> str:
    """The open item of what a customer owes by an invoice."""
    return f"invoice:{number}"


def of_note(number: str) -> str:
    """The open item of what is owed back by a credit note."""
    return f"credit_note:{number}"


def of_receipt(reference: str) -> str:
    """The open item of what a customer has on account of a receipt."""
    return f"receipt:{reference}"


def of_overage(customer_id: int, term_id: int) -> str:
    """The open item of overage of one term that is not billed."""
    return f"overage:{customer_id}-{term_id}"


def position(item: str, *, through: date | None = None) -> Position:
    """How an item stands: now, or by the entries posted on days up to `through`."""
    steps = _steps(item, through)
    return Position(sum(minor for minor, _ in steps), sum(carried for _, carried in steps))


def leaving(item: str, minor: int, rounding: str = money.HALF_UP) -> int:
    """What leaves the books with `minor` of an item: its share of what that was last valued at.

    Args:
        item: with something open.
        minor: of what is open, in the item's own currency, with its sign; all that is open takes all
            that is carried.
    """
    steps = _steps(item, None)
    base = _last_valued(steps)
    valued = base.open_minor
    if not valued:
        return 0
    gone = valued - sum(own for own, _ in steps)
    before = base.carried_minor - sum(carried for _, carried in steps)
    if gone + minor == valued:
        return base.carried_minor - before
    share = released(abs(base.carried_minor), abs(valued), abs(gone + minor), rounding)
    return (share if base.carried_minor > 0 else -share) - before


def expect_month_end(customer: Customer, day: date, zone: str) -> None:
    """Plan the end of the month of a day, at which the customer's open items are valued anew."""
    month = calendar.month_start(day)
    due.plan(
        REMEASURE,
        str(customer.pk),
        calendar.local_midnight(calendar.add_months(month, 1), zone),
        rank=due.MONTH_END,
        group=customer.code,
    )


def _steps(item: str, through: date | None) -> list[tuple[int, int]]:
    """(own minor, books' minor) of the item's lines in the order of their entries."""
    lines = JournalLine.objects.filter(open_item=item).order_by("id")
    if through is not None:
        lines = lines.filter(entry__posting_date__lte=through)
    rows: Iterable[tuple[int, int, int]] = lines.values_list(
        "transaction_minor", "debit_minor", "credit_minor"
    )
    return [(own, debit - credit) for own, debit, credit in rows]


def _last_valued(steps: list[tuple[int, int]]) -> Position:
    """The position when the item was last valued: after the last line that settled nothing of it."""
    open_minor = carried = 0
    valued = Position(0, 0)
    for own, functional in steps:
        settles = own * open_minor < 0
        open_minor, carried = open_minor + own, carried + functional
        if not settles:
            valued = Position(open_minor, carried)
    return valued
