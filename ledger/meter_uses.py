"""Answers what use was worth, meter by meter, by posting date.

Where use lies end to end on a line it is valued in one quick pass over the events; event by event, with
the drains that they belong to, where it does not (`sql/meter_slots.sql`). Both are exact to the cent: the
value of every piece is the difference of two roundings of its cost layer (M4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import sql
from ledger.models import Meter


@dataclass(frozen=True)
class MeterUse:
    """Use of a meter in a time: credits and their value in minor units. `revenue_class` says where the value
    went: `usage`, `agent`, `entitled` (`ledger.drawdown`)."""

    meter: str
    name: str
    revenue_class: str
    overage: bool
    credits: int
    value_minor: int


@dataclass(frozen=True)
class _Stretch:
    """A stretch of a line, as `sql/meter_slots.sql` tells it: a slot, or torn where `number` is None."""

    number: int | None
    customer_id: int
    pool_id: int
    line: int
    layout_no: int
    revenue_class: str
    posting_date: date | None
    pos: int
    pos_end: int
    first_batch: int
    last_batch: int
    overage: bool
    shift: int
    cost_minor: int
    quantity: int
    plain: bool


# Meter id, class of revenue and whether it was overage, with credits and their value in minor units.
_Found = tuple[int, str, bool, int, int]


def of(first: date, last: date, *, known_at: datetime) -> list[MeterUse]:
    """What use was worth from `first` through `last`, as known at `known_at`, by name of meter.

    All usage of the time is read once, and what is torn of it once more.
    """
    asked = {"first": first, "last": last, "known_at": known_at}
    stretches = [_Stretch(*row) for row in sql.rows("ledger", "meter_slots", **asked)]
    torn = [each for each in stretches if each.number is None]
    sums: dict[tuple[int, str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for meter_id, revenue_class, overage, credits, minor in (
        *_in_slots([each for each in stretches if each.number is not None]),
        *_event_by_event(torn, first, last, known_at),
    ):
        sums[meter_id, revenue_class, overage][0] += credits
        sums[meter_id, revenue_class, overage][1] += minor
    meters = Meter.objects.filter(id__in={meter_id for meter_id, _, _ in sums})
    return [
        MeterUse(meter.code, meter.name, revenue_class, overage, *sums[meter_id, revenue_class, overage])
        for meter in meters.order_by("name", "code")
        for meter_id, revenue_class, overage in sorted(sums)
        if meter_id == meter.id
    ]  # fmt: skip


def _in_slots(slots: Sequence[_Stretch]) -> Iterator[_Found]:
    if not slots:
        return
    by_number = {slot.number: slot for slot in slots}
    rows = sql.rows(
        "ledger", "slot_revenue",
        number=[slot.number for slot in slots], pool=[slot.pool_id for slot in slots],
        line=[slot.line for slot in slots], pos=[slot.pos for slot in slots],
        pos_end=[slot.pos_end for slot in slots], shift=[slot.shift for slot in slots],
        cost=[slot.cost_minor for slot in slots], quantity=[slot.quantity for slot in slots],
        plain=[slot.plain for slot in slots], first_batch=min(slot.first_batch for slot in slots),
        last_batch=max(slot.last_batch for slot in slots),
    )  # fmt: skip
    for meter_id, number, credits, minor in rows:
        if number is not None:
            slot = by_number[number]
            yield meter_id, slot.revenue_class, slot.overage, credits, minor


def _event_by_event(
    torn: Sequence[_Stretch], first: date, last: date, known_at: datetime
) -> Iterator[_Found]:
    """What is torn, and moves."""
    yield from sql.rows(
        "ledger", "meter_revenue", first=first, last=last, known_at=known_at,
        customer=[each.customer_id for each in torn], pool=[each.pool_id for each in torn],
        line=[each.line for each in torn], layout=[each.layout_no for each in torn],
        revenue_class=[each.revenue_class for each in torn], on=[each.posting_date for each in torn],
        pos=[each.pos for each in torn], pos_end=[each.pos_end for each in torn],
    )  # fmt: skip
