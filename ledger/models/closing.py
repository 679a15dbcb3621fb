"""What was done with accounting months, and what was looked at before they were closed."""

from django.db import models

from creditops.lib.models import Approval
from creditops.lib.tables import Book, Record
from ledger.models.journal import Account, AccountingPeriod


class PeriodAct(Book):
    """An act on a month: closing begun, closed, opened again. The newest one says its state.

    Numbered from 1 per month. A close keeps how many entries the month had and their checksum: as long
    as it is closed both stay (invariant 11). Opening again needs an approved request, used once.
    """

    unsealed_fields = ("done_by", "reason")

    class Act(models.TextChoices):
        BEGIN = "begin", "closing begun"
        CLOSE = "close", "closed"
        REOPEN = "reopen", "opened again"

    period = models.ForeignKey(AccountingPeriod, on_delete=models.PROTECT, related_name="acts")
    no = models.PositiveIntegerField()
    act = models.CharField(max_length=6, choices=Act)
    done_at = models.DateTimeField()
    done_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000, blank=True)
    entries = models.PositiveIntegerField(null=True, blank=True, help_text="of a closed month")
    checksum = models.CharField(max_length=64, blank=True, help_text="of these entries")
    approval = models.OneToOneField(
        Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["period", "no"]

    def __str__(self) -> str:
        return f"{self.period} {self.get_act_display()}"


class CloseMark(Book):
    """Somebody looked at an open point of a month's checklist and lets the month close with it.

    It holds for the point as it stood, in these words; where that changes, somebody has to look again.
    """

    unsealed_fields = ("marked_by", "reason")

    period = models.ForeignKey(AccountingPeriod, on_delete=models.PROTECT, related_name="marks")
    point = models.CharField(max_length=30)
    stood = models.CharField(max_length=300, help_text="the point in figures, as it was seen")
    reason = models.CharField(max_length=1000)
    marked_at = models.DateTimeField()
    marked_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["period", "id"]

    def __str__(self) -> str:
        return f"{self.point} of {self.period}"


class AccountMapping(Record):
    """What an account of the chart is called in another system of finance. One per system and account."""

    class System(models.TextChoices):
        QUICKBOOKS = "quickbooks", "QuickBooks"
        XERO = "xero", "Xero"
        NETSUITE = "netsuite", "NetSuite"
        DATEV = "datev", "DATEV"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mappings")
    system = models.CharField(max_length=12, choices=System)
    code = models.CharField(max_length=60)

    class Meta:
        ordering = ["account", "system"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "system"], name="ledger_mapping_one_per_system"
            ),
            models.CheckConstraint(condition=~models.Q(code=""), name="ledger_mapping_has_a_code"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} is {self.code} in {self.get_system_display()}"
