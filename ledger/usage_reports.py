"""Answers where credits went: per day, meter and user, as corrected (S61).

A sum per user alone is `ledger/concentration.py`: there may be very many of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

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


@dataclass(frozen=True)
class Metered:
    """What a meter drew in a time, as corrected; `quantities` by measure: "" is the meter's own, others
    are properties of its events, as reported."""

    meter_id: int
    meter: str
    name: str
    credits: int
    events: int
    quantities: Mapping[str, Decimal]


def by_meter(
    customer_id: int,
    *,
    first: datetime,
    last: datetime,
    unit_id: int,
    measures: Sequence[tuple[int, str]],
) -> list[Metered]:
    """Credits of a unit used in `[first, last)` by event time, per meter, most first; one query.

    Args:
        customer_id: the paying customer.
        measures: what to add up besides: meter id and property, "" for the meter's own quantity.
    """
    rows = sql.rows(
        "ledger",
        "use_by_meter",
        customer=customer_id,
        unit=unit_id,
        first=first,
        last=last,
        meters=[meter for meter, _ in measures],
        properties=[name for _, name in measures],
    )
    found: dict[int, Metered] = {}
    for meter_id, code, name, credits, events, measure, quantity in rows:
        known = found.setdefault(meter_id, Metered(meter_id, code, name, credits, events, {}))
        if quantity is not None:
            found[meter_id] = Metered(
                meter_id, code, name, credits, events, {**known.quantities, measure: quantity}
            )
    return list(found.values())
