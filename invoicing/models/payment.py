"""Money that arrives."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Book, Record
from invoicing.models.invoice import Invoice


class Payment(Book):
    """A payment for an invoice, in its currency. Once-only: unique reference."""

    unsealed_fields = ("recorded_by",)

    class Method(models.TextChoices):
        CARD = "card", "card"
        TRANSFER = "transfer", "bank transfer"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Method)
    reference = models.CharField(max_length=200, unique=True)
    paid_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-paid_at", "-id"]
        permissions = [("record_payment", "Can record payments")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_payment_is_positive"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} for {self.invoice}"


class SavedCard(Record):
    """The card that a customer left on file with the gateway; we keep its token, never its number."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="card")
    token = models.CharField(max_length=200)
    label = models.CharField(max_length=60, help_text="as people know it: Visa ending in 4242")
    saved_at = models.DateTimeField()

    secret_fields = ("token",)

    def __str__(self) -> str:
        return self.label
