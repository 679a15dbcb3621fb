"""Versions of rate cards before they are published."""

from django.db import models
from django.db.models import Q

from contracts.models.pricing import RateCard, RateCardVersion
from creditops.lib.tables import Record


class RateDraft(Record):
    """A version that is being written: edited, reviewed by a second person, published, or withdrawn.

    It prices nothing. `items` are the actions as JSON (`contracts/rate_items.py`), `authors` everybody who
    wrote in it: the database lets none of them review it. Once-only: unique (card, version).
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        REVIEWED = "reviewed", "reviewed"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrawn"

    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="drafts")
    version = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField(max_length=1000, blank=True, help_text="what changes, and why")
    items = models.JSONField(default=list)
    authors = models.JSONField(default=list)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=200, blank=True)
    published = models.OneToOneField(
        RateCardVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="draft"
    )

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "version"], name="contracts_draft_one_per_version"
            ),
            models.CheckConstraint(
                condition=Q(state="published", published__isnull=False)
                | (~Q(state="published") & Q(published__isnull=True)),
                name="contracts_draft_published_has_its_version",
            ),
            models.CheckConstraint(
                condition=~Q(state="reviewed")
                | (Q(reviewed_at__isnull=False) & ~Q(reviewed_by="")),
                name="contracts_draft_reviewed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card} {self.version}"
