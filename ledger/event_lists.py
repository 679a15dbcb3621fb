"""Answers which usage events there were: newest first, page by page, by one key (keyset)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ledger import messages
from ledger.models import Correction, UsageEvent

# The longest page.
LARGEST_PAGE = 200


@dataclass(frozen=True)
class Listed:
    """An event as a list shows it. `credits` as corrected, `corrected` whether they were."""

    event: UsageEvent
    credits: int
    corrected: bool

    @property
    def uid(self) -> str:
        """The name by which the event is asked for."""
        return messages.uid(self.event.customer_id, self.event.id)


@dataclass(frozen=True)
class Place:
    """Where a page ended: the time and id of its last event."""

    event_time: datetime
    event_id: int


@dataclass(frozen=True)
class Page:
    """A page of events, and where the next one begins; None: this was the last."""

    events: Sequence[Listed]
    next: Place | None


def newest(
    customer_id: int,
    *,
    limit: int,
    after: Place | None = None,
    meter: str | None = None,
    user: str | None = None,
) -> Page:
    """Events of a paying customer by their time, newest first; two queries.

    Args:
        limit: events per page, at most `LARGEST_PAGE`.
        after: the place where the page before ended.
        meter, user: only of this meter's code or this end user's name.
    """
    limit = min(limit, LARGEST_PAGE)
    rows = UsageEvent.objects.filter(customer_id=customer_id)
    if after is not None:
        rows = rows.filter(event_time__lte=after.event_time).filter(
            Q(event_time__lt=after.event_time) | Q(id__lt=after.event_id)
        )
    if meter:
        rows = rows.filter(meter__code=meter)
    if user:
        rows = rows.filter(user__customer_id=customer_id, user__name=user)
    ordered = rows.select_related("meter", "user", "holder").order_by("-event_time", "-id")
    events = list(ordered[: limit + 1])
    shown = events[:limit]
    last = shown[-1] if len(events) > limit else None
    return Page(
        as_corrected(customer_id, shown),
        None if last is None else Place(last.event_time, last.id),
    )


def as_corrected(customer_id: int, events: Sequence[UsageEvent]) -> list[Listed]:
    """These events of a paying customer with their credits as corrected; one query."""
    newest = {
        row.event_id: row.credits
        for row in Correction.objects.filter(
            customer_id=customer_id, event_id__in=[event.id for event in events]
        ).order_by("no")
    }
    return [
        Listed(event, newest.get(event.id, event.credits), event.id in newest) for event in events
    ]
