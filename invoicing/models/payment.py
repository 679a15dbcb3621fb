"""Money that arrives, and what of it settles which invoice."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.models import Approval
from creditops.lib.tables import Book
from invoicing.models.invoice import Invoice


class Method(models.TextChoices):
    """How money arrives."""

    CARD = "card", "card"
    TRANSFER = "transfer", "bank transfer"


class Receipt(Book):
    """Money that arrived from a customer, whole, as the bank or the gateway tells it.

    Its payments say which invoices it settles; what they leave is the customer's money on account (I14):
    owed to the customer, never credits. Once-only: unique reference.
    """

    unsealed_fields = ("said", "recorded_by")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="receipts")
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=10, choices=Method)
    reference = models.CharField(max_length=200, unique=True)
    said = models.CharField(max_length=500, blank=True, help_text="what the payer wrote with it")
    received_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_receipt_is_positive"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class Payment(Book):
    """What settles an invoice, in its currency: a receipt or a part of one. Once-only: unique reference."""

    unsealed_fields = ("recorded_by",)

    Method = Method

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    receipt = models.ForeignKey(
        Receipt, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
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


class PayBack(Book):
    """Money on account that went back to the payer. Once-only: unique reference; four eyes as a refund."""

    unsealed_fields = ("paid_by", "reason")

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="pay_backs")
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200, unique=True)
    reason = models.CharField(max_length=1000)
    paid_at = models.DateTimeField()
    paid_by = models.CharField(max_length=200)
    approval = models.ForeignKey(
        Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-paid_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_pay_back_is_positive"
            )
        ]

    def __str__(self) -> str:
        return self.reference
