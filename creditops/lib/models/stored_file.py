"""Documents as they were made."""

from django.db import models

from creditops.lib.tables import Book


class StoredFile(Book):
    """The bytes of a document with their hash, in the database so that a backup holds them too.

    Once-only: unique (name). A document is rendered once; the stored bytes are what everyone gets.
    """

    unsealed_fields = ("content",)

    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="lib_stored_file_written_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name
