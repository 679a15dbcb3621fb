"""Quotes: what is offered to a customer, version by version, and what the customer said to it."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from contracts.models.agreement import Contract
from creditops.lib.tables import Book, Record


class Quote(Record):
    """An offer to a customer, known as `Q-000012` by its number; what it says stands in its versions.

    `renews` is the contract whose next term it offers, `renews_term` the number of the term before.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="quotes")
    renews = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="renewal_quotes"
    )
    renews_term = models.PositiveIntegerField(null=True, blank=True)
    cloned_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="clones"
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    waits_because = models.TextField(
        blank=True, help_text="why its contract could not be made when it was accepted"
    )

    class Meta:
        ordering = ["-id"]
        permissions = [("make_quote", "Can make and send quotes")]
        constraints = [
            models.CheckConstraint(
                condition=Q(renews__isnull=True, renews_term__isnull=True)
                | Q(renews__isnull=False, renews_term__isnull=False),
                name="contracts_quote_renews_a_term",
            )
        ]

    @property
    def code(self) -> str:
        """By which everyone outside knows it."""
        return f"Q-{self.pk:06d}"

    def __str__(self) -> str:
        return self.code


class QuoteVersion(Record):
    """What a quote says. A draft may be changed; from then on its terms stay as they are (a trigger).

    Once-only: unique (quote, number), and one version of a quote that is open or accepted: a newer
    one replaces the one before in the same transaction. `terms` are those of `contracts/quote_terms.py`,
    their hash binds approval and acceptance; the figures beside them are for lists.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        IN_APPROVAL = "in_approval", "in approval"
        SENT = "sent", "sent"
        ACCEPTED = "accepted", "accepted"
        REFUSED = "refused", "refused"
        EXPIRED = "expired", "expired"
        SUPERSEDED = "superseded", "superseded"

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    terms = models.JSONField()
    terms_hash = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    credits = models.PositiveBigIntegerField(help_text="committed, of all years")
    price_minor = models.PositiveBigIntegerField(help_text="of all years, net")
    list_minor = models.PositiveBigIntegerField(null=True, blank=True)
    open_until = models.DateField(help_text="last day to accept, in the contract's zone")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(max_length=200, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    document = models.CharField(max_length=200, blank=True, help_text="the stored PDF")
    document_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["quote", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["quote", "number"], name="contracts_quoteversion_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["quote"],
                condition=Q(status__in=["draft", "in_approval", "sent", "accepted"]),
                name="contracts_quoteversion_one_that_counts",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False, document_sha256__gt="")
                | ~Q(status__in=["sent", "accepted", "refused", "expired"]),
                name="contracts_quoteversion_is_sent_with_its_document",
            ),
        ]

    @property
    def name(self) -> str:
        """`Q-000012/2`."""
        return f"{self.quote.code}/{self.number}"

    def __str__(self) -> str:
        return f"{self.quote.code}, version {self.number}"


class QuoteLink(Record):
    """An address by which a customer reads a version without a login; kept as SHA-256 only.

    Once-only: unique digest of a secret of 256 bits.
    """

    secret_fields = ("digest",)

    version = models.ForeignKey(QuoteVersion, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"link to {self.version}"


class QuoteAnswer(Book):
    """What the customer said to a version: accepted, or refused; who, when, from where.

    Once-only: one per version. `terms_hash` and `document_sha256` are of what was read and answered.
    """

    unsealed_fields = ("name", "email", "ip_address", "reason")

    version = models.OneToOneField(QuoteVersion, on_delete=models.PROTECT, related_name="answer")
    accepted = models.BooleanField()
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    reason = models.TextField(blank=True)
    answered_at = models.DateTimeField()
    terms_hash = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        said = "accepted" if self.accepted else "refused"
        return f"{self.version} {said} by {self.name}"


class QuoteMessage(Book):
    """A question of the customer about a quote, or what the vendor wrote back."""

    unsealed_fields = ("name", "email", "text")

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="messages")
    of_customer = models.BooleanField()
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} about {self.quote}"
