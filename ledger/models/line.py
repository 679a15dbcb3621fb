"""The consumption line of a pool: layouts, segments, drains and moves."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book, Counter
from ledger.models.block import Block, CostLayer
from ledger.models.holder import Pool


class Layout(Book):
    """Generation `no` of a line: the open blocks laid end to end from the line's counter on."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    line = models.SmallIntegerField()
    no = models.PositiveIntegerField()
    start_pos = models.PositiveBigIntegerField()
    move_seq = models.PositiveBigIntegerField()
    term_id = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=60)

    class Meta:
        ordering = ["pool", "line", "no"]

    def __str__(self) -> str:
        return f"layout {self.no} of pool {self.pool_id}"


class Segment(Book):
    """Where a block (or overage, block null) lies on the line in one layout. Never cut or changed.

    `b0` credits of the block were gone and `u0` used where the segment begins; `r0` were released
    from its cost layer there.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    line = models.SmallIntegerField()
    layout_no = models.PositiveIntegerField()
    pos = models.PositiveBigIntegerField()
    pos_end = models.PositiveBigIntegerField()
    block = models.ForeignKey(
        Block,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    granted = models.PositiveBigIntegerField(null=True, blank=True)
    layer = models.ForeignKey(
        CostLayer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    b0 = models.PositiveBigIntegerField()
    u0 = models.PositiveBigIntegerField()
    r0 = models.BigIntegerField()

    class Meta:
        ordering = ["pool", "line", "layout_no", "pos"]

    def __str__(self) -> str:
        return f"[{self.pos:,}, {self.pos_end:,}) of layout {self.layout_no}"


class Drain(Book):
    """Credits that a batch drew on a line in one go: one row per posting date and revenue class."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    line = models.SmallIntegerField()
    pos = models.PositiveBigIntegerField()
    pos_end = models.PositiveBigIntegerField()
    layout_no = models.PositiveIntegerField()
    batch_id = models.BigIntegerField()
    events = models.PositiveIntegerField()
    posting_date = models.DateField()
    revenue_class = models.CharField(max_length=10)
    time_min = models.DateTimeField()
    time_max = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pool", "line", "pos"]

    def __str__(self) -> str:
        return f"{self.pos_end - self.pos:,} credits drawn from pool {self.pool_id}"


