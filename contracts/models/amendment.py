"""Changes of running contracts."""

from django.db import models
from django.db.models import Q

from contracts.models.agreement import Contract, ScheduledCharge
from creditops.lib.tables import Book


class Amendment(Book):
    """A change of a running contract: who signed it, when, and its effect in numbers.

    Once-only: unique source; numbered from 1 per contract. `effect` says how the contract stood before
    and after, in sentences' numbers: what is shown now is what was signed then.
    """

    unsealed_fields = ("signed_by", "reason")

    class Kind(models.TextChoices):
        SEPARATE = "separate", "credits added at their own price"
        BLENDED = "blended", "credits added, price blended with what is left"
        REDUCED = "reduced", "credits given back"
        CANCELLED = "cancelled", "no renewal"
        TERMINATED = "terminated", "ended early"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="amendments")
    no = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    credits = models.PositiveBigIntegerField(default=0, help_text="added, or given back")
    price_minor = models.PositiveBigIntegerField(
        default=0, help_text="net: to be paid, or credited"
    )
    currency = models.CharField(max_length=3)
    ssp_per_credit = models.CharField(max_length=40, blank=True, help_text="that decided, exact")
    ssp_tolerance_pct = models.CharField(max_length=12, blank=True)
    charge = models.OneToOneField(
        ScheduledCharge, null=True, blank=True, on_delete=models.PROTECT, related_name="amendment"
    )
    block_source = models.CharField(max_length=200, blank=True)
    effect = models.JSONField(default=dict)
    source = models.CharField(max_length=200, unique=True)
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["contract", "no"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "no"], name="contracts_amendment_numbered"),
            models.CheckConstraint(
                condition=~Q(kind__in=["separate", "blended", "reduced"]) | Q(credits__gt=0),
                name="contracts_amendment_changes_something",
            ),
        ]

    def __str__(self) -> str:
        return f"amendment {self.no} of {self.contract}"
