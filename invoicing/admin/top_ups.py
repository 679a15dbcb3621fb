"""The staff's page of automatic top-ups."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from invoicing.models import AutoTopUp


@admin.register(AutoTopUp)
class AutoTopUpAdmin(CustomerRows, ReadOnlyAdmin):
    """What became of crossings below which customers want more credits."""

    named_by = ("holder", "invoice")
    list_display = (
        "__str__", "customer", "state", "credits", "amount_minor", "attempts", "reason", "invoice",
        "crossed_at", "decided_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "state")
    ordering = ("-id",)
