"""What the bank says: lines of its statements, each waiting until it is placed."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Record
from invoicing.models.payment import Receipt


class BankLine(Record):
    """Money that came into a bank account, as a statement says; placed when it has its receipt.

    Once-only: unique (account, line), however often a statement is imported.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "to be placed"
        PLACED = "placed", "placed"
        SET_ASIDE = "set_aside", "not a customer's payment"

    account = models.CharField(max_length=60, help_text="of ours, as the file names it")
    line = models.CharField(max_length=120, help_text="what makes it this line: the bank's id")
    booked_on = models.DateField()
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=200, blank=True)
    said = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    why = models.CharField(max_length=300, blank=True, help_text="why it waits, or was set aside")
    receipt = models.OneToOneField(
        Receipt, null=True, blank=True, on_delete=models.PROTECT, related_name="bank_line"
    )
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-booked_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "line"], name="invoicing_bank_line_imported_once"
            ),
            models.CheckConstraint(
                condition=Q(state="placed", receipt__isnull=False)
                | (~Q(state="placed") & Q(receipt__isnull=True)),
                name="invoicing_bank_line_placed_has_its_receipt",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_bank_line_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.payer or self.said}"
