"""Credits that are bought by themselves when few are left."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Record
from invoicing.models.invoice import Invoice
from ledger.models import Holder


class AutoTopUp(Record):
    """What became of a crossing below which the customer wants more credits (Q4).

    Once-only: one row per (customer, crossing), locked while it is worked on, so however many workers
    and threads ask, one crossing buys once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waits"
        BOUGHT = "bought", "bought"
        DECLINED = "declined", "card declined, is tried again"
        SKIPPED = "skipped", "not bought"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="auto_top_ups")
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    crossing_id = models.BigIntegerField()
    crossed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    credits = models.PositiveBigIntegerField(default=0)
    amount_minor = models.PositiveBigIntegerField(default=0, help_text="net")
    currency = models.CharField(max_length=3, blank=True)
    invoice = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "crossing_id"], name="invoicing_top_up_once_per_crossing"
            ),
            models.CheckConstraint(
                condition=Q(state="bought", invoice__isnull=False, credits__gt=0)
                | (~Q(state="bought") & Q(invoice__isnull=True)),
                name="invoicing_top_up_bought_has_its_invoice",
            ),
        ]

    def __str__(self) -> str:
        return f"auto top-up of {self.holder}"
