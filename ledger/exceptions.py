"""Does the end of exceptions: a person lets them in, or writes them off with a reason (L8).

Nothing that could not be placed is dropped: it waits with its body until one of the two happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from creditops.lib import locks
from creditops.lib.refusals import Refusal
from ledger import messages, metering, resolving
from ledger.line import LATE_AFTER
from ledger.messages import Message
from ledger.models import ExceptionEnd, UsageException

WRITTEN_OFF = "written_off"
# How many are ended by one transaction.
AT_ONCE = 1_000


@dataclass
class Applied:
    """What became of exceptions that were let in: outcomes by status, reasons of those that stay."""

    statuses: dict[str, int] = field(default_factory=dict)
    still: dict[str, int] = field(default_factory=dict)


def waiting() -> QuerySet[UsageException]:
    """Exceptions and held messages that nobody ended yet."""
    return UsageException.objects.filter(end__isnull=True).exclude(
        kind=UsageException.Kind.CONFLICT
    )


def of_batches(batches: Sequence[int]) -> QuerySet[UsageException]:
    """What these deliveries set aside, conflicts too, and nobody ended yet."""
    return UsageException.objects.filter(batch_id__in=batches, end__isnull=True)


def apply(
    rows: Sequence[UsageException], *, by: str, reason: str, at: datetime, unseen: bool = False
) -> Applied:
    """Let exceptions in: judged and drawn now, by their own times, whatever their age.

    Args:
        rows: waiting exceptions.
        by, reason: who lets them in, and why.
        unseen: they were set aside by this very transaction, so that nobody else can end them.

    What can't be placed still (an unknown customer, no rate, a time that is still ahead) stays where it
    is. Raises Refusal
    `reason_missing`.
    """
    _needs_reason(reason)
    done = Applied()
    for start in range(0, len(rows), AT_ONCE):
        with transaction.atomic():
            part = rows[start : start + AT_ONCE]
            if not unseen:
                _hold(part)
            _apply_batch(part, by, reason, at, done)
    return done


def write_off(row: UsageException, *, by: str, reason: str, at: datetime) -> ExceptionEnd:
    """Let an exception or conflict go, with a reason. Raises Refusal `exception_ended`."""
    _needs_reason(reason)
    with transaction.atomic():
        _hold([row])
        if ExceptionEnd.objects.filter(exception=row).exists():
            raise Refusal("exception_ended", f"{row.key!r} was ended already.")
        return ExceptionEnd.objects.create(
            exception=row, outcome=WRITTEN_OFF, recorded_at=at, ended_by=by, reason=reason
        )


def write_off_all(rows: Sequence[UsageException], *, by: str, reason: str, at: datetime) -> int:
    """Let exceptions and conflicts go, with a reason; returns how many nobody had ended before."""
    _needs_reason(reason)
    done = 0
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        with transaction.atomic():
            _hold(part)
            ended = _ended(part)
            made = ExceptionEnd.objects.bulk_create(
                ExceptionEnd(
                    exception=row, outcome=WRITTEN_OFF, recorded_at=at, ended_by=by, reason=reason
                )
                for row in part
                if row.pk not in ended
            )
            done += len(made)
    return done


def _hold(rows: Sequence[UsageException]) -> None:
    locks.hold_all(f"exception:{row.pk}" for row in rows)


def _ended(rows: Sequence[UsageException]) -> set[int]:
    ends = ExceptionEnd.objects.filter(exception__in=[row.pk for row in rows])
    return set(ends.values_list("exception_id", flat=True))


def _apply_batch(
    rows: Sequence[UsageException], by: str, reason: str, at: datetime, done: Applied
) -> None:
    ended = _ended(rows)
    waits = [(row, _message(row)) for row in rows if row.pk not in ended]
    # What is still ahead would be held again.
    ready = [(row, told) for row, told in waits if not _is_ahead(told, at)]
    if len(ready) < len(waits):
        code = resolving.IN_THE_FUTURE
        done.still[code] = done.still.get(code, 0) + len(waits) - len(ready)
    if not ready:
        return
    receipt = metering.accept(
        [told for _, told in ready],
        at=at,
        origin=f"exceptions, let in by {by}"[:200],
        admitted=True,
    )
    ends = []
    for (row, _), outcome in zip(ready, receipt.outcomes, strict=True):
        if outcome.status == messages.EXCEPTION:
            done.still[outcome.code] = done.still.get(outcome.code, 0) + 1
            continue
        done.statuses[outcome.status] = done.statuses.get(outcome.status, 0) + 1
        customer, _, event = outcome.uid.partition("-")
        ends.append(
            ExceptionEnd(
                exception=row,
                outcome=outcome.status,
                event_customer_id=int(customer) if customer else None,
                event_id=int(event) if event else None,
                recorded_at=at,
                ended_by=by,
                reason=reason,
            )
        )
    ExceptionEnd.objects.bulk_create(ends)


def _is_ahead(told: Message, at: datetime) -> bool:
    return told.time is not None and told.time - at > LATE_AFTER


def _message(row: UsageException) -> Message:
    body = row.body
    time = body.get("time")
    return Message(
        source=row.source.name,
        key=row.key,
        customer=body.get("customer", ""),
        contract=body.get("contract"),
        account=body.get("account"),
        meter=body.get("meter", ""),
        time=datetime.fromisoformat(time) if time else row.received_at,
        quantity=Decimal(body["quantity"]) if "quantity" in body else None,
        user=body.get("user"),
        data=body.get("data", {}),
    )


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("reason_missing", "Say why; the reason is kept with the exception.")
