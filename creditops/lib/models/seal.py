"""Seals over the books: what their rows were, written down when nothing could change them any more."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Book


class Seal(Book):
    """One link of the chain: its head is a digest of the head before and of all rows sealed with it.

    Once-only: unique number; each seal follows another one, so the chain never forks. The newest
    head, kept outside of the database, makes a chain that was cut or forged show (docs/verify.md).
    """

    in_seals = False

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.CharField(
        max_length=64, unique=True, help_text="the head before; of none: 0s"
    )
    head = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="lib_seal_counts_from_one")
        ]

    def __str__(self) -> str:
        return f"{self.number}-{self.head}"


class SealedRows(Book):
    """The rows of one book between two numbers, as they were sealed.

    Ranges of a book follow each other: the first begins before every number (`after_id` null).
    `columns` are those that `digest` covers. `tags` holds the first four bytes of each row's own
    digest, in their order: they prove nothing, but tell which row it is that changed.
    """

    in_seals = False

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="ranges")
    table_name = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63))
    after_id = models.BigIntegerField(null=True, blank=True)
    upto_id = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    tags = models.BinaryField()

    class Meta:
        ordering = ["seal", "table_name", "upto_id"]
        verbose_name = verbose_name_plural = "sealed rows"
        constraints = [
            models.UniqueConstraint(
                fields=["table_name", "upto_id"], name="lib_sealed_rows_end_once"
            ),
            models.UniqueConstraint(
                fields=["table_name", "after_id"],
                name="lib_sealed_rows_begin_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(after_id__isnull=True) | Q(after_id__lt=F("upto_id")),
                name="lib_sealed_rows_go_forward",
            ),
            models.CheckConstraint(condition=Q(rows__gt=0), name="lib_sealed_rows_are_some"),
        ]

    def __str__(self) -> str:
        return f"{self.rows:,} rows of {self.table_name} up to {self.upto_id}"
