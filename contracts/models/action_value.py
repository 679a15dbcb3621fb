"""What product knows of an action before it has a price."""

from django.db import models
from django.db.models import Q

from contracts.models.pricing import RateItem
from creditops.lib.tables import Record
from ledger.models import Meter


class ActionValue(Record):
    """An action of the product: what one costs us, and what one is worth to a customer.

    Both exact, in the books' currency. Without a cost of its own it is what usage of the meter cost lately.
    Once-only: unique name.
    """

    name = models.CharField(max_length=100, unique=True)
    meter = models.ForeignKey(
        Meter, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cost = models.DecimalField(max_digits=30, decimal_places=12, null=True, blank=True)
    worth = models.DecimalField(max_digits=30, decimal_places=12, null=True, blank=True)
    customer_unit = models.CharField(max_length=100, blank=True)
    position = models.CharField(max_length=10, choices=RateItem.Position, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(cost__isnull=True) | Q(cost__gte=0, cost__lt="1e15"))
                & (Q(worth__isnull=True) | Q(worth__gt=0, worth__lt="1e15")),
                name="contracts_action_value_is_finite",
            )
        ]

    def __str__(self) -> str:
        return self.name
