"""The staff's page of API keys, for those who manage them. A secret is nowhere to be seen."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerRows
from accounts.models import ApiKey
from creditops.lib.admin import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(CustomerRows, ReadOnlyAdmin):
    """API keys, by name and the first signs of their secret."""

    hidden = ("digest",)
    named_by = ("customer",)
    list_display = (
        "name", "prefix", "scopes", "customer", "created_at", "created_by", "expires_at", "revoked_at",
    )  # fmt: skip
    search_fields = ("name", "prefix")
