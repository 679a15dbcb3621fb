"""Answers by how much deferred revenue runs ahead of the credits that it is for, or behind them.

Money and credits are not always born at once: what is due before its term begins is owed without
credits, a cancellable plan's invoice is a memo until it is paid (V3). `verify` compares deferred
revenue with the value of blocks to the cent, so it has to know these differences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from contracts.models import ScheduledCharge
from creditops.lib import sql
from invoicing import issuing, translation
from invoicing.models import CreditNoteLine, InvoiceLine
from ledger import books
from ledger.models import BookSettings, JournalEntry, PoolTerm

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
    """Per customer id what is deferred without credits, less credits whose money is not deferred.

    In minor units of the books' currency; customers without a difference are left out.
    """
    ahead = Counter(
        dict(sql.rows("invoicing", "deferred_ahead", kinds=[str(kind) for kind in _DEFERRED]))
    )
    kept = BookSettings.objects.first()
    if kept is not None:
        for customer_id, minor in (*_billed_abroad(kept), *_waiting_abroad(kept)):
            ahead[customer_id] += minor
    return {customer_id: minor for customer_id, minor in ahead.items() if minor}


def _billed_abroad(kept: BookSettings) -> Iterator[tuple[int, int]]:
    """What invoices in other currencies defer without credits (> 0), or have credits for that is not
    deferred yet (< 0), at the rate at which it was fixed."""
    lines = InvoiceLine.objects.filter(
        kind__in=_DEFERRED, charge__isnull=False, invoice__void__isnull=True
    ).exclude(invoice__currency=kept.currency)
    for line in lines.select_related("invoice", "charge__contract", "charge__term"):
        deferred, granted = issuing.is_posted(line.invoice), _begun(line.charge)
        if deferred != granted:
            taken = CreditNoteLine.objects.filter(line=line).select_related("note", "line")
            minor = line.charge.functional_minor or 0
            minor -= sum(
                translation.deferred_taken_back(part, part.note.issued_at) for part in taken
            )
            yield line.invoice.customer_id, minor if deferred else -minor


def _waiting_abroad(kept: BookSettings) -> Iterator[tuple[int, int]]:
    """What was granted in other currencies and is not invoiced yet: < 0."""
    charges = ScheduledCharge.objects.filter(kind__in=_DEFERRED, line__isnull=True)
    for charge in charges.exclude(currency=kept.currency).select_related("contract", "term"):
        if _begun(charge):
            yield charge.contract.customer_id, -(charge.functional_minor or 0)


def _begun(charge: ScheduledCharge) -> bool:
    """Whether the credits of a charge's term are granted."""
    committed = PoolTerm.objects.filter(
        customer_id=charge.contract.customer_id, term_id=charge.term_id
    )
    return bool(committed.exists())


def apart_minor(last: date, *, known_at: datetime) -> dict[int, int]:
    """The same at the end of the day `last` by posting date, as known at `known_at`."""
    apart = Counter(dict(_rows("deferred_apart", last, known_at)))
    for customer_id, minor in _apart_abroad(_Day(last, known_at)):
        apart[customer_id] += minor
    return {customer_id: minor for customer_id, minor in apart.items() if minor}


class _Day:
    """What stood at the end of a day, as known at an instant."""

    def __init__(self, last: date, known_at: datetime) -> None:
        self.last, self.known_at = last, known_at
        self.kept = books.current(known_at)

    def posted(self, line: InvoiceLine) -> bool:
        """Whether the right to a line's money was posted."""
        return bool(
            JournalEntry.objects.filter(
                source=translation.receivable_source(line.invoice), posting_date__lte=self.last,
                recorded_at__lte=self.known_at,
            ).exists()
        )  # fmt: skip

    def begun(self, charge: ScheduledCharge) -> bool:
        """Whether the credits of a charge's term were granted."""
        found = PoolTerm.objects.filter(
            customer_id=charge.contract.customer_id, term_id=charge.term_id,
            recorded_at__lte=self.known_at,
        ).select_related("term").first()  # fmt: skip
        return found is not None and books.date_of(found.term.starts_at, self.kept) <= self.last

    def taken_back(self, line: InvoiceLine) -> int:
        """What credit notes took back of a line by then, in the books' currency."""
        taken: QuerySet[CreditNoteLine] = CreditNoteLine.objects.filter(
            line=line, note__issue_date__lte=self.last, note__issued_at__lte=self.known_at
        )
        return sum(
            translation.deferred_taken_back(part, part.note.issued_at)
            for part in taken.select_related("note", "line")
        )


def _apart_abroad(day: _Day) -> Iterator[tuple[int, int]]:
    """The same of contracts in other currencies, at the rate at which each charge was fixed."""
    charges = ScheduledCharge.objects.filter(kind__in=_DEFERRED).exclude(currency=day.kept.currency)
    for charge in charges.select_related("contract", "term"):
        line = (
            InvoiceLine.objects.filter(
                charge=charge, invoice__issued_at__lte=day.known_at, invoice__void__isnull=True
            )
            .select_related("invoice")
            .first()
        )
        deferred, granted = line is not None and day.posted(line), day.begun(charge)
        if deferred != granted:
            minor = (charge.functional_minor or 0) - (0 if line is None else day.taken_back(line))
            yield charge.contract.customer_id, minor if deferred else -minor


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
