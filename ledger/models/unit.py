"""What is counted."""

from django.db import models

from creditops.lib.tables import Record


class CreditUnit(Record):
    """One currency of credits: AI credits, data credits, actions. Known outside by its code."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100, help_text="as customers read it, plural: AI credits")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Meter(Record):
    """A kind of event that the product reports, known outside by its code.

    It counts events, or a property of them (`quantity_property`). A meter with a `rated_unit` is
    already rated: its quantity is a number of credits of that unit.
    """

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=100)
    quantity_property = models.CharField(
        max_length=100,
        blank=True,
        help_text="the property that holds the quantity; empty: the event's own, or 1",
    )
    properties = models.JSONField(
        default=dict,
        blank=True,
        help_text='further properties kept and priced: {"name": "number" or "text"}',
    )
    rated_unit = models.ForeignKey(
        CreditUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
