"""Does the numbering of documents: gapless per series and year, in order of issue (I2).

The series' row is locked until the issuing transaction ends, so a rollback leaves no gap and two
issues at once get neighbouring numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from creditops.lib import sql

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
    [(last, last_date)] = sql.rows(
        "invoicing", "take_number", series=series, year=wanted.year, wanted=wanted
    )
    return Number(series, wanted.year, last, last_date)
