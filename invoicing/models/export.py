"""How our accounts are called in other programs, and which exports were made."""

from django.db import models
from django.db.models import Q

from creditops.lib.tables import Book, Record
from ledger.models import Account


class ExportAccount(Record):
    """What an account of ours is called in another program. One name per program and account."""

    program = models.CharField(max_length=12)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120, help_text="as that program knows it")

    class Meta:
        ordering = ["program", "account"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "account"], name="invoicing_export_account_named_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.program}"


class JournalExport(Book):
    """An export of a month that was made: its checksum and totals, to tell whether another is the same."""

    unsealed_fields = ("made_by",)

    period = models.DateField()
    program = models.CharField(max_length=12)
    files = models.JSONField(help_text="name, SHA-256, lines, debit of each")
    sha256 = models.CharField(max_length=64, help_text="of all files together")
    entries = models.PositiveIntegerField()
    debit_minor = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period__day=1), name="invoicing_export_starts_on_the_first"
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.period:%Y-%m}"
