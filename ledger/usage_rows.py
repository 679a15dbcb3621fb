"""Does the writing of a batch's messages: events, parts, exceptions, duplicates, running sums."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from creditops.lib import binary, sql
from ledger import end_users, messages
from ledger.models import UsageEvent
from ledger.rating import RunningSum
from ledger.remembered import Memory
from ledger.resolving import Event

_STATUS = {
    messages.APPLIED: UsageEvent.Status.APPLIED,
    messages.RECORDED: UsageEvent.Status.RECORDED,
    messages.REFUSED: UsageEvent.Status.REFUSED,
}
# The line and the position of what was not drawn on a line.
_NOWHERE = (None, None)
_ASIDE = (messages.EXCEPTION, messages.HELD, messages.CONFLICT)

# The pool of each unit of each holder in the batch: (holder id, unit id) -> pool id.
Pools = Mapping[tuple[int, int], int]


def write(
    events: Sequence[Event],
    *,
    batch_id: int,
    received_at: datetime,
    sources: Mapping[str, int],
    pools: Pools,
    memory: Memory,
) -> None:
    """Write every message of a judged batch, as one statement per table."""
    stored = [event for event in events if event.status in _STATUS]
    _write_events(stored, batch_id, received_at, sources, pools, _users(stored, memory))
    _write_parts(stored, batch_id, pools)
    _write_exceptions([e for e in events if e.status in _ASIDE], batch_id, received_at, sources)
    _count_duplicates([e for e in events if e.status == messages.DUPLICATE], batch_id)


def read_sums(
    pool_ids: Iterable[int], customer_ids: Iterable[int]
) -> dict[int, dict[str, RunningSum]]:
    """The running sums of these (locked) pools: pool id -> item -> sum."""
    sums: dict[int, dict[str, RunningSum]] = {}
    for pool, item, drawn, num, den in binary.rows(
        "ledger", "running_sums", pools=list(pool_ids), customers=list(set(customer_ids))
    ):
        sums.setdefault(pool, {})[item] = RunningSum(drawn, Fraction(num, den))
    return sums


def write_sums(sums: Iterable[tuple[int, int, str, RunningSum]]) -> None:
    """Write the sums that changed: (customer id, pool id, item, sum) each."""
    changed = [row for row in sums if row[3].changed]
    if changed:
        binary.run(
            "ledger",
            "save_running_sums",
            customer_id=[customer for customer, _, _, _ in changed],
            pool_id=[pool for _, pool, _, _ in changed],
            item=[item for _, _, item, _ in changed],
            drawn=[total.drawn for _, _, _, total in changed],
            carry_num=[total.carry.numerator for _, _, _, total in changed],
            carry_den=[total.carry.denominator for _, _, _, total in changed],
        )


def _write_events(
    events: Sequence[Event],
    batch_id: int,
    received_at: datetime,
    sources: Mapping[str, int],
    pools: Pools,
    users: Sequence[int],
) -> None:
    def row(event: Event, user: int) -> tuple[Any, ...]:
        holder, meter, message = event.holder, event.meter, event.message
        if holder is None or meter is None:
            raise ValueError("a stored event has a holder and a meter")
        unit = first_unit(event)
        pool = pools.get((holder.holder_id, unit)) if unit is not None else None
        place = event.positions.get(unit, _NOWHERE) if unit is not None else _NOWHERE
        return (
            holder.customer_id,
            sources[message.source],
            message.key,
            messages.event_id(batch_id, event.index),
            event.time,
            received_at,
            meter.id,
            event.member_id,
            holder.holder_id,
            pool,
            event.tariff_id,
            user or None,
            event.quantity,
            json.dumps(event.data) if event.data else None,
            event.credits.get(unit, 0) if unit is not None else 0,
            _STATUS[event.status].value,
            event.code,
            *place,
        )

    sql.copy(
        "ledger_usageevent (customer_id, source_id, key, id, event_time, recorded_at, meter_id,"
        " member_id, holder_id, pool_id, tariff_id, user_id, quantity, data, credits, status, code,"
        " line, pos)",
        _by_key(map(row, events, users)),
    )


def _users(events: Sequence[Event], memory: Memory) -> list[int]:
    """The number of each event's user, 0 where none is said."""
    customers = [event.holder.customer_id if event.holder else 0 for event in events]
    return end_users.numbers(customers, [event.message.user for event in events], memory)


def first_unit(event: Event) -> int | None:
    """The unit of the event's first charge, in which its credits are told."""
    return event.charges[0].unit_id if event.charges else None


def _by_key(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """In the order of the primary key: neighbours in the index are written together."""
    return sorted(rows, key=lambda row: row[:3])


def _write_parts(events: Sequence[Event], batch_id: int, pools: Pools) -> None:
    rows = []
    for event in events:
        first = first_unit(event)
        for unit, credits in event.credits.items():
            if unit == first or event.holder is None:
                continue
            rows.append(
                (
                    event.holder.customer_id,
                    messages.event_id(batch_id, event.index),
                    unit,
                    pools[event.holder.holder_id, unit],
                    credits,
                    *event.positions.get(unit, _NOWHERE),
                )
            )
    sql.copy("ledger_usagepart (customer_id, event_id, unit_id, pool_id, credits, line, pos)", rows)


def _write_exceptions(
    events: Sequence[Event], batch_id: int, received_at: datetime, sources: Mapping[str, int]
) -> None:
    sql.copy(
        "ledger_usageexception (customer_id, customer_code, source_id, key, kind, code, meter_code,"
        " event_time, received_at, batch_id, index_in_batch, body)",
        [
            (
                event.customer_id,
                event.holder.customer_code if event.holder else event.message.customer,
                sources[event.message.source],
                event.message.key,
                event.status,
                event.code,
                event.message.meter,
                event.message.time,
                received_at,
                batch_id,
                event.index,
                json.dumps(event.message.body()),
            )
            for event in events
        ],
    )


def _count_duplicates(events: Sequence[Event], batch_id: int) -> None:
    counts = Counter(
        (event.customer_id or 0, event.time.date(), event.meter.id if event.meter else 0)
        for event in events
    )
    sql.copy(
        "ledger_duplicatecount (batch_id, customer_id, day, meter_id, messages)",
        [(batch_id, *seen, number) for seen, number in sorted(counts.items())],
    )
