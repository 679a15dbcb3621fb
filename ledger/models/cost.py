"""What models and data cost us: the prices of providers, and how a meter's usage is read by them."""

from django.db import models

from creditops.lib.tables import Book, Record
from ledger.models.unit import Meter


class ModelCost(Book):
    """A provider's price for one measure of a model, from an instant on, exact: 0.0000025 USD per
    `input_cost_per_token`. It holds until the next one of the same provider, model and measure.

    Once-only: unique (provider, model, measure, effective from). A later price is a new row, and none
    comes before another.
    """

    unsealed_fields = ("imported_by",)

    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    measure = models.CharField(max_length=120, help_text="as the provider's price file names it")
    currency = models.CharField(max_length=3)
    cost = models.DecimalField(max_digits=60, decimal_places=24, help_text="of one of the measure")
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["provider", "model", "measure", "-effective_from"]
        verbose_name = "provider price"

    def __str__(self) -> str:
        return f"{self.model}: {self.measure}"


class MeterCost(Record):
    """How a meter's usage is read by the providers' prices.

    `measures` says what each counted property costs by ("" is the meter's own quantity), `aliases` which
    model of the catalogue stands behind a name of ours.
    """

    meter = models.OneToOneField(Meter, on_delete=models.PROTECT, related_name="cost")
    model_property = models.CharField(
        max_length=100, blank=True, help_text="the property that names the model"
    )
    model = models.CharField(
        max_length=200, blank=True, help_text="the model of events that name none"
    )
    measures = models.JSONField(help_text='{"input_tokens": "input_cost_per_token"}')
    aliases = models.JSONField(default=dict, blank=True, help_text='{"our-name": "model"}')

    class Meta:
        ordering = ["meter"]
        verbose_name = "meter's cost"

    def __str__(self) -> str:
        return f"Cost of {self.meter}"
