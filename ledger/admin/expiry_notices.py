"""The staff's page of notices before credits end."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import ExpiryNotice


@admin.register(ExpiryNotice)
class ExpiryNoticeAdmin(LedgerRowAdmin):
    """Customers that were told that credits end, how many, and how long before."""

    named_by = ("customer", "pool")
    list_display = ("__str__", "customer", "pool", "credits", "rolling", "ends_at", "noticed_at")
    list_filter = (CustomerFilter, "days")
    ordering = ("-noticed_at", "-id")
