"""Answers how far back a list of events reaches that names no customer: the newest deliveries.

With a customer a list is read along the customer's own index. Without one it would sort every event
ever sent; a delivery's events are one range of ids instead.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import EventBatch

# Deliveries looked at, and events that are enough: whichever comes first.
DELIVERIES_MAX = 200
EVENTS_ENOUGH = 10_000


def first_batch() -> int:
    """The oldest of the newest deliveries that a list without a customer shows."""
    events = 0
    oldest = 0
    for batch, received in EventBatch.objects.values_list("id", "received")[:DELIVERIES_MAX]:
        oldest = batch
        events += received
        if events >= EVENTS_ENOUGH:
            break
    return oldest


class RecentRows:
    """A list of what batches left behind; unless it names a customer, of the newest batches."""

    def since_batch(self, rows: QuerySet[Any], batch: int) -> QuerySet[Any]:
        """Of `rows` those of this batch and later ones."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The search; and the narrowing, which belongs to lists, never to a row's own page."""
        found, doubled = super().get_search_results(request, rows, term)  # type: ignore[misc]
        if request.GET.get("customer", "").strip():
            return found, doubled
        return self.since_batch(found, first_batch()), doubled
