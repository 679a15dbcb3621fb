"""Does the numbering of documents: gapless per series and year, in order of issue (I2).

The series' row is locked until the issuing transaction ends, so a rollback leaves no gap and two
issues at once get neighbouring numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from invoicing.models import NumberSeries

INVOICES = "INV"
CREDIT_NOTES = "CN"


@dataclass(frozen=True)
class Number:
    """A number taken: `<series>-<year>-<6 digits>`, and the date that the document may bear."""

    series: str
    year: int
    sequence: int
    issue_date: date

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.sequence:06d}"


def take(series: str, wanted: date) -> Number:
    """Take the next number of a series for a document of date `wanted`, inside its transaction.

    Issue dates never decrease along a series: the date given back is the later one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a number is taken inside the issuing transaction")
    NumberSeries.objects.bulk_create(
        [NumberSeries(series=series, year=wanted.year)], ignore_conflicts=True
    )
    row = NumberSeries.objects.select_for_update().get(series=series, year=wanted.year)
    row.last += 1
    row.last_date = max(wanted, row.last_date or wanted)
    row.save(update_fields=["last", "last_date"])
    return Number(series, wanted.year, row.last, row.last_date)
