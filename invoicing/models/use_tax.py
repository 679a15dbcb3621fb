"""Tax that is due as credits are used: month by month, and of what (I10)."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Book, Record
from invoicing.models.invoice import Invoice
from ledger.models import Block, Holder


class TaxedMonth(Record):
    """A month of a holder whose credits are taxed as they are used: left behind when the month ends, and
    done when its use has its document.

    Once-only: unique (holder, month, currency). Without an invoice it is done when nothing was used that
    a tax could be due on.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    month = models.DateField(help_text="its first day, in the books' zone")
    currency = models.CharField(max_length=3, help_text="in which the credits were paid")
    left_at = models.DateTimeField(help_text="when it was left to be taxed")
    done_at = models.DateTimeField(null=True, blank=True, help_text="empty: it waits")
    invoice = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="taxed_month"
    )

    class Meta:
        ordering = ["customer", "holder", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "month", "currency"], name="invoicing_use_is_taxed_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=True) | Q(done_at__isnull=False),
                name="invoicing_taxed_month_with_invoice_is_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} in {self.currency}"


class TaxedUse(Book):
    """What of a block was taxed as used in a stretch of time, by the document of one month.

    Later documents write what has changed since (late use, corrections, below zero too), so the rows of a
    block add up to what its use was worth. Once-only: unique (month, block, used from).
    """

    taxed_month = models.ForeignKey(TaxedMonth, on_delete=models.PROTECT, related_name="uses")
    block = models.ForeignKey(
        Block, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    used_from = models.DateTimeField()
    used_until = models.DateTimeField(help_text="exclusive")
    credits = models.BigIntegerField()
    base_minor = models.BigIntegerField(help_text="what was paid for them, net")
    tax_no = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="which of its document's taxes; empty: none is due"
    )

    class Meta:
        ordering = ["taxed_month", "used_from", "block"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxed_month", "block", "used_from"], name="invoicing_use_is_taxed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.credits:,} credits used from {self.used_from:%Y-%m-%d}"
