"""Usage in bulk: how far the import of a file has come, and backfills, loaded unseen for the past."""

from django.db import models

from creditops.lib.tables import Book, Queue, Record
from ledger.models.usage import EventBatch


class ImportRun(Queue):
    """How far the import of a file has come; written in the transaction of each of its batches.

    `digest` names content and layout. `place` is where the next row begins: a byte of the text, or
    the number of the row in Parquet. `rejects_size` is how many bytes of the file of rejected rows
    belong to what was read. Once-only: one run under way per digest.
    """

    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    rows_read = models.PositiveBigIntegerField(default=0)
    place = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    rejects_size = models.PositiveBigIntegerField(default=0)
    credits = models.PositiveBigIntegerField(default=0)
    statuses = models.JSONField(default=dict)
    codes = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.rows_read:,} rows"


class Backfill(Record):
    """Usage for the past, loaded as one: unseen until it is closed, reversible as one.

    open -> closing -> closed -> reversing -> reversed; an open one, or one that is being closed, may
    be reversed too. `closed_at` and `reversed_at` are the instants at which somebody said so. A reversal
    goes from the newest delivery to the oldest; the events of `void_from` and of all after it are void.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSING = "closing", "closing"
        CLOSED = "closed", "closed"
        REVERSING = "reversing", "reversing"
        REVERSED = "reversed", "reversed"

    name = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)
    close_reason = models.TextField(blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.CharField(max_length=200, blank=True)
    reverse_reason = models.TextField(blank=True)
    void_from = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class BackfillRow(Queue):
    """A message that waits in a backfill; it leaves in the transaction that hands it to the intake."""

    backfill = models.ForeignKey(Backfill, on_delete=models.PROTECT, related_name="rows")
    event_time = models.DateTimeField()
    source = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    customer = models.CharField(max_length=255)
    contract = models.CharField(max_length=255, null=True, blank=True)
    meter = models.CharField(max_length=255)
    quantity = models.DecimalField(max_digits=30, decimal_places=12, null=True, blank=True)
    user_name = models.CharField(max_length=255, null=True, blank=True)
    data = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["event_time", "id"]

    def __str__(self) -> str:
        return self.key


class BackfillBatch(Book):
    """A delivery of events that came from a backfill. Once-only: a batch came from one."""

    backfill = models.ForeignKey(Backfill, on_delete=models.PROTECT, related_name="batches")
    batch = models.OneToOneField(EventBatch, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "backfill batches"

    def __str__(self) -> str:
        return f"batch {self.batch_id} of {self.backfill_id}"
