"""The staff's page of changes of contracts."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from contracts.models import Amendment
from creditops.lib.admin import ReadOnlyAdmin


@admin.register(Amendment)
class AmendmentAdmin(CustomerRows, ReadOnlyAdmin):
    """Who changed which contract, when, and with what effect."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = (
        "__str__", "kind", "credits", "price_minor", "signed_at", "signed_by", "reason",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind", "signed_at")
    search_fields = ("contract__code", "contract__customer__name", "source")
    ordering = ("-signed_at", "-id")
