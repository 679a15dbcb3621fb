"""What reps are told and paid: frozen statements, payouts, disputes."""

from django.db import models
from django.db.models import F, Q

from contracts.models.agreement import Contract
from creditops.lib.models import Approval
from creditops.lib.tables import Book, Record


class CommissionStatement(Book):
    """A rep's statement of a year, frozen as it stood: every version stays (`body`).

    `last_event` is the newest commission event that it knows. Once-only: unique (rep, year, version).
    """

    unsealed_fields = ("rep", "frozen_by")

    rep = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(help_text="calendar year of the books")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    last_event = models.PositiveBigIntegerField(default=0)
    frozen_at = models.DateTimeField()
    frozen_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-frozen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rep", "year", "version"], name="contracts_statement_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rep}, {self.year}, version {self.version}"


class CommissionPayout(Book):
    """Commission paid to a rep by a frozen statement, clawback netted first (C3, JE-31). In minor units.

    Of `gross` so much is `netted` against what the rep owes; the rest leaves. Always with a second
    person's approval. Once-only: one per statement and currency.
    """

    unsealed_fields = ("rep", "paid_by")

    statement = models.ForeignKey(
        CommissionStatement, on_delete=models.PROTECT, related_name="payouts"
    )
    rep = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    gross_minor = models.PositiveBigIntegerField()
    netted_minor = models.PositiveBigIntegerField()
    gross_functional_minor = models.PositiveBigIntegerField()
    netted_functional_minor = models.PositiveBigIntegerField()
    posting_date = models.DateField()
    paid_at = models.DateTimeField()
    paid_by = models.CharField(max_length=200)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-paid_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "currency"], name="contracts_payout_once_per_statement"
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gt=0) & Q(netted_minor__lte=F("gross_minor")),
                name="contracts_payout_is_something",
            ),
        ]
        indexes = [models.Index(fields=["rep", "currency"], name="contracts_payout_by_rep")]

    def __str__(self) -> str:
        return f"payout to {self.rep}"

    @property
    def cash_minor(self) -> int:
        """What left."""
        return self.gross_minor - self.netted_minor


class CommissionDispute(Record):
    """A rep's objection to a statement, and the answer. Answered once."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"

    rep = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes"
    )
    text = models.CharField(max_length=1000)
    raised_at = models.DateTimeField()
    raised_by = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True, answer="")
                | (~Q(state="open") & Q(answered_at__isnull=False) & ~Q(answer="")),
                name="contracts_dispute_answered_in_words",
            ),
            models.CheckConstraint(
                condition=~Q(answered_by=F("raised_by")) | Q(answered_by=""),
                name="contracts_dispute_answered_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.rep}, {self.year}"
