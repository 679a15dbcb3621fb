"""Double entry: the books, the chart, periods, entries and their lines."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib import money
from creditops.lib.tables import Book, Record
from ledger.models.holder import Holder


class BookSettings(Book):
    """The legal entity's books: functional currency and accounting zone. One row, written once."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=60)
    opened_at = models.DateTimeField()

    # How halves of an amount are rounded: the setting `rounding`, as `books.current` reads it.
    rounding: str = money.HALF_UP

    class Meta:
        verbose_name_plural = "book settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="ledger_books_are_opened_once")
        ]

    def __str__(self) -> str:
        return f"books in {self.currency}, {self.time_zone}"


class Account(Record):
    """A book-keeping account of the chart."""

    class Type(models.TextChoices):
        ASSET = "asset", "asset"
        LIABILITY = "liability", "liability"
        REVENUE = "revenue", "revenue"
        EXPENSE = "expense", "expense"

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=10, choices=Type)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class AccountingPeriod(Record):
    """A month of the books. Closed, it takes no entry any more."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSING = "closing", "closing"
        CLOSED = "closed", "closed"

    month = models.DateField(unique=True, help_text="its first day")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1), name="ledger_period_starts_on_the_first"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False),
                name="ledger_period_closed_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class JournalEntry(Book):
    """A balanced posting by one recipe of the catalogue. Once-only: unique source.

    Lines are written with it in one transaction; nothing can be added later (a trigger).
    """

    unsealed_fields = ("memo",)

    posting_date = models.DateField()
    recipe = models.CharField(max_length=8, help_text="of docs/ledger.md, like JE-05")
    memo = models.CharField(max_length=300)
    source = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    holder = models.ForeignKey(
        Holder,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    prior_period = models.BooleanField(
        default=False, help_text="belongs to a month that was closed already"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["posting_date", "id"]
        verbose_name_plural = "journal entries"
        indexes = [
            models.Index(fields=["posting_date", "id"], name="ledger_journal_by_date"),
            models.Index(fields=["customer", "posting_date"], name="ledger_journal_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.posting_date} {self.memo}"


class JournalLine(Book):
    """One side of an entry: either debit or credit, in minor units of the books' currency.

    A line that stands for an amount of another currency says which (V19), and a line of something that
    is owed in it names that, so that it can be valued anew (`ledger/open_items.py`).
    """

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    debit_minor = models.PositiveBigIntegerField(default=0)
    credit_minor = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    transaction_minor = models.BigIntegerField(null=True, blank=True, help_text="debit above zero")
    transaction_currency = models.CharField(max_length=3, blank=True, default="")
    open_item = models.CharField(
        max_length=120,
        blank=True,
        default="",
        help_text="what is owed: an invoice, a credit note, the overage of a term",
    )

    class Meta:
        ordering = ["entry", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(debit_minor=0, credit_minor__gt=0)
                | Q(debit_minor__gt=0, credit_minor=0),
                name="ledger_line_is_debit_or_credit_and_not_zero",
            )
        ]
        indexes = [models.Index(fields=["account", "entry"], name="ledger_line_by_account")]

    def __str__(self) -> str:
        side = "debit" if self.debit_minor else "credit"
        return f"{side} {self.debit_minor or self.credit_minor} {self.account_id}"
