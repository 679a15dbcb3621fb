"""Breakage in proportion to use: estimates, and what was recognised of blocks by them (V9, V10)."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book
from ledger.models.block import Block


class BreakageEstimate(Book):
    """How many of a block's credits are expected to be used; the last row counts. By two persons."""

    unsealed_fields = ("estimated_by", "approved_by", "reason")

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    block = models.ForeignKey(
        Block, db_constraint=False, on_delete=models.DO_NOTHING, related_name="estimates"
    )
    no = models.PositiveIntegerField()
    expected = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()
    estimated_by = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        ordering = ["block", "no"]

    def __str__(self) -> str:
        return f"{self.expected:,} expected of block {self.block_id}"


class Recognition(Book):
    """What was recognised of a block up to a day, all of it together; the last row counts.

    `used` and `expected` are what it was computed from, `deferred_minor` what is left to recognise.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    block = models.ForeignKey(
        Block, db_constraint=False, on_delete=models.DO_NOTHING, related_name="recognitions"
    )
    no = models.PositiveIntegerField()
    through = models.DateField()
    used = models.PositiveBigIntegerField()
    expected = models.PositiveBigIntegerField()
    deferred_minor = models.PositiveBigIntegerField()
    usage_minor = models.PositiveBigIntegerField()
    agent_minor = models.PositiveBigIntegerField()
    breakage_minor = models.PositiveBigIntegerField()
    state_minor = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["block", "no"]

    def __str__(self) -> str:
        return f"block {self.block_id} through {self.through}"