class Move(Book):
    """Anything that is not ordinary consumption: expiry, reversal, correction, late draw, refund.

    `credits` > 0 leave the block, < 0 come back to it. Overage has a term and no block.
    """

    unsealed_fields = ("act",)

    class Type(models.TextChoices):
        CONSUME = "CONSUME", "used"
        OVERAGE = "OVERAGE", "overage"
        EXPIRE = "EXPIRE", "expired"
        REVOKE = "REVOKE", "taken back"
        CONSUME_REVERSAL = "CONSUME_REVERSAL", "use reversed"
        OVERAGE_REVERSAL = "OVERAGE_REVERSAL", "overage reversed"
        EXPIRE_REVERSAL = "EXPIRE_REVERSAL", "expiry reversed"
        REVOKE_REVERSAL = "REVOKE_REVERSAL", "given back"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=18, choices=Type)
    block = models.ForeignKey(
        Block,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    term_id = models.BigIntegerField(null=True, blank=True)
    credits = models.BigIntegerField()
    event_id = models.BigIntegerField(null=True, blank=True)
    correction_no = models.PositiveIntegerField(null=True, blank=True)
    of_seq = models.PositiveBigIntegerField(null=True, blank=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    posting_date = models.DateField()
    revenue_class = models.CharField(max_length=10)
    layer = models.ForeignKey(
        CostLayer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    r0 = models.BigIntegerField()
    late = models.BooleanField()
    act = models.CharField(max_length=200)

    class Meta:
        ordering = ["pool", "seq"]

    def __str__(self) -> str:
        return f"{self.type} {self.credits:,}"


class PoolState(Counter):
    """Where a pool's line stands: its counter, its limits, its running layout and window.

    And what its blocks come to (`ledger/totals.py`): so many credits `granted`, `used`, `expired`,
    `voided`, so many left for some meters only. All that is from `current_from` to `relay_at`. It has
    `scope_lines` lines of scopes beside this general one (`ScopeLine`).
    """

    pool = models.OneToOneField(
        Pool,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="state",
    )
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    layout_no = models.PositiveIntegerField(default=0)
    term_id = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    relay_at = models.DateTimeField(null=True, blank=True)
    daily_at = models.DateTimeField(null=True, blank=True)
    enforcement = models.CharField(max_length=8, default="HARD")
    late_window_days = models.PositiveSmallIntegerField(default=30)
    consumed = models.PositiveBigIntegerField(default=0)
    limit_pos = models.PositiveBigIntegerField(default=0)
    stop_pos = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    lapse_at = models.DateTimeField(null=True, blank=True)
    alert_pos = models.PositiveBigIntegerField(null=True, blank=True)
    scoped = models.BooleanField(default=False)
    move_seq = models.PositiveBigIntegerField(default=0)
    seat_allowance = models.PositiveBigIntegerField(null=True, blank=True)
    seats_since = models.DateField(null=True, blank=True)
    granted = models.PositiveBigIntegerField(default=0)
    used = models.PositiveBigIntegerField(default=0)
    expired = models.PositiveBigIntegerField(default=0)
    voided = models.PositiveBigIntegerField(default=0)
    scoped_left = models.PositiveBigIntegerField(default=0)
    overage_cap = models.PositiveBigIntegerField(null=True, blank=True)
    current_from = models.DateTimeField(null=True, blank=True)
    posted_pos = models.PositiveBigIntegerField(default=0)
    posted_seq = models.PositiveBigIntegerField(default=0)
    scope_lines = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"state of pool {self.pool_id}"


class ScopeLine(Counter):
    """Where the line of one of a pool's scopes stands: its blocks pay for exactly these `meters`.

    Its credits end at `limit_pos`; `beside` tells that the running layout leaves some out. Numbered from
    1 on, as the blocks came; the general line's counter is the pool's state.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    line = models.PositiveSmallIntegerField()
    meters = ArrayField(models.BigIntegerField())
    consumed = models.PositiveBigIntegerField(default=0)
    limit_pos = models.PositiveBigIntegerField(default=0)
    beside = models.BooleanField(default=False)
    posted_pos = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"line {self.line} of pool {self.pool_id}"


class TermUse(Counter):
    """Overage and counted use of a term as of the newest layout (term 0: a pool without terms)."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    term_id = models.BigIntegerField()
    overage = models.PositiveBigIntegerField(default=0)
    counted = models.BigIntegerField(default=0)
    base = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"use of term {self.term_id} in pool {self.pool_id}"


class Accumulator(Counter):
    """The exact running sum of an item's fractional credits: `drawn` + carry (R4)."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    item = models.CharField(max_length=100)
    drawn = models.BigIntegerField(default=0)
    carry_num = models.BigIntegerField(default=0)
    carry_den = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.item} in pool {self.pool_id}"


class ProviderCost(Book):
    """What a provider charges for what a batch drew of one item, exact, in the books' currency.

    Once-only: unique (batch, pool, item, posting date). Only where we are the principal (V14).
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    batch_id = models.BigIntegerField()
    item = models.CharField(max_length=100)
    posting_date = models.DateField()
    cost = models.DecimalField(max_digits=60, decimal_places=24)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.cost} for {self.item}"


class PostedCost(Counter):
    """How far a pool's provider costs are posted: the last row, and all cost up to it, exact."""

    pool = models.OneToOneField(
        Pool,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    last_id = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=60, decimal_places=24, default=0)

    def __str__(self) -> str:
        return f"{self.cost} posted of pool {self.pool_id}"


class SeatUse(Counter):
    """What one user drew in one period of a pool with seats (L18)."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    period = models.DateField()
    user_id = models.BigIntegerField()
    credits = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"user {self.user_id} in {self.period:%Y-%m}"
