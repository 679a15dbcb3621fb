"""Answers how old what customers owe is, at the end of any day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from creditops.lib import calendar, sql

# First day of each band after the due date, and what it is called.
BANDS = {0: "Not due", 1: "1 to 30 days", 31: "31 to 60", 61: "61 to 90", 91: "More than 90"}


@dataclass(frozen=True)
class Aged:
    """What a customer owes in a currency, by band, in minor units."""

    code: str
    name: str
    currency: str
    by_band: dict[int, int]

    @property
    def total_minor(self) -> int:
        """All of it."""
        return sum(self.by_band.values())


def of(day: date, *, zone: str) -> Sequence[Aged]:
    """What was owed at the end of a day in a zone, by customer and currency; one query.

    Only by invoices whose right to the money is posted, as account 1100 has it.
    """
    until = calendar.local_midnight(day + timedelta(days=1), zone)
    found: dict[tuple[str, str], Aged] = {}
    for code, name, currency, band, minor in sql.rows("invoicing", "ageing", day=day, until=until):
        aged = found.setdefault((code, currency), Aged(code, name, currency, {}))
        aged.by_band[band] = minor
    return list(found.values())


def sums(aged: Sequence[Aged], currency: str) -> dict[int, int]:
    """Band -> what all customers owe in a currency, in minor units; every band is there."""
    return {
        band: sum(row.by_band.get(band, 0) for row in aged if row.currency == currency)
        for band in BANDS
    }
