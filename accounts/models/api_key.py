"""Keys of programs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.customer import Customer
from creditops.lib.tables import Record


class ApiKey(Record):
    """A key by which a program uses the API: shown once, kept as prefix and SHA-256.

    Bound to one customer it sees that customer only. Revocation acts at once.
    """

    secret_fields = ("digest",)

    class Scope(models.TextChoices):
        USAGE_WRITE = "usage:write"
        USAGE_READ = "usage:read"
        LEDGER_READ = "ledger:read"
        LEDGER_WRITE = "ledger:write"
        BILLING_READ = "billing:read"
        BILLING_WRITE = "billing:write"
        ADMIN = "admin"

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="api_keys"
    )
    assume_utc = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
