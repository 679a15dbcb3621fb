"""Billing runs: what finance let out, contract by contract."""

from django.db import models
from django.db.models import Q

from contracts.models import Contract
from creditops.lib.tables import Queue, Record
from invoicing.models.invoice import Invoice


class BillingRun(Record):
    """Finance let out what was due until an instant. Its contracts are worked one by one; a run that
    was broken off goes on where it stood, since what waits are its rows."""

    until = models.DateTimeField(help_text="charges to be issued at or before it")
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"run {self.pk} until {self.until:%Y-%m-%d}"


class BillingRunItem(Queue):
    """A contract in a billing run, and what came of it. Once-only: unique (run, contract)."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        ISSUED = "issued", "issued"
        NOTHING = "nothing", "billed already"
        HELD = "held", "held"

    run = models.ForeignKey(BillingRun, on_delete=models.PROTECT, related_name="items")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    held_for = models.CharField(max_length=1000, blank=True, help_text="why no invoice was issued")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["run", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "contract"], name="invoicing_run_bills_a_contract_once"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", invoice__isnull=False)
                | (~Q(state="issued") & Q(invoice__isnull=True)),
                name="invoicing_run_item_issued_has_invoice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} in {self.run}"
