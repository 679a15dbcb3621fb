"""The staff's pages of breakage in proportion to use: estimates, and what was recognised by them."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import BreakageEstimate, Recognition


@admin.register(BreakageEstimate)
class BreakageEstimateAdmin(LedgerRowAdmin):
    """How many credits of blocks are expected to be used, by whom, and why."""

    named_by = ("block",)
    list_display = (
        "__str__", "customer", "block", "expected", "estimated_by", "approved_by", "recorded_at",
    )  # fmt: skip
    list_filter = (CustomerFilter,)
    ordering = ("-id",)


@admin.register(Recognition)
class RecognitionAdmin(LedgerRowAdmin):
    """What was recognised of blocks up to a day, cumulative, in minor units."""

    named_by = ("block",)
    list_display = (
        "__str__", "customer", "through", "used", "expected", "usage_minor", "breakage_minor",
        "state_minor", "deferred_minor", "recorded_at",
    )  # fmt: skip
    list_filter = (CustomerFilter,)
    ordering = ("-id",)
