"""Answers what operators watch, for Prometheus: work that waits, for how long already, and what fails.

Open to everybody like the probes, so it tells numbers of pieces and seconds, and nothing of whose they are or
how much is used. All of it is asked of the database, so every web process tells the same; only what waits is
looked at, however long the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from creditops.lib import clock
from creditops.lib.models import DueRow, OutboxMessage
from ledger import set_aside
from ledger.set_aside import Kind

# Of messages that were set aside so many are counted of each kind.
COUNTED_MAX = 10_000


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus's text form; 503 while there is no database to ask."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Waiting(clock.now()))
    try:
        said = generate_latest(registry)
    except DatabaseError:
        return HttpResponse("# the database is unreachable\n", "text/plain", status=503)
    return HttpResponse(said, CONTENT_TYPE_LATEST)


class _Waiting(Collector):
    """What waits at an instant."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def collect(self) -> Iterator[Metric]:
        """Every figure, with its name and what it means."""
        letters = OutboxMessage.objects.all()
        yield from self._queue("outbox", "what leaves the house", letters, "not_before", "attempts")
        due = DueRow.objects.filter(due_at__lte=self._at)
        yield from self._queue("due_work", "time-driven work", due, "due_at", "failures")
        aside = GaugeMetricFamily(
            "creditops_usage_set_aside",
            f"Usage that waits for a person, by kind; counted up to {COUNTED_MAX:,}",
            labels=["kind"],
        )
        counts = set_aside.counts(set_aside.Asked(), at=self._at, most=COUNTED_MAX)
        for kind in Kind:
            if kind != Kind.REFUSED:
                aside.add_metric([kind.value], counts[kind])
        yield aside

    def _queue(
        self, name: str, what: str, queue: QuerySet[Any], since: str, failures: str
    ) -> Iterator[Metric]:
        """A queue's figures: `since` is the field that says from when on a piece is ready, `failures` how
        often it failed."""
        ready = Q(**{f"{since}__lte": self._at})
        found = queue.filter(done_at__isnull=True).aggregate(
            ready=Count("pk", filter=ready),
            failing=Count("pk", filter=Q(**{f"{failures}__gt": 0})),
            oldest=Min(since, filter=ready),
        )
        waits = (self._at - found["oldest"]).total_seconds() if found["oldest"] else 0
        for figure, meaning, value in (
            ("waiting", "ready and not done", found["ready"]),
            ("failing", "failed and will be tried again", found["failing"]),
            ("oldest_seconds", "seconds for which the oldest that is ready waits", waits),
        ):
            yield GaugeMetricFamily(f"creditops_{name}_{figure}", f"{what}: {meaning}", value)
