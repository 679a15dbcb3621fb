"""Customers are asked which of two rates they want."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from contracts.models.pricing import RateCard
from creditops.lib.tables import Book, Record
from ledger.models import Holder


class RateCampaign(Record):
    """Customers of a card are asked about an action: stay with it, or have it rated as its successor (S55).

    Where the action ends they have to choose, until it does (R2). Who chose what stands with the choices
    (`ledger_ratechoice`). Once-only: one open campaign per card and action.
    """

    class Kind(models.TextChoices):
        OFFER = "offer", "offer: who does not answer stays"
        RETIREMENT = "retirement", "the action ends: everybody has to choose"

    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="campaigns")
    kind = models.CharField(max_length=10, choices=Kind)
    item = models.CharField(max_length=100)
    successor = models.CharField(max_length=100, blank=True, help_text="empty: any other action")
    message = models.TextField(blank=True, max_length=2_000, help_text="what customers gain")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    answer_by = models.DateTimeField(help_text="the first instant after it")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "item"],
                condition=Q(closed_at__isnull=True),
                name="contracts_campaign_one_open_per_action",
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gt=F("opened_at")), name="contracts_campaign_leaves_time"
            ),
            models.CheckConstraint(
                condition=~Q(kind="offer") | ~Q(successor=""),
                name="contracts_campaign_offers_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} → {self.successor or 'another action'} ({self.card})"


class CampaignNotice(Book):
    """A customer was written to about a campaign: 0 is its beginning, then reminders.

    Once-only: unique (campaign, holder, number).
    """

    campaign = models.ForeignKey(RateCampaign, on_delete=models.PROTECT, related_name="notices")
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    number = models.PositiveSmallIntegerField()
    noticed_at = models.DateTimeField()

    class Meta:
        ordering = ["campaign", "number", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "holder", "number"], name="contracts_campaign_noticed_once"
            )
        ]

    def __str__(self) -> str:
        return f"notice {self.number} of {self.campaign}"
