"""The two exchange rates: dollar-to-credit and credit-to-product, each by version."""

from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Book, Record
from ledger.models import CreditUnit, Meter, Rate, Tariff


class PriceVersion(Book):
    """How many credits one unit of a currency buys from an instant on: a simple ratio (S23, R7).

    Once-only: unique (currency, effective_from). A better ratio is for new purchases only.
    """

    unsealed_fields = ("published_by",)

    currency = models.CharField(max_length=3)
    credits_per_currency_unit = models.PositiveIntegerField()
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["currency", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "effective_from"], name="contracts_price_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("published_at")),
                name="contracts_price_never_touches_the_past",
            ),
            models.CheckConstraint(
                condition=Q(credits_per_currency_unit__gt=0), name="contracts_price_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.credits_per_currency_unit:,} credits"


class RateCard(Record):
    """A catalogue of actions and what they cost in credits, known by its code."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class RateCardVersion(Book):
    """A published version of a rate card, with the tariff that the ledger uses for it.

    Once-only: unique (card, version). It never changes: a new price is a new version.
    """

    unsealed_fields = ("published_by",)

    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=60)
    tariff = models.OneToOneField(Tariff, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["card", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "version"], name="contracts_card_version_published_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.card} {self.version}"


class RateItem(Book):
    """An action on a rate card, in the words of those who buy it.

    `customer_unit` is the unit that the customer tracks (S11): words translated, leads, calls.
    """

    version = models.ForeignKey(RateCardVersion, on_delete=models.PROTECT, related_name="items")
    item = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Rate.Kind, default=Rate.Kind.FIXED)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="+")
    property = models.CharField(max_length=100, blank=True)
    match = models.JSONField(default=dict, blank=True)
    unit = models.ForeignKey(CreditUnit, on_delete=models.PROTECT, related_name="+")
    credits = models.PositiveBigIntegerField()
    per = models.PositiveBigIntegerField(default=1)
    role = models.CharField(max_length=10, choices=Rate.Role, default=Rate.Role.PRINCIPAL)
    period_months = models.PositiveSmallIntegerField(null=True, blank=True)
    customer_unit = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["version", "id"]

    def __str__(self) -> str:
        return self.item
