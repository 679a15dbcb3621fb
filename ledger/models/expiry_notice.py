"""Customers are told before credits end."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book
from ledger.models.holder import Pool


class ExpiryNotice(Book):
    """A customer was told that credits end. Once-only: unique (pool, local day of the end, days before).

    `ends_at` is the first of the ends on that day, `credits` what was left of all blocks that end on it;
    `rolling` of them may roll over at the term's end.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    ends_on = models.DateField()
    days = models.PositiveSmallIntegerField(help_text="before")
    ends_at = models.DateTimeField()
    credits = models.PositiveBigIntegerField()
    rolling = models.PositiveBigIntegerField()
    noticed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.days} days before {self.ends_on}"
