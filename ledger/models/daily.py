"""Free credits that come anew every day."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Record
from ledger.models.holder import Pool


class DailyGrant(Record):
    """So many credits for every local day of the pool's holder, from `first_day` through `last_day`
    (null: for ever). What a day's credits became stands on that day's block (L15).

    Once-only: unique (customer, source); a day's block has the source `<source>@<day>`.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="daily_grants"
    )
    source = models.CharField(max_length=180)
    credits = models.PositiveBigIntegerField()
    first_day = models.DateField(help_text="local date of the holder")
    last_day = models.DateField(null=True, blank=True, help_text="empty: for ever")
    recorded_at = models.DateTimeField()
    granted_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.credits:,} a day ({self.source})"
