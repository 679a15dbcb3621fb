"""Usage as reported: batches, events, exceptions, corrections, holds."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book, Record
from ledger.models.holder import Holder, Pool
from ledger.models.tariff import Tariff
from ledger.models.unit import CreditUnit, Meter


class EventSource(Book):
    """A source of events, by name; part of every event's identity."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)

    def __str__(self) -> str:
        return self.name


class UserName(Record):
    """The text by which events name a customer's end user; erasing a person empties it."""

    secret_fields = ("name",)
    made_by_books = True

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    name = models.CharField(max_length=255, null=True, blank=True)

    def __str__(self) -> str:
        return self.name or f"user {self.pk}"


class EventBatch(Book):
    """One delivery of events. An event's id is its batch's id x 65,536 + its index in the batch."""

    unsealed_fields = ("origin",)

    received_at = models.DateTimeField()
    origin = models.CharField(max_length=200)
    received = models.PositiveIntegerField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "event batches"

    def __str__(self) -> str:
        return f"{self.received:,} events from {self.origin}"


class UsageEvent(Book):
    """A usage event that found its holder: applied, recorded (observe mode) or refused.

    Once-only for ever: unique (customer, source, key). `credits` is as first accepted; corrections
    stand beside it. `pos` is where it lies on its pool's line; null: drawn by moves, or not at all.
    `data_digest` stands in the place of `data` that was moved to an archive file.
    """

    unsealed_fields = ("data", "data_digest")
    guards_itself = True
    numbers_from = ("ledger_eventbatch", 65_536)

    class Status(models.TextChoices):
        APPLIED = "a", "applied"
        RECORDED = "o", "recorded"
        REFUSED = "r", "refused"

    id = models.BigIntegerField(primary_key=True)
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    source = models.ForeignKey(
        EventSource, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    key = models.CharField(max_length=255)
    event_time = models.DateTimeField()
    recorded_at = models.DateTimeField()
    meter = models.ForeignKey(
        Meter, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    member = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    tariff = models.ForeignKey(
        Tariff,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    user = models.ForeignKey(
        UserName,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    quantity = models.DecimalField(max_digits=30, decimal_places=12)
    data = models.JSONField(null=True, blank=True)
    data_digest = models.BinaryField(null=True, blank=True)
    credits = models.PositiveBigIntegerField()
    status = models.CharField(max_length=1, choices=Status)
    code = models.CharField(max_length=24, blank=True)
    line = models.SmallIntegerField(null=True, blank=True)
    pos = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-event_time", "-id"]

    def __str__(self) -> str:
        return self.key


class EventArchive(Book):
    """A file to which the data of old events was moved: that of all events of whole batches.

    Once-only: no batch lies in two. `name` is that of the file, `sha256` of its bytes.
    """

    first_batch = models.BigIntegerField()
    last_batch = models.BigIntegerField()
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    events = models.PositiveBigIntegerField()
    moved = models.PositiveBigIntegerField(help_text="events whose data was moved")
    received_before = models.DateTimeField()
    archived_at = models.DateTimeField()

    class Meta:
        ordering = ["-first_batch"]

    def __str__(self) -> str:
        return self.name


class ArchiveReturn(Book):
    """The data of an archive file was brought back into the events. Once-only per file."""

    archive = models.OneToOneField(
        EventArchive, primary_key=True, on_delete=models.PROTECT, related_name="returned"
    )
    returned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.archive} returned"


class UsagePart(Book):
    """The draw of an event in its second and further units."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    event_id = models.BigIntegerField()
    unit = models.ForeignKey(
        CreditUnit, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    credits = models.PositiveBigIntegerField()
    line = models.SmallIntegerField(null=True, blank=True)
    pos = models.PositiveBigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.credits:,} {self.unit_id} of event {self.event_id}"


class DuplicateCount(Book):
    """How many messages of a batch repeated stored events, by day and meter."""

    batch_id = models.BigIntegerField()
    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    day = models.DateField()
    meter = models.ForeignKey(
        Meter, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    messages = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.messages:,} duplicates on {self.day}"


class UsageException(Book):
    """A message that could not be placed, with its body: an exception, held, or in conflict.

    Nothing is dropped: people replay, apply or write off what stands here, and the outcome is a row
    of its own. Once-only: one exception or held message per event identity.
    """

    unsealed_fields = ("body",)

    class Kind(models.TextChoices):
        EXCEPTION = "exception", "exception"
        HELD = "held", "held"
        CONFLICT = "conflict", "conflict"

    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    customer_code = models.CharField(max_length=255)
    source = models.ForeignKey(
        EventSource, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=24)
    meter_code = models.CharField(max_length=255)
    event_time = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    batch_id = models.BigIntegerField()
    index_in_batch = models.PositiveIntegerField()
    body = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.key}: {self.code}"


class ExceptionEnd(Book):
    """How an exception ended: applied, or written off with a reason. Once-only per exception."""

    unsealed_fields = ("ended_by", "reason")

    exception = models.OneToOneField(
        UsageException, primary_key=True, on_delete=models.PROTECT, related_name="end"
    )
    outcome = models.CharField(max_length=12)
    event_customer_id = models.BigIntegerField(null=True, blank=True)
    event_id = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    ended_by = models.CharField(max_length=200)
    reason = models.TextField()

    def __str__(self) -> str:
        return self.outcome


class Correction(Book):
    """The new number of credits of an event in one unit; a void is a correction to nothing."""

    unsealed_fields = ("corrected_by", "reason")

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    event_id = models.BigIntegerField()
    no = models.PositiveIntegerField()
    unit = models.ForeignKey(
        CreditUnit, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    credits = models.PositiveBigIntegerField()
    void = models.BooleanField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    corrected_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        ordering = ["event_id", "no"]

    def __str__(self) -> str:
        return f"event {self.event_id} corrected to {self.credits:,}"


class Hold(Book):
    """Credits set aside for work under way; it lowers what is available and names no block (L19).

    Once-only: unique (customer, code). `member_id` is the child of the family that asked, null for
    the root; `user_id` is whose seat it counts in (L18).
    """

    unsealed_fields = ("placed_by",)

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    code = models.CharField(max_length=40)
    credits = models.PositiveBigIntegerField()
    member_id = models.BigIntegerField(null=True, blank=True)
    user_id = models.BigIntegerField(null=True, blank=True)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    placed_by = models.CharField(max_length=200)

    @property
    def uid(self) -> str:
        """The name by which it is asked for."""
        return f"{self.customer_id}-{self.pk}"

    def __str__(self) -> str:
        return f"{self.credits:,} held ({self.code})"


class HoldEnd(Book):
    """How a hold ended: captured as an event, released, or lapsed. Once-only per hold.

    A lapse is true from the hold's own end on, whenever it was recorded.
    """

    class Act(models.TextChoices):
        CAPTURE = "capture", "captured"
        RELEASE = "release", "released"
        LAPSE = "lapse", "lapsed"

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    hold = models.OneToOneField(
        Hold, db_constraint=False, on_delete=models.DO_NOTHING, related_name="end"
    )
    act = models.CharField(max_length=8, choices=Act)
    captured_event_id = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"end of hold {self.hold_id}"
