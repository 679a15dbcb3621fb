"""Thresholds: noticed in the usage itself, told later."""

from django.db import models

from accounts.models import Customer
from creditops.lib.tables import Book
from ledger.models.holder import Pool


class Arming(Book):
    """A grant (or a lifted cap) made a threshold able to fire again; the first arming has no row."""

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    term_id = models.BigIntegerField(null=True, blank=True)
    threshold = models.CharField(max_length=12)
    arming = models.PositiveIntegerField()
    armed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.threshold} armed again"


class ThresholdCrossing(Book):
    """A threshold was reached. Once-only: unique (pool, term, threshold, arming).

    The ledger leaves it here; alerts, top-ups and tasks for sales find it.
    """

    customer = models.ForeignKey(
        Customer, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    pool = models.ForeignKey(
        Pool, db_constraint=False, on_delete=models.DO_NOTHING, related_name="crossings"
    )
    term_id = models.BigIntegerField(null=True, blank=True)
    threshold = models.CharField(max_length=12)
    arming = models.PositiveIntegerField()
    crossed_at = models.DateTimeField()
    event_id = models.BigIntegerField(null=True, blank=True)
    consumed = models.BigIntegerField()
    balance = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.threshold} crossed"
