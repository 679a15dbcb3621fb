"""Answers what customers owe, committed to and were taxed, as of a day and as known then (Z4, S8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from creditops.lib import sql
from ledger import books

# What stands in place of a category where credits were sold that are taxed as they are used.
AT_USE = "at use"


@dataclass(frozen=True)
class Open:
    """An invoice of which something is owed. `posted`: the right to it is unconditional (V3)."""

    customer_id: int
    number: str
    issue_date: date
    due_date: date
    currency: str
    open_minor: int
    posted: bool


@dataclass(frozen=True)
class TaxOfRate:
    """Output tax of one rate in a country, in minor units: of invoices, and what credit notes took back."""

    country: str
    category: str
    rate_pct: str
    currency: str
    taxable_minor: int
    tax_minor: int
    taxable_back_minor: int
    tax_back_minor: int


@dataclass(frozen=True)
class Committed:
    """What a contract committed its customer to: contracted, invoiced, collected, in minor units net."""

    customer_id: int
    contract: str
    currency: str
    contracted_minor: int
    invoiced_minor: int
    collected_minor: int


@dataclass(frozen=True)
class OwedByContract:
    """What the invoices of a contract that committed to something say, tax and every line included, in minor
    units: as far as they are owed."""

    customer_id: int
    contract: str
    holder_id: int
    currency: str
    billed_minor: int
    taken_back_minor: int
    collected_minor: int
    open_minor: int

    @property
    def lost_minor(self) -> int:
        """Written off, less what came in afterwards."""
        return self.billed_minor - self.taken_back_minor - self.collected_minor - self.open_minor


def open_invoices(last: date, *, known_at: datetime) -> list[Open]:
    """What is owed at the end of a day, invoice by invoice."""
    return [Open(*row) for row in _rows("open_as_of", known_at, last=last)]


def taxes(first: date, last: date, *, known_at: datetime) -> list[TaxOfRate]:
    """Output tax posted in a time, by country and rate."""
    asked = {"first": first, "last": last, "known_at": known_at}
    return [TaxOfRate(*row) for row in sql.rows("invoicing", "tax_by_rate", **asked)]


def commitments(last: date, *, known_at: datetime) -> list[Committed]:
    """What contracts committed to by the end of a day."""
    return [Committed(*row) for row in _rows("commitments", known_at, last=last)]


def owed_of_commitments(last: date, *, known_at: datetime) -> list[OwedByContract]:
    """What invoices of contracts that committed to something say at the end of a day."""
    return [OwedByContract(*row) for row in _rows("owed_of_commitments", known_at, last=last)]


def overage_billed(last: date, *, known_at: datetime) -> dict[tuple[int, int | None], int]:
    """(customer, holder) -> overage billed by the end of a day, as posted."""
    return {(row[0], row[1]): row[2] for row in _rows("overage_billed", known_at, last=last)}


def refundable(last: date, *, known_at: datetime) -> dict[str, int]:
    """What customers are owed by credit notes at the end of a day, by currency, as posted."""
    return dict(sql.rows("invoicing", "refundable_as_of", last=last, known_at=known_at))


def _rows(name: str, known_at: datetime, **asked: Any) -> list[tuple[Any, ...]]:
    zone = books.current(known_at).time_zone
    return sql.rows("invoicing", name, known_at=known_at, zone=zone, **asked)
