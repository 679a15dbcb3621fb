"""Does backfills: usage of the past, loaded as one, unseen until it is closed, reversible as one.

Rows wait in a queue of their own, where no balance, alert or check sees them. Closing hands them to the
intake in the order of their times, bounded piece by piece; a row leaves the queue in the transaction that
takes it in, so a close that was killed is simply gone on with. Whoever closes it lets in what came too
late, with the reason given (L8). Reversing voids every event of it, through the same corrections as
anywhere: nothing is removed from the books.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, Min

from creditops.lib import binary, due, sql
from creditops.lib.refusals import NotFound, Refusal
from ledger import columns, corrections, exceptions, messages, metering, resolving
from ledger.columns import Columns
from ledger.models import (
    Backfill,
    BackfillBatch,
    BackfillRow,
    UsageEvent,
    UsageException,
)

# The kind of due work that goes on with a close or a reversal.
WORK = "ledger.backfill"
# How many rows are taken in, and how many events made void, by one transaction: usage that comes meanwhile
# waits for it, and gives up after 3 s.
TAKEN_AT_ONCE, VOIDED_AT_ONCE = 2_500, 1_000
_State = Backfill.State


@dataclass
class Standing:
    """How a backfill stands: rows that wait, messages taken in by what became of them, events that are
    void, credits that its events draw now, and from when to when its times lie."""

    waiting: int
    statuses: dict[str, int]
    void: int
    credits: int
    first: datetime | None
    last: datetime | None


def find(name: str) -> Backfill:
    """The backfill of this name. Raises NotFound."""
    found = Backfill.objects.filter(name=name).first()
    if found is None:
        raise NotFound("backfill", name)
    return found


def open_for(name: str, *, by: str, at: datetime) -> Backfill:
    """The open backfill of this name, made if it is new.

    Raises Refusal `backfill_name_unfit`, or `backfill_not_open` if it was closed or reversed already.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable() or "/" in name:
        raise Refusal("backfill_name_unfit", "Name the backfill in 1 to 100 signs without a slash.")
    made = Backfill(name=name, opened_at=at, opened_by=by)
    Backfill.objects.bulk_create([made], ignore_conflicts=True)
    found = find(name)
    if found.state != _State.OPEN:
        raise _not_open(found)
    return found


def stage(backfill: Backfill, batch: Columns) -> None:
    """Have rows wait in a backfill; each needs a time. Raises Refusal `backfill_not_open`."""
    with transaction.atomic():
        _lock(backfill, _State.OPEN, otherwise="backfill_not_open")
        sql.copy(
            "ledger_backfillrow (backfill_id, event_time, source, key, customer, contract, meter,"
            " quantity, user_name, data)",
            (
                (
                    backfill.pk, columns.instant(time), *row,
                    json.dumps(messages.plain(dict(data))) if data else None,
                )
                for time, data, *row in zip(
                    batch.time.tolist(), batch.data, batch.source, batch.key, batch.customer,
                    batch.contract, batch.meter, batch.quantity, batch.user, strict=True,
                )
            ),
        )  # fmt: skip


def close(backfill: Backfill, *, by: str, reason: str, at: datetime) -> Backfill:
    """Say that a backfill is to be taken into the books; `work` does it, now or as due work.

    Raises Refusal `reason_missing`, `backfill_not_open`, or `backfill_empty`.
    """
    _needs_reason(reason)
    with transaction.atomic():
        found = _lock(backfill, _State.OPEN, otherwise="backfill_not_open")
        if not found.rows.exists():
            raise Refusal("backfill_empty", f"Nothing waits in {found.name}. Import a file first.")
        found.state = _State.CLOSING
        found.closed_at, found.closed_by, found.close_reason = at, by, reason
        found.save()
        _plan(found, at)
    return found


def reverse(backfill: Backfill, *, by: str, reason: str, at: datetime) -> Backfill:
    """Say that a backfill is to be reversed, whole; `work` does it, now or as due work.

    What still waits in it is thrown away, every event of it is made void, what was set aside from it is
    written off. Raises Refusal `reason_missing` or `backfill_reversed`.
    """
    _needs_reason(reason)
    with transaction.atomic():
        found = _lock(
            backfill, _State.OPEN, _State.CLOSING, _State.CLOSED, otherwise="backfill_reversed"
        )
        found.state = _State.REVERSING
        found.reversed_at, found.reversed_by, found.reverse_reason = at, by, reason
        found.save()
        _plan(found, at)
    return found


def work(
    backfill: Backfill,
    *,
    now: Callable[[], datetime],
    tell: Callable[[Backfill], None] = lambda _: None,
) -> Backfill:
    """Go on with a close or a reversal until it is done; killed at any point, it is called again.

    Args:
        now: the clock, asked once per piece: what is taken in is received then.
        tell: called after each piece, with the backfill as it stood at first.
    """
    while step(backfill, at=now()):
        tell(backfill)
    backfill.refresh_from_db()
    return backfill


def step(backfill: Backfill, *, at: datetime) -> bool:
    """Do one piece of a close or reversal, in one transaction; False if nothing is left to be done."""
    with transaction.atomic():
        found = Backfill.objects.select_for_update().get(pk=backfill.pk)
        if found.state == _State.CLOSING:
            _take_in(found, at)
        elif found.state == _State.REVERSING:
            _take_back(found, at)
        return found.state in (_State.CLOSING, _State.REVERSING)


