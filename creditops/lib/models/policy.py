"""Settings that finance and product people change, by version."""

from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Book


class PolicySetting(Book):
    """One setting of one scope from an instant on, with who set and who approved it.

    A change is a new row with the next version; nothing before `effective_at` is touched.
    Once-only: unique (scope, name, version).
    """

    unsealed_fields = ("set_by", "approved_by")

    scope = models.CharField(max_length=120)
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    value = models.JSONField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["scope", "name", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "name", "version"], name="lib_policy_one_row_per_version"
            ),
            models.CheckConstraint(
                condition=Q(effective_at__gte=F("recorded_at")),
                name="lib_policy_never_touches_the_past",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.scope}, version {self.version}"
