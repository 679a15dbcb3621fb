"""Who holds credits, for how long, on which terms."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book, Counter, Record
from ledger.models.tariff import Tariff
from ledger.models.unit import CreditUnit

# Keys of these tables are (customer_id, id) in the database, so references that Django sees as
# foreign keys are composite there (migrations/sql/tables.sql) and carry no constraint of Django's.


class Holder(Record):
    """Whoever holds pools: a contract, a subscription, or a customer's open contract.

    The open one holds credits bought without a contract; it has no terms and no overage. What was
    sold stands on the floor above; the ledger knows the holder by its `code`.
    """

    class Kind(models.TextChoices):
        CONTRACT = "contract", "contract"
        SUBSCRIPTION = "subscription", "subscription"
        OPEN = "open", "pay as you go"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="holders")
    code = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    time_zone = models.CharField(max_length=60)
    is_default = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Pool(Record):
    """The balance of one credit unit under one holder. Once-only: unique (holder, unit)."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="pools"
    )
    unit = models.ForeignKey(
        CreditUnit, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.unit} of {self.holder}"


class Term(Record):
    """A stretch of time of a holder; consumption, commitment and overage belong to one term.

    Terms form a chain: `follows` is the end of the term before, null for the first.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="terms"
    )
    number = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    follows = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["holder", "number"]

    def __str__(self) -> str:
        return f"term {self.number} of {self.holder}"


class PoolTerm(Book):
    """What a pool's term obliges to: the commitment and its price, at which overage is valued."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    term = models.ForeignKey(
        Term, db_constraint=False, on_delete=models.DO_NOTHING, related_name="pool_terms"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    commitment = models.PositiveBigIntegerField()
    price_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    overage_layer_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.commitment:,} committed in {self.term}"


class CapLift(Book):
    """An approved cap on the overage of one term, from an instant on."""

    unsealed_fields = ("approved_by", "reason")

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    term = models.ForeignKey(
        Term, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    cap = models.PositiveBigIntegerField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    approved_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"cap of {self.cap:,} for {self.term}"


class OverageBasis(Book):
    """How overage of one term goes on from an instant: what its cap is a share of, and what values it.

    A subscription's grace begins without a value and on its plan's credits; an upgrade gives it more
    room, its end none, and a price once it is to be paid. The last row counts; numbered per term.
    """

    unsealed_fields = ("reason",)

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    term = models.ForeignKey(
        Term, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    no = models.PositiveIntegerField()
    base = models.PositiveBigIntegerField(
        help_text="credits; 0: nothing more goes beyond the balance"
    )
    layer_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "overage bases"

    def __str__(self) -> str:
        return f"overage of {self.term}: {self.reason}"


class HolderTariff(Book):
    """Which rate card prices a holder's usage from an instant on.

    Follows the card's current version, or keeps the pinned one while a lock runs. Ranges of one
    holder never overlap.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="tariffs"
    )
    tariff_name = models.CharField(max_length=100)
    pinned = models.ForeignKey(
        Tariff, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.pinned or self.tariff_name} for {self.holder}"


class RateChoice(Book):
    """A customer's recorded choice: from an instant on, `item` is rated as `chosen_item`."""

    unsealed_fields = ("chosen_by",)

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    holder = models.ForeignKey(
        Holder, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    item = models.CharField(max_length=100)
    chosen_item = models.CharField(max_length=100)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    chosen_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["effective_at"]

    def __str__(self) -> str:
        return f"{self.item} rated as {self.chosen_item}"


class DirectoryChange(Counter):
    """That a transaction changed something about a customer which processes remember: who it is, who pays, by
    which cards, its users; about all of them, where none is named. Written by the database
    (`ledger/remembered.py`)."""

    xid = models.BigIntegerField("transaction")
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )

    def __str__(self) -> str:
        return f"transaction {self.xid} about {self.customer or 'all'}"
