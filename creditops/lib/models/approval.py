"""Requests that need a second person."""

from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Record


class Approval(Record):
    """A request that takes effect only when another person agrees.

    Bound to the exact content by its hash: what is carried out is what was approved. Once-only:
    one open request per (kind, subject). It does not carry itself out; the roof does.
    """

    class State(models.TextChoices):
        OPEN = "open", "waits for approval"
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    summary = models.CharField(max_length=400)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_by = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state="open"),
                name="lib_approval_one_open_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("requested_by")),
                name="lib_approval_needs_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by="")
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="lib_approval_decided_has_person_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.summary} ({self.get_state_display()})"
