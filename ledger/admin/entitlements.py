"""The staff's pages of what credits bought beside usage, and of what comes anew every day."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import DailyGrant, Entitlement, EntitlementRelease


@admin.register(DailyGrant)
class DailyGrantAdmin(LedgerRowAdmin):
    """Credits that come anew every local day, and end with it."""

    named_by = ("pool",)
    list_display = (
        "__str__", "customer", "pool", "credits", "first_day", "last_day", "granted_by", "recorded_at",
    )  # fmt: skip
    ordering = ("-id",)


@admin.register(Entitlement)
class EntitlementAdmin(LedgerRowAdmin):
    """Flat fees and licences, paid with credits at once."""

    named_by = ("holder",)
    list_display = (
        "__str__", "customer", "holder", "kind", "item", "users", "starts_on", "ends_on", "granted_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind")
    ordering = ("-id",)


@admin.register(EntitlementRelease)
class EntitlementReleaseAdmin(LedgerRowAdmin):
    """Revenue of flat fees and licences up to a day, as it was posted."""

    named_by = ("entitlement",)
    list_display = ("__str__", "customer", "through", "cumulative_minor", "recorded_at")
    ordering = ("-id",)
