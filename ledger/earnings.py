"""Answers what free credits did, and what overage came to, by posting date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import sql
from ledger import books


@dataclass(frozen=True)
class FreeUse:
    """Free credits of one kind and policy in a time."""

    kind: str
    policy: str
    granted: int
    used: int
    expired: int


@dataclass(frozen=True)
class TermOverage:
    """Overage of one term so far: credits, and their value at the commitment's price in minor units."""

    customer_id: int
    holder_id: int
    term_id: int
    credits: int
    value_minor: int


def of_free_credits(first: date, last: date, *, known_at: datetime) -> list[FreeUse]:
    """What free credits did."""
    asked = {"first": first, "last": last, "known_at": known_at}
    zone = books.current(known_at).time_zone
    return [FreeUse(*row) for row in sql.rows("ledger", "free_credits", zone=zone, **asked)]


def of_overage(last: date, *, known_at: datetime) -> list[TermOverage]:
    """The overage of every term through a day."""
    rows = sql.rows("ledger", "overage_values", last=last, known_at=known_at)
    return [TermOverage(*row) for row in rows]


def entitled(last: date, *, known_at: datetime) -> int:
    """What flat fees and licences have not earned yet at the end of a day, in minor units."""
    [(minor,)] = sql.rows("ledger", "entitled_as_of", last=last, known_at=known_at)
    return int(minor)
