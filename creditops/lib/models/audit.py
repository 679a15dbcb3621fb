"""Who changed what. Written by triggers only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from creditops.lib.tables import Book


class AuditEntry(Book):
    """One change of one ordinary row: who, when, which fields. It never holds a value."""

    written_by_triggers = True
    unsealed_fields = ("actor", "reason")

    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=80)
    action = models.CharField(max_length=6)
    fields = ArrayField(models.CharField(max_length=63))
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="lib_audit_row"),
            models.Index(fields=["at"], name="lib_audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id}: {self.action} by {self.actor}"


class AuditValue(models.Model):
    """The values before and after, apart from the entry so that erasing a person can empty them."""

    entry = models.OneToOneField(
        AuditEntry, on_delete=models.CASCADE, primary_key=True, related_name="values_changed"
    )
    before = models.JSONField()
    after = models.JSONField()

    def __str__(self) -> str:
        return f"values of audit entry {self.entry_id}"
