"""Contracts, and the charges that they leave for billing."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from contracts.models.pricing import PriceVersion, RateCard
from creditops.lib.tables import Record
from ledger.models import Holder, Term


class Contract(Record):
    """What a customer signed: a commitment per term, and on which terms it runs and renews.

    Credits, terms and commitments stand in the ledger under the contract's holder; the contract adds
    what was agreed about them. Once-only: unique code, one contract per holder.
    """

    class Status(models.TextChoices):
        SIGNED = "signed", "signed, not begun"
        ACTIVE = "active", "active"
        ENDED = "ended", "ended"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contracts")
    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    holder = models.OneToOneField(
        Holder, related_name="contract", db_constraint=False, on_delete=models.PROTECT
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.SIGNED)
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=200)
    starts_on = models.DateField(help_text="local date in the contract's zone")
    term_months = models.PositiveSmallIntegerField()
    time_zone = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    commitment = models.PositiveBigIntegerField(help_text="credits of the first term")
    price_minor = models.PositiveBigIntegerField(help_text="of the first term, net")
    list_price_minor = models.PositiveBigIntegerField(null=True, blank=True)
    bonus_credits = models.PositiveBigIntegerField(default=0)
    bonus_expires_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(help_text="of the first invoice")
    payment_terms_days = models.PositiveSmallIntegerField()
    cancellable = models.BooleanField(default=False)
    auto_renew = models.BooleanField(default=False)
    renewal_signed_at = models.DateTimeField(null=True, blank=True)
    terminated_at = models.DateTimeField(null=True, blank=True)
    rate_card = models.ForeignKey(
        RateCard, null=True, blank=True, on_delete=models.PROTECT, related_name="contracts"
    )
    rate_lock_until = models.DateTimeField(null=True, blank=True)
    price_lock_until = models.DateTimeField(null=True, blank=True)
    locked_price = models.ForeignKey(
        PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    installments = models.PositiveSmallIntegerField(
        default=1, help_text="equal parts in which a term's price is billed"
    )
    quote = models.OneToOneField(
        "contracts.Quote", null=True, blank=True, on_delete=models.PROTECT, related_name="contract",
        help_text="that it was made of",
    )  # fmt: skip

    class Meta:
        ordering = ["-signed_at", "-id"]
        permissions = [("sign_contract", "Can sign contracts")]
        constraints = [
            models.CheckConstraint(
                condition=Q(commitment__gt=0), name="contracts_contract_commits_to_something"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.code


class AgreedTerm(Record):
    """What was agreed about a term to come: a later year of a ramp, or a renewal by quote.

    Once-only: unique (contract, number), and one term per quote of a renewal. The term takes its figures
    from here when it begins; without credits they follow the use of the term before (O5).
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="agreed_terms")
    number = models.PositiveIntegerField(help_text="of the term, as the ledger counts them")
    months = models.PositiveSmallIntegerField()
    credits = models.PositiveBigIntegerField(null=True, blank=True)
    price_minor = models.PositiveBigIntegerField(null=True, blank=True, help_text="net")
    bonus_credits = models.PositiveBigIntegerField(default=0)
    installments = models.PositiveSmallIntegerField(default=1)
    agreed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=200)
    quote = models.OneToOneField(
        "contracts.Quote", null=True, blank=True, on_delete=models.PROTECT,
        related_name="agreed_term", help_text="that renews by it",
    )  # fmt: skip

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"], name="contracts_agreedterm_agreed_once"
            ),
            models.CheckConstraint(
                condition=Q(credits__isnull=True, price_minor__isnull=True)
                | Q(credits__gt=0, price_minor__isnull=False),
                name="contracts_agreedterm_says_both_or_follows_use",
            ),
            models.CheckConstraint(
                condition=Q(number__gt=1), name="contracts_agreedterm_is_a_later_one"
            ),
        ]

    @property
    def currency(self) -> str:
        """Of its price."""
        return str(self.contract.currency)

    def __str__(self) -> str:
        return f"term {self.number} of {self.contract}, as agreed"


class ScheduledCharge(Record):
    """Something to be billed at an instant, left behind by sales for the billing run to find.

    Once-only: unique source; an invoice line bills one charge.
    """

    class Kind(models.TextChoices):
        COMMITMENT = "COMMITMENT", "commitment"
        BONUS = "BONUS", "bonus credits"
        OVERAGE = "OVERAGE", "overage"
        ADDITION = "ADDITION", "added credits"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="charges")
    term = models.ForeignKey(Term, related_name="+", db_constraint=False, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=Kind)
    credits = models.PositiveBigIntegerField()
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    functional_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="in the books' currency, from when credits or money came first; empty until then",
    )
    issue_at = models.DateTimeField()
    due_on = models.DateField()
    receivable_at = models.DateTimeField(
        null=True, blank=True, help_text="when the right is unconditional; empty: at payment (V3)"
    )
    source = models.CharField(max_length=200, unique=True)
    recorded_at = models.DateTimeField()
    taken_back_credits = models.PositiveBigIntegerField(
        default=0, help_text="by credit notes or a void of its invoice"
    )
    taken_back_minor = models.PositiveBigIntegerField(default=0)
    written_off_minor = models.PositiveBigIntegerField(
        default=0, help_text="of overage: lost with the rest of its invoice"
    )

    class Meta:
        ordering = ["issue_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_back_credits__lte=models.F("credits"))
                & Q(taken_back_minor__lte=models.F("amount_minor")),
                name="contracts_charge_not_taken_back_twice",
            ),
            models.CheckConstraint(
                condition=Q(written_off_minor__lte=models.F("amount_minor")),
                name="contracts_charge_not_lost_twice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.contract}"
