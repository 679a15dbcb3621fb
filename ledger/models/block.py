"""Blocks of credits and what they cost."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book, Counter
from ledger.models.holder import Pool


class Block(Book):
    """A dated lot of credits with its own cost basis, as granted.

    Once-only: unique (customer, source). `term_start` is the earliest event time it may pay (L3).
    What happened to it stands in changes, segments and moves. `promo_policy` says how the use of free
    credits is accounted for (V8): where it is valued, at `promo_minor` for every `promo_credits`.
    `breakage` says when credits that are never used become revenue (V9), fixed at the grant.
    """

    unsealed_fields = ("granted_by", "reason")

    class Kind(models.TextChoices):
        PAID = "paid", "paid"
        BONUS = "bonus", "bonus"
        PROMO = "promo", "promotional"
        DAILY = "daily", "daily"
        COMPENSATION = "compensation", "compensation"
        MIGRATION = "migration", "migrated"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="blocks"
    )
    term_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    priority = models.SmallIntegerField()
    granted = models.PositiveBigIntegerField()
    effective_at = models.DateTimeField()
    term_start = models.DateTimeField()
    meters = ArrayField(models.BigIntegerField(), null=True, blank=True)
    source = models.CharField(max_length=200)
    promo_policy = models.CharField(max_length=20, blank=True)
    promo_minor = models.PositiveBigIntegerField(null=True, blank=True)
    promo_credits = models.PositiveBigIntegerField(null=True, blank=True)
    breakage = models.CharField(max_length=12, default="AT_EXPIRY")
    recorded_at = models.DateTimeField()
    granted_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.granted:,} {self.get_kind_display()} ({self.source})"


class BlockChange(Book):
    """What changed about a block's life; the last row counts. A block rolls over at most once."""

    unsealed_fields = ("reason",)

    class Act(models.TextChoices):
        GRANT = "grant", "granted"
        ROLLOVER = "rollover", "rolled over"
        FREEZE = "freeze", "frozen"
        REINSTATE = "reinstate", "reinstated"
        SHORTEN = "shorten", "ended early"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    block = models.ForeignKey(
        Block, db_constraint=False, on_delete=models.DO_NOTHING, related_name="changes"
    )
    no = models.PositiveIntegerField()
    act = models.CharField(max_length=12, choices=Act)
    expires_at = models.DateTimeField(null=True, blank=True)
    frozen_from = models.DateTimeField(null=True, blank=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        ordering = ["block", "no"]

    def __str__(self) -> str:
        return f"block {self.block_id}: {self.get_act_display()}"


class CostLayer(Book):
    """A quantity of credits and what it cost: values are differences of `released` on it (M4)."""

    class Kind(models.TextChoices):
        BLOCK = "block", "of one block"
        POOLED = "pooled", "of several blocks, blended"
        OVERAGE = "overage", "of a term's overage, at the commitment's price"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=Kind)
    quantity = models.PositiveBigIntegerField()
    cost_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    cost_functional_minor = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.quantity:,} for {self.cost_minor} {self.currency} (minor units)"


class BlockLayer(Book):
    """Which cost layer a block draws its values from; the last row counts.

    `gone` credits had left the block when it came to the layer: on it, only what leaves later counts.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    block = models.ForeignKey(
        Block, db_constraint=False, on_delete=models.DO_NOTHING, related_name="layers"
    )
    no = models.PositiveIntegerField()
    layer = models.ForeignKey(
        CostLayer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    gone = models.PositiveBigIntegerField(default=0)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["block", "no"]

    def __str__(self) -> str:
        return f"block {self.block_id} on layer {self.layer_id}"


class BlockState(Counter):
    """Used, expired and voided credits of a block as of its pool's newest layout, and its end."""

    block = models.OneToOneField(
        Block,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="state",
    )
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    granted = models.PositiveBigIntegerField()
    until = models.DateTimeField(null=True, blank=True)
    counted_before = models.BigIntegerField()
    used = models.PositiveBigIntegerField(default=0)
    expired = models.PositiveBigIntegerField(default=0)
    voided = models.PositiveBigIntegerField(default=0)
    open = models.BooleanField()

    def __str__(self) -> str:
        return f"state of block {self.block_id}"
