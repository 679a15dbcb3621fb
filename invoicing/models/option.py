"""Rights to buy more credits at a discount, sold with credits: material rights (V6)."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Book
from invoicing.models.invoice import Invoice
from ledger.models import Block, CreditUnit, Holder


class PurchaseOption(Book):
    """A right, sold with credits, to buy so many more at a price below what others pay, until an instant.

    `ssp_minor` is what the right is worth on its own: the discount beyond what anyone gets, by how
    likely it is used; `allocated_minor` its share of the price that was paid, deferred on account 2110
    until the right is used or lapses. Once-only: unique source, that of the invoice it was sold with.
    """

    unsealed_fields = ("sold_by",)

    code = models.CharField(max_length=100, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="options")
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(CreditUnit, on_delete=models.PROTECT, related_name="+")
    credits = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    list_price_minor = models.PositiveBigIntegerField()
    discount_pct = models.CharField(max_length=12)
    discount_anyone_gets_pct = models.CharField(max_length=12)
    likelihood_pct = models.CharField(max_length=12)
    exercise_price_minor = models.PositiveBigIntegerField()
    ssp_minor = models.PositiveBigIntegerField()
    allocated_minor = models.PositiveBigIntegerField()
    allocated_functional_minor = models.PositiveBigIntegerField(help_text="in the books' currency")
    valid_until = models.DateTimeField(help_text="exclusive")
    source = models.CharField(max_length=200, unique=True)
    sold_at = models.DateTimeField()
    sold_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-sold_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gt=0), name="invoicing_option_buys_something"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=models.F("sold_at")),
                name="invoicing_option_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class OptionEnd(Book):
    """What became of an option: used, lapsed, or void with the invoice it was sold with. Once per option."""

    unsealed_fields = ("ended_by",)

    class How(models.TextChoices):
        EXERCISED = "exercised", "used"
        LAPSED = "lapsed", "lapsed"
        VOID = "void", "void"

    option = models.OneToOneField(PurchaseOption, on_delete=models.PROTECT, related_name="end")
    how = models.CharField(max_length=10, choices=How)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    block = models.ForeignKey(
        Block, null=True, blank=True, db_constraint=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    ended_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ended_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-ended_at", "-id"]

    def __str__(self) -> str:
        return f"{self.option}: {self.get_how_display()}"
