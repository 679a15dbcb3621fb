"""Answers that were given once and are given again, word for word."""

from django.db import models

from creditops.lib.tables import Book


class IdempotencyRecord(Book):
    """The answer to a writing request that carried an `Idempotency-Key`.

    Once-only: unique (owner, key). Written in the transaction of the effect itself, so the record,
    the effect and its outbox rows exist together or not at all.
    """

    unsealed_fields = ("owner", "body")

    owner = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], name="lib_idempotency_one_answer_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.owner}"