def work_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: one piece, and the next is planned; `subject` is the backfill's number / the piece's."""
    number, piece = map(int, subject.split("/"))
    backfill = Backfill.objects.get(pk=number)
    if step(backfill, at=recorded_at):
        # Due as early as this one: before what its pieces, or somebody's beside it, leave to be billed.
        _plan(backfill, due_at, piece + 1)


def standing(backfill: Backfill) -> Standing:
    """How a backfill stands; a constant number of queries."""
    waiting = backfill.rows.aggregate(first=Min("event_time"), last=Max("event_time"))
    [(statuses, void, credits, first, last)] = sql.rows(
        "ledger", "backfill_standing", backfill=backfill.pk
    )
    firsts = [time for time in (waiting["first"], first) if time is not None]
    lasts = [time for time in (waiting["last"], last) if time is not None]
    return Standing(
        backfill.rows.count(), json.loads(statuses), void, int(credits),
        min(firsts, default=None), max(lasts, default=None),
    )  # fmt: skip


def _take_in(backfill: Backfill, at: datetime) -> None:
    """Hand the earliest rows that wait to the intake; the last time there are none, it is closed."""
    rows = list(backfill.rows.all()[:TAKEN_AT_ONCE])
    if not rows:
        backfill.state = _State.CLOSED
        backfill.save()
        return
    receipt = metering.accept(_columns(rows), at=at, origin=f"backfill:{backfill.name}"[:200])
    BackfillBatch.objects.create(backfill=backfill, batch_id=receipt.batch_id)
    late = UsageException.objects.filter(
        batch_id=receipt.batch_id, kind=UsageException.Kind.EXCEPTION, code=resolving.TOO_LATE
    )
    waiting = list(late.select_related("source").order_by("event_time", "index_in_batch"))
    if waiting:
        exceptions.apply(
            waiting, by=backfill.closed_by, reason=_because(backfill), at=at, unseen=True
        )
    binary.run("ledger", "leave_backfill", rows=binary.bigints([row.pk for row in rows]))


def _because(backfill: Backfill) -> str:
    return f"backfill {backfill.name}: {backfill.close_reason}"


def _take_back(backfill: Backfill, at: datetime) -> None:
    """Make the next events void; where there are none, let go what was set aside; then it is reversed."""
    by, reason = backfill.reversed_by, f"backfill {backfill.name}: {backfill.reverse_reason}"
    events = _next_drawn(backfill)
    if events:
        corrections.void_all(events, by=by, reason=reason, at=at)
        return
    aside = exceptions.of_batches(_batches(backfill)).order_by("id")
    rest = list(aside[: exceptions.AT_ONCE])
    if rest:
        exceptions.write_off_all(rest, by=by, reason=reason, at=at)
        return
    # Meanwhile somebody may have let in what a delivery that was done already had set aside.
    events = _drawn(_batches(backfill))
    if events:
        corrections.void_all(events, by=by, reason=reason, at=at)
        return
    sql.run("ledger", "empty_backfill", backfill=backfill.pk)
    backfill.state = _State.REVERSED
    backfill.save()


def _next_drawn(backfill: Backfill) -> list[UsageEvent]:
    """Events that draw credits still, of the newest delivery that has such; those without are done."""
    for batch in sorted(_batches(backfill), reverse=True):
        if backfill.void_from is not None and batch >= backfill.void_from:
            continue
        events = _drawn([batch])
        if events:
            return events
        backfill.void_from = batch
        backfill.save()
    return []


def _drawn(batches: Sequence[int]) -> list[UsageEvent]:
    """Events of these deliveries that draw credits still, newest first, as many as go at once.

    Those that a person let in later, from what was set aside, are among them.
    """
    keys = sql.rows("ledger", "backfill_drawn", deliveries=batches, most=VOIDED_AT_ONCE)
    found = UsageEvent.objects.filter(
        customer_id__in={customer for customer, _ in keys}, id__in=[event for _, event in keys]
    )
    return list(found.select_related("source", "customer", "pool").order_by("-event_time", "-id"))


def _batches(backfill: Backfill) -> list[int]:
    return list(backfill.batches.values_list("batch_id", flat=True))


def _columns(rows: Sequence[BackfillRow]) -> Columns:
    return Columns(
        source=[row.source for row in rows],
        key=[row.key for row in rows],
        customer=[row.customer for row in rows],
        meter=[row.meter for row in rows],
        contract=[row.contract for row in rows],
        account=[None] * len(rows),
        time=np.array([columns.microseconds(row.event_time) for row in rows], dtype=np.int64),
        quantity=[_quantity(row.quantity) for row in rows],
        user=[row.user_name for row in rows],
        data=[row.data or {} for row in rows],
    )


def _quantity(stored: Any) -> Any:
    """Whole ones as such: they are drawn the quick way."""
    return int(stored) if stored is not None and stored == int(stored) else stored


def _lock(backfill: Backfill, *states: str, otherwise: str) -> Backfill:
    found = Backfill.objects.select_for_update().get(pk=backfill.pk)
    if found.state in states:
        return found
    if otherwise == "backfill_not_open":
        raise _not_open(found)
    raise Refusal("backfill_reversed", f"Backfill {found.name} is {found.state} already.")


def _not_open(backfill: Backfill) -> Refusal:
    return Refusal(
        "backfill_not_open",
        f"Backfill {backfill.name} is {backfill.state}, not open. Take another name.",
    )


def _plan(backfill: Backfill, at: datetime, piece: int = 1) -> None:
    # Before billing: all pieces of one run come before what is charged or credited for them.
    subject = f"{backfill.pk}/{piece}"
    due.plan(WORK, subject, at, rank=due.START, group=f"backfill:{backfill.pk}")


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("reason_missing", "Say why; the reason is kept with the backfill.")
