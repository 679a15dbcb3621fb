"""Reminders that were sent, and what is expected to be lost of what is owed."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Book
from invoicing.models.invoice import Invoice


class Reminder(Book):
    """A customer was reminded of an invoice (I15). Once-only: unique (invoice, step).

    `step` is the day, counted from the due date: -3 is three days before it. One that was passed over
    (paid, disputed, nobody to write to) is a row too, so that the list says why nothing was sent.
    """

    unsealed_fields = ("sent_to",)

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    step = models.SmallIntegerField()
    open_minor = models.PositiveBigIntegerField()
    sent_to = models.JSONField(default=list)
    reminded_at = models.DateTimeField()

    class Meta:
        ordering = ["-reminded_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "step"], name="invoicing_reminder_once_per_step"
            )
        ]

    def __str__(self) -> str:
        return f"reminder {self.step:+d} of {self.invoice}"


class LossEstimate(Book):
    """What was expected to be lost of the receivables at a month's end (ASC 326, JE-25).

    Once per month. `content` keeps the age bands, their rates and amounts that it was computed from.
    """

    month = models.DateField(unique=True)
    expected_minor = models.PositiveBigIntegerField()
    before_minor = models.BigIntegerField(help_text="the allowance that stood there already")
    content = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1), name="invoicing_loss_month_starts_on_the_first"
            )
        ]

    def __str__(self) -> str:
        return f"expected loss {self.month:%Y-%m}"
