"""The two exchange rates: dollar-to-credit and credit-to-product, each by version."""

from django.db import models
from django.db.models import F, Q

from creditops.lib import money
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


class PriceTier(Book):
    """From which amount on a purchase costs less than list: $50,000 and more at 10 % off (S21, S31).

    Once-only: unique (price, amount_minor). The amount is at list; what it buys is a clean size to sell.
    """

    price = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, related_name="tiers")
    amount_minor = models.PositiveBigIntegerField(help_text="at list, net")
    discount_basis_points = models.PositiveSmallIntegerField(help_text="hundredths of a percent")

    class Meta:
        ordering = ["price", "amount_minor"]
        constraints = [
            models.UniqueConstraint(
                fields=["price", "amount_minor"], name="contracts_tier_one_per_amount"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="contracts_tier_has_an_amount"
            ),
            models.CheckConstraint(
                condition=Q(discount_basis_points__lte=10_000),
                name="contracts_tier_discount_at_most_all",
            ),
        ]

    @property
    def currency(self) -> str:
        """Of its amount."""
        return str(self.price.currency)

    def __str__(self) -> str:
        return f"from {money.for_people(self.amount_minor, self.currency)}"


class Pack(Book):
    """A size of credits at a price, on sale from an instant on, until another version replaces it.

    Once-only: unique (code, currency, effective_from). Withdrawing one is a version that is not on sale.
    """

    unsealed_fields = ("published_by",)

    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    unit = models.ForeignKey(CreditUnit, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    credits = models.PositiveBigIntegerField()
    price_minor = models.PositiveBigIntegerField(help_text="net")
    on_sale = models.BooleanField(default=True)
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["code", "currency", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "currency", "effective_from"], name="contracts_pack_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(credits__gt=0), name="contracts_pack_has_credits"),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("published_at")),
                name="contracts_pack_never_touches_the_past",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.credits:,} credits"


class RateCard(Record):
    """A catalogue of actions and what they cost in credits, known by its code.

    `mode` says how it is meant (S22): one credit buys one output, or one pool is drawn by many rates.
    """

    class Mode(models.TextChoices):
        MULTI = "multi", "one pool, many rates"
        SINGLE = "single", "one credit buys one output"

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.MULTI)

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

    `customer_unit` is the unit that the customer tracks (S11): words translated, leads, calls; `position`
    the action's place on the value chain. An `outcome` has a fixed price each (S18).
    """

    class Position(models.TextChoices):
        HORIZONTAL = "horizontal", "horizontal: for every trade"
        VERTICAL = "vertical", "vertical: for one trade"

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
    position = models.CharField(max_length=10, choices=Position, blank=True, default="")
    outcome = models.BooleanField(default=False)

    class Meta:
        ordering = ["version", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=False) | Q(kind="fixed", property=""),
                name="contracts_item_outcome_is_no_share",
            )
        ]

    def __str__(self) -> str:
        return self.item
