"""Who sells, and which tax applies."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Book, Record


class SellerProfile(Record):
    """The vendor's legal entity as its documents print it. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200)
    legal_name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    vat_id = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    tax_number = models.CharField(
        max_length=40, blank=True, help_text="of the tax office, where it is not the VAT id"
    )
    registration = models.CharField(
        max_length=60, blank=True, help_text="number in the register of companies"
    )
    iban = models.CharField(max_length=42, blank=True, help_text="where customers pay to")
    bic = models.CharField(max_length=11, blank=True)
    bank_details = models.TextField(blank=True, help_text="what else a payer needs to know")
    footer = models.TextField(blank=True, help_text="legal text at the foot of each page")
    logo = models.CharField(
        max_length=200, blank=True, help_text="the stored picture that documents bear"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="invoicing_seller_is_one")]

    def __str__(self) -> str:
        return self.name


class TaxRate(Record):
    """A rate of the tax table: for a country, or a region of it, and all products or one, from an
    instant on."""

    class Category(models.TextChoices):
        STANDARD = "S", "taxed"
        ZERO = "Z", "zero rated"
        EXEMPT = "E", "exempt"

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=60, blank=True)
    product = models.CharField(
        max_length=40, blank=True, help_text="the tax code of what is sold; empty: everything"
    )
    category = models.CharField(
        max_length=2, choices=Category, default=Category.STANDARD, help_text="EN 16931"
    )
    note = models.CharField(max_length=200, blank=True, help_text="printed: why nothing is taxed")
    rate_pct = models.CharField(max_length=12, help_text="exact decimal, like 19 or 8.875")
    taxable_share_pct = models.CharField(max_length=12, default="100")
    effective_from = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["country", "region", "product", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "product", "effective_from"],
                name="invoicing_tax_rate_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        said = f"{self.rate_pct} % in {self.region or self.country}"
        return f"{said} on {self.product}" if self.product else said


class TaxExemption(Record):
    """A certificate by which a customer owes no tax in a country, or a region of it, for some time.

    Once-only: unique (customer, country, region, certificate).
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="exemptions")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=60, blank=True, help_text="empty: the whole country")
    certificate = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_until = models.DateField(help_text="last day, included")
    reason = models.CharField(max_length=200, help_text="by which the customer is exempt: printed")
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["customer", "country", "region", "-valid_until"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "country", "region", "certificate"],
                name="invoicing_exemption_recorded_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lte=models.F("valid_until")),
                name="invoicing_exemption_lasts_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate} of {self.customer}"


class TaxIdCheck(Book):
    """A tax id as it was checked: the evidence for documents without tax (I9)."""

    unsealed_fields = ("tax_id", "name")

    class Way(models.TextChoices):
        FORMAT = "format", "its form and check digits"
        ONLINE = "online", "asked of the authority"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tax_id_checks")
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=40)
    way = models.CharField(max_length=10, choices=Way)
    valid = models.BooleanField()
    name = models.CharField(max_length=200, blank=True, help_text="as the authority knows it")
    reference = models.CharField(max_length=100, blank=True, help_text="the authority's number")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["-checked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.tax_id} of {self.customer}"
