"""Effects that wait to leave the house."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Queue


class OutboxMessage(Queue):
    """A mail, a document to render, a webhook or a charge, written with the fact that causes it.

    Once-only: unique (kind, key). Delivered at least once: a handler must be safe to run twice.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="lib_outbox_once_per_key")
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(done_at__isnull=True),
                name="lib_outbox_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
