"""Work that is due at an instant."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Queue


class DueRow(Queue):
    """One piece of time-driven work: a kind, its subject and the instant it is due.

    Once-only: unique (kind, subject, due_at). Work of one group (a customer) is done in order and
    stops at the first that fails; other groups go on.
    """

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    group = models.CharField(max_length=100)
    due_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["due_at", "rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "due_at"], name="lib_due_once_per_subject_and_instant"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "rank", "id"],
                condition=Q(done_at__isnull=True),
                name="lib_due_waiting",
            ),
            models.Index(
                fields=["group", "due_at", "rank", "id"],
                condition=Q(done_at__isnull=True),
                name="lib_due_waiting_by_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}, due {self.due_at:%Y-%m-%d %H:%M}"
