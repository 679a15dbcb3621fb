"""Answers where credits went: per day, meter and user, as corrected (S61).

A sum per user alone is `ledger/concentration.py`: there may be very many of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import sql

# The longest stretch of one report; more is asked for in parts.
LONGEST_DAYS = 800


@dataclass(frozen=True)
class Used:
    """Credits used on a local day; `meter` and `user` None where they were not asked for."""

    day: date
    meter: str | None
    user: str | None
    credits: int
    events: int


def series(
    customer_id: int,
    *,
    first: datetime,
    last: datetime,
    zone: str,
    holder_id: int | None = None,
    unit_id: int | None = None,
    by_meter: bool = False,
    by_user: bool = False,
) -> list[Used]:
    """Credits used in `[first, last)` by event time, per local day of `zone`.

    Args:
        customer_id: the paying customer.
        holder_id: only of one contract; None for all.
        unit_id: credits of one unit; None: of each event's first unit.
        by_meter, by_user: split each day further.
    """
    rows = sql.rows(
        "ledger",
        "usage_series",
        customer=customer_id,
        holder=holder_id,
        unit=unit_id,
        first=first,
        last=last,
        zone=zone,
        by_meter=by_meter,
        by_user=by_user,
    )
    return [Used(*row) for row in rows]
