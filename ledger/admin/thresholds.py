"""The staff's pages of thresholds."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import Arming, ThresholdCrossing


@admin.register(ThresholdCrossing)
class ThresholdCrossingAdmin(LedgerRowAdmin):
    """Thresholds that consumption reached."""

    named_by = ("customer", "pool")
    list_display = ("threshold", "customer", "pool", "consumed", "balance", "arming", "crossed_at")
    list_filter = (CustomerFilter, "threshold")
    ordering = ("-crossed_at", "-id")


@admin.register(Arming)
class ArmingAdmin(LedgerRowAdmin):
    """Thresholds that a grant made able to fire again."""

    list_display = ("threshold", "customer", "arming", "armed_at")
    list_filter = (CustomerFilter, "threshold")
    ordering = ("-id",)
