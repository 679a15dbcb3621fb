"""What takes credits and money back: credit notes, voids, refunds, write-offs. Five acts, never blurred.

Expiry is the ledger's own; a reversal takes back one event. These are about a document.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from contracts.models import Contract
from creditops.lib.models import Approval
from creditops.lib.tables import Book
from invoicing.models.invoice import Invoice, InvoiceLine
from invoicing.models.payment import Payment
from ledger.models import Block, Holder


class CreditNote(Book):
    """An issued credit note with every fact that it prints. It refers to one invoice (I1).

    Once-only: unique number, unique source. Its total lessens what is owed by the invoice as far as
    something is open; the rest is owed to the customer until it is refunded.
    """

    unsealed_fields = ("seller", "buyer", "notes", "reason", "issued_by")

    class Occasion(models.TextChoices):
        CREDIT = "credit", "credits taken back"
        CORRECTION = "correction", "use corrected after it was billed"
        WRITE_OFF = "write_off", "bad debt"

    number = models.CharField(max_length=30, unique=True)
    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="credit_notes")
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    holder = models.ForeignKey(
        Holder, null=True, blank=True, db_constraint=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    occasion = models.CharField(max_length=12, choices=Occasion)
    issued_at = models.DateTimeField()
    issue_date = models.DateField()
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=5, default="en", help_text="in which it is written")
    net_minor = models.PositiveBigIntegerField()
    tax_minor = models.PositiveBigIntegerField()
    total_minor = models.PositiveBigIntegerField()
    receivable_minor = models.PositiveBigIntegerField(help_text="lessens what is owed")
    refundable_minor = models.PositiveBigIntegerField(help_text="was paid: owed to the customer")
    seller = models.JSONField(help_text="the seller as printed")
    buyer = models.JSONField(help_text="the customer as printed")
    notes = models.JSONField(default=list, help_text="sentences printed below the lines")
    reason = models.CharField(max_length=1000)
    issued_by = models.CharField(max_length=200)
    source = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["-issue_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year", "sequence"], name="invoicing_note_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")),
                name="invoicing_note_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0), name="invoicing_note_is_something"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("receivable_minor") + F("refundable_minor")),
                name="invoicing_note_is_receivable_or_refundable",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(Book):
    """A line of a credit note: what of an invoice's line it takes back.

    `block` and `move_seq` name the credits that were taken back with it; of credits that were not
    granted yet they stay empty: they are taken back when their term begins.
    """

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credited")
    text = models.CharField(max_length=300)
    credits = models.PositiveBigIntegerField(null=True, blank=True)
    amount_minor = models.PositiveBigIntegerField()
    taxed_minor = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="what tax is taken back on, where only the tax was billed"
    )
    block = models.ForeignKey(
        Block, null=True, blank=True, db_constraint=False, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    move_seq = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["note", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["note", "position"], name="invoicing_note_line_one_per_position"
            ),
            models.UniqueConstraint(
                fields=["block", "move_seq"], name="invoicing_note_line_one_per_move"
            ),
            models.CheckConstraint(
                condition=Q(block__isnull=True, move_seq__isnull=True)
                | Q(block__isnull=False, move_seq__isnull=False, credits__gt=0),
                name="invoicing_note_line_names_its_move",
            ),
            models.CheckConstraint(
                condition=Q(taxed_minor__isnull=True) | Q(amount_minor=0),
                name="invoicing_note_line_is_paid_or_taxed_only",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def base_minor(self) -> int:
        """What its tax is on: its amount, or what only the tax was billed on."""
        return self.amount_minor if self.taxed_minor is None else self.taxed_minor


class CreditNoteTax(Book):
    """What a credit note takes back of one of its invoice's taxes (I8)."""

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="taxes")
    no = models.PositiveSmallIntegerField(help_text="that of the invoice's tax")
    net_minor = models.PositiveBigIntegerField()
    taxable_minor = models.PositiveBigIntegerField()
    tax_minor = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["note", "no"]
        verbose_name_plural = "credit note taxes"
        constraints = [
            models.UniqueConstraint(fields=["note", "no"], name="invoicing_note_tax_one_per_no")
        ]

    def __str__(self) -> str:
        return f"tax {self.no} of {self.note}"


class InvoiceVoid(Book):
    """An untouched invoice was made void: it keeps its number and is owed no more. Once per invoice."""

    unsealed_fields = ("voided_by", "reason")

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="void")
    amount_minor = models.BigIntegerField(help_text="the invoice's total")
    voided_at = models.DateTimeField()
    voided_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000)

    class Meta:
        ordering = ["-voided_at", "-id"]

    def __str__(self) -> str:
        return f"void of {self.invoice}"


class WriteOff(Book):
    """What nobody will pay of an invoice any more: a credit loss (JE-25, V20). Once per invoice."""

    unsealed_fields = ("written_off_by", "reason")

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="write_off")
    amount_minor = models.PositiveBigIntegerField()
    written_off_at = models.DateTimeField()
    written_off_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000)
    approval = models.OneToOneField(
        Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-written_off_at", "-id"]

    def __str__(self) -> str:
        return f"write-off of {self.invoice}"


class Refund(Book):
    """Money paid back for a credit note, to the payer and the way it came (X27, F1).

    Once-only: unique reference. One row per payment that it goes back through.
    """

    unsealed_fields = ("paid_by",)

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200, unique=True)
    paid_at = models.DateTimeField()
    paid_by = models.CharField(max_length=200)
    approval = models.ForeignKey(
        Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-paid_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_refund_is_positive"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} for {self.note}"
