"""Proposals for the next term."""

from django.db import models

from contracts.models.agreement import Contract
from creditops.lib.tables import Record
from ledger.models import Term


class RenewalProposal(Record):
    """The next term as usage proposes it: made 90 days before the end, restated at the end.

    Once-only: one per (contract, term). `evidence` is the arithmetic behind the figures: what was
    used of which kind of credits, month by month.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="proposals")
    term = models.ForeignKey(Term, db_constraint=False, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    restated_at = models.DateTimeField()
    final = models.BooleanField(default=False, help_text="restated at the term's end")
    baseline = models.PositiveBigIntegerField()
    credits = models.PositiveBigIntegerField()
    price_minor = models.PositiveBigIntegerField()
    overage_credits = models.PositiveBigIntegerField()
    overage_minor = models.PositiveBigIntegerField()
    rollover_credits = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    evidence = models.JSONField()

    class Meta:
        ordering = ["-restated_at", "-id"]
        permissions = [("propose_renewal", "Can propose renewals")]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "term"], name="contracts_proposal_one_per_term"
            )
        ]

    def __str__(self) -> str:
        return f"renewal of {self.contract}"
