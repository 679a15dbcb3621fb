"""Issued documents. They never change: a correction is another document."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from contracts.models import Contract, ScheduledCharge
from creditops.lib.tables import Book, Counter
from ledger.models import Block, Holder


class NumberSeries(Counter):
    """The last number used of a series in a year; its row is locked while a document is issued."""

    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)
    last_date = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year"], name="invoicing_series_one_counter_per_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"


class Invoice(Book):
    """An issued invoice with every fact that it prints, frozen at the issue.

    Once-only: unique number; unique source (a contract's billing instant, a purchase). What is open
    and whether it is paid follow from payments, never from a field here.
    """

    unsealed_fields = ("seller", "buyer", "notes")

    number = models.CharField(max_length=30, unique=True)
    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices")
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices"
    )
    holder = models.ForeignKey(
        Holder, null=True, blank=True, db_constraint=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    issued_at = models.DateTimeField()
    issue_date = models.DateField()
    due_date = models.DateField()
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=5, default="en", help_text="in which it is written")
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    prepaid_minor = models.BigIntegerField(
        default=0, help_text="paid in the instant of the issue, by card"
    )
    tax_category = models.CharField(max_length=2, help_text="EN 16931: S, Z, E, AE, G, O")
    tax_rate = models.CharField(max_length=12, help_text="percent, exact decimal")
    tax_note = models.CharField(max_length=200, blank=True)
    seller = models.JSONField(help_text="the seller as printed")
    buyer = models.JSONField(help_text="the customer as printed")
    notes = models.JSONField(default=list, help_text="sentences printed below the lines")
    receivable_at = models.DateTimeField(
        null=True, blank=True, help_text="when the right is unconditional; empty: at payment (V3)"
    )
    source = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["-issue_date", "-id"]
        permissions = [("issue_invoice", "Can issue invoices")]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year", "sequence"], name="invoicing_invoice_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")),
                name="invoicing_invoice_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(Book):
    """A line of an invoice. A scheduled charge is billed by one line at most."""

    class Kind(models.TextChoices):
        COMMITMENT = "COMMITMENT", "Commitment"
        BONUS = "BONUS", "Bonus credits"
        OVERAGE = "OVERAGE", "Overage"
        PURCHASE = "PURCHASE", "Credits"
        TOP_UP = "TOP_UP", "Top-up"
        INTEREST = "INTEREST", "Interest on late payment"
        ADDITION = "ADDITION", "Added credits"
        SUBSCRIPTION = "SUBSCRIPTION", "Subscription"
        UPGRADE = "UPGRADE", "Upgrade"
        GRACE = "GRACE", "Use beyond the balance"
        USE = "USE", "Tax on used credits"
        OTHER = "OTHER", "Other"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=300)
    credits = models.PositiveBigIntegerField(null=True, blank=True)
    unit_price = models.CharField(max_length=40, blank=True, help_text="exact, per credit")
    amount_minor = models.BigIntegerField()
    taxed_minor = models.BigIntegerField(
        null=True, blank=True,
        help_text="what its tax is on, where that was paid before; empty: its amount",
    )  # fmt: skip
    list_minor = models.BigIntegerField(
        null=True, blank=True, help_text="before the document's discount; empty: there was none"
    )
    tax_no = models.PositiveSmallIntegerField(default=1, help_text="which of the invoice's taxes")
    period_from = models.DateField(null=True, blank=True)
    period_to = models.DateField(null=True, blank=True, help_text="last day, included")
    charge = models.OneToOneField(
        ScheduledCharge, null=True, blank=True, on_delete=models.PROTECT, related_name="line"
    )
    block = models.ForeignKey(
        Block, null=True, blank=True, db_constraint=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip

    class Meta:
        ordering = ["invoice", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "position"], name="invoicing_line_one_per_position"
            ),
            models.CheckConstraint(
                condition=Q(taxed_minor__isnull=True) | Q(amount_minor=0, kind="USE"),
                name="invoicing_line_is_paid_or_taxed_only",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def base_minor(self) -> int:
        """What its tax is on: its amount, or what was paid before."""
        return self.amount_minor if self.taxed_minor is None else self.taxed_minor


class InvoiceTax(Book):
    """The tax of an invoice by rate: on the net of its lines, rounded once (I7)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    no = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=2, help_text="EN 16931: S, Z, E, AE, G, O")
    rate_pct = models.CharField(max_length=12, help_text="percent, exact decimal")
    share_pct = models.CharField(max_length=12, help_text="how much of the net is taxable")
    net_minor = models.BigIntegerField()
    taxable_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True, help_text="why nothing is taxed, or part")
    at_use = models.BooleanField(
        default=False,
        help_text="its credits are taxed as they are used: nothing is taxed yet (I10)",
    )

    class Meta:
        ordering = ["invoice", "no"]
        verbose_name_plural = "invoice taxes"
        constraints = [
            models.UniqueConstraint(fields=["invoice", "no"], name="invoicing_tax_one_per_no"),
            models.CheckConstraint(
                condition=Q(at_use=False) | Q(category="O", tax_minor=0),
                name="invoicing_tax_at_use_is_none_yet",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate_pct} % of {self.invoice}"
