"""Answers how many messages met which fate: received = all of them together, always (S65)."""

from __future__ import annotations

from django.db.models import Sum

from ledger import messages
from ledger.models import DuplicateCount, UsageEvent, UsageException


def of(*, customer_id: int | None = None, holder_id: int | None = None) -> dict[str, int]:
    """Messages by present status, with `received` as their sum.

    Args:
        customer_id, holder_id: only theirs; everything where nothing is given. What could not be
            placed has no holder, and duplicates are counted per customer.
    """
    events = UsageEvent.objects.all()
    aside = UsageException.objects.filter(end__isnull=True)
    repeated = DuplicateCount.objects.all()
    if customer_id is not None:
        events = events.filter(customer_id=customer_id)
        aside = aside.filter(customer_id=customer_id)
        repeated = repeated.filter(customer_id=customer_id)
    if holder_id is not None:
        events = events.filter(holder_id=holder_id)
    status = UsageEvent.Status
    counts = {
        messages.APPLIED: events.filter(status=status.APPLIED).count(),
        messages.RECORDED: events.filter(status=status.RECORDED).count(),
        messages.REFUSED: events.filter(status=status.REFUSED).count(),
        messages.DUPLICATE: int(repeated.aggregate(n=Sum("messages"))["n"] or 0),
        messages.CONFLICT: aside.filter(kind=messages.CONFLICT).count(),
        messages.HELD: aside.filter(kind=messages.HELD).count(),
        messages.EXCEPTION: aside.filter(kind=messages.EXCEPTION).count(),
    }
    return {"received": sum(counts.values()), **counts}
