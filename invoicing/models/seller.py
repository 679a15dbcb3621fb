"""Who sells, and which tax applies."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Record


class SellerProfile(Record):
    """The vendor's legal entity as its documents print it. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200)
    legal_name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    vat_id = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    bank_details = models.TextField(blank=True)
    footer = models.TextField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="invoicing_seller_is_one")]

    def __str__(self) -> str:
        return self.name


class TaxRate(Record):
    """A rate of the tax table: for a country, or a region of it, from a date on."""

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=60, blank=True)
    rate_pct = models.CharField(max_length=12, help_text="exact decimal, like 19 or 8.875")
    taxable_share_pct = models.CharField(max_length=12, default="100")
    effective_from = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["country", "region", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "effective_from"],
                name="invoicing_tax_rate_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rate_pct} % in {self.region or self.country}"
