"""What is disputed, by a customer or through a card's bank, and what a bank took back."""

from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Book, Record
from invoicing.models.invoice import Invoice
from invoicing.models.payment import Payment


class Dispute(Record):
    """Somebody says that an invoice is not owed: its customer, or a card's holder by the bank.

    While one is open nobody is reminded. Once-only: unique gateway id; a customer has one open dispute per
    invoice.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        WON = "won", "decided for us"
        LOST = "lost", "decided for the customer"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="disputes")
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes"
    )
    gateway_id = models.CharField(max_length=200, blank=True)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state="open", payment__isnull=True),
                name="invoicing_dispute_one_open",
            ),
            models.UniqueConstraint(
                fields=["gateway_id"], condition=~Q(gateway_id=""),
                name="invoicing_dispute_known_by_its_gateway",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(closed_at__isnull=False),
                name="invoicing_dispute_closed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="invoicing_dispute_ends_after_it_began",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"dispute of {self.invoice}"


class Chargeback(Book):
    """A payment by card that the bank took back after a dispute was lost: the invoice is owed again.

    Once per payment.
    """

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="chargeback")
    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, related_name="chargeback")
    amount_minor = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["-taken_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_chargeback_is_positive"
            )
        ]

    def __str__(self) -> str:
        return f"chargeback of {self.payment.reference}"
