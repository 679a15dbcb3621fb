"""What credits were exchanged for: access over time, not use."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book
from ledger.models.holder import Holder


class Entitlement(Book):
    """A flat fee or licences, paid with credits at once; revenue runs over its days (V7).

    Once-only: unique (customer, source). The credits stand on the event that drew them.
    """

    class Kind(models.TextChoices):
        FLAT = "flat", "flat fee"
        LICENCE = "licence", "licences"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    source = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    item = models.CharField(max_length=100)
    users = models.PositiveIntegerField(help_text="of licences; 1 of a flat fee")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="exclusive")
    event_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    granted_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.item} from {self.starts_on} to {self.ends_on}"


class EntitlementRelease(Book):
    """Revenue of an entitlement up to a day, cumulative. Once-only: unique (entitlement, through)."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    entitlement = models.ForeignKey(
        Entitlement, db_constraint=False, on_delete=models.DO_NOTHING, related_name="releases"
    )
    through = models.DateField()
    cumulative_minor = models.PositiveBigIntegerField(help_text="of the books' currency")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["through"]

    def __str__(self) -> str:
        return f"{self.entitlement} through {self.through}"
