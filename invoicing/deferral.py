"""Answers by how much deferred revenue runs ahead of the credits that it is for, or behind them.

Money and credits are not always born at once: what is due before its term begins is owed without
credits, a cancellable plan's invoice is a memo until it is paid (V3). `verify` compares deferred
revenue with the value of blocks to the cent, so it has to know these differences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from creditops.lib import sql
from invoicing import translation
from invoicing.models import CreditNoteLine, InvoiceLine
from ledger import books
from ledger.models import BookSettings

# The lines whose money is deferred until credits are used; overage is revenue already.
_DEFERRED = (
    InvoiceLine.Kind.COMMITMENT,
    InvoiceLine.Kind.BONUS,
    InvoiceLine.Kind.PURCHASE,
    InvoiceLine.Kind.TOP_UP,
    InvoiceLine.Kind.ADDITION,
    InvoiceLine.Kind.SUBSCRIPTION,
    InvoiceLine.Kind.UPGRADE,
)


def ahead_minor() -> dict[int, int]:
    """Per customer id what is deferred without credits, less credits whose money is not deferred, now.

    In minor units of the books' currency; customers without a difference are left out.
    """
    if not BookSettings.objects.exists():
        return {}
    return apart_minor(date.max, known_at=datetime.max.replace(tzinfo=UTC))


def apart_minor(last: date, *, known_at: datetime) -> dict[int, int]:
    """The same at the end of the day `last` by posting date, as known at `known_at`; a constant number of
    queries, but for credit notes of invoices in other currencies whose credits are still to come."""
    pieces = _rows("deferred_apart", last, known_at)
    back = _taken_back({line for _, _, line in pieces if line is not None}, last, known_at)
    apart: Counter[int] = Counter()
    for customer_id, minor, line in pieces:
        apart[customer_id] += minor - (back[line] if minor > 0 else -back[line])
    return {customer_id: minor for customer_id, minor in apart.items() if minor}


def _taken_back(lines: Collection[int], last: date, known_at: datetime) -> Counter[int | None]:
    """What credit notes took back of lines in other currencies by then, in the books' currency."""
    back: Counter[int | None] = Counter()
    taken = CreditNoteLine.objects.filter(
        line_id__in=lines, note__issue_date__lte=last, note__issued_at__lte=known_at
    )
    for part in taken.select_related("note", "line__charge__contract", "line__charge__term"):
        back[part.line_id] += translation.deferred_taken_back(part, part.note.issued_at)
    return back


@dataclass(frozen=True)
class Contracted:
    """What a signed term will still bill for credits, in minor units, and when that term ends."""

    customer_id: int
    amount_minor: int
    ends_at: datetime


def contracted_minor(last: date, *, known_at: datetime) -> list[Contracted]:
    """What is contracted and not deferred yet at the end of a day; of contracts that can't be cancelled."""
    return [Contracted(*row) for row in _rows("contracted_ahead", last, known_at, currency=True)]


def received_by_year(last: date, *, known_at: datetime) -> dict[int, int]:
    """Money received for credits in advance, net of tax, by year of receipt (V22)."""
    return dict(_rows("received_by_year", last, known_at, currency=True))


def block_years(last: date, *, known_at: datetime) -> dict[tuple[int, int], int]:
    """(customer, block) -> the year in which money for it first came."""
    rows = _rows("block_years", last, known_at)
    return {(customer, block): year for customer, block, year in rows}


def _rows(
    name: str, last: date, known_at: datetime, *, currency: bool = False
) -> list[tuple[Any, ...]]:
    current = books.current(known_at)
    more = {"currency": current.currency} if currency else {}
    return sql.rows(
        "invoicing", name, kinds=[str(kind) for kind in _DEFERRED], last=last, known_at=known_at,
        zone=current.time_zone, **more,
    )  # fmt: skip
