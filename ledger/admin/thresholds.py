"""The staff's pages of thresholds."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from creditops.lib.admin_columns import named
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import Arming, ThresholdCrossing


def threshold_words(name: str) -> str:
    """A threshold in words: `80` is "80 % used", `OVERAGE_50` is "overage 50 %"."""
    if name.isdecimal():
        return f"{name} % used"
    return name.replace("_", " ").lower() + (" %" if name[-1].isdecimal() else "")


_THRESHOLD = named("words", "Threshold", lambda row: threshold_words(row.threshold), "threshold")


@admin.register(ThresholdCrossing)
class ThresholdCrossingAdmin(LedgerRowAdmin):
    """Thresholds that consumption reached."""

    named_by = ("customer", "pool")
    list_display = (_THRESHOLD, "customer", "pool", "consumed", "balance", "crossed_at")
    list_filter = (CustomerFilter, "threshold")
    ordering = ("-crossed_at", "-id")


@admin.register(Arming)
class ArmingAdmin(LedgerRowAdmin):
    """Thresholds that a grant made able to fire again."""

    list_display = (_THRESHOLD, "customer", "arming", "armed_at")
    list_filter = (CustomerFilter, "threshold")
    ordering = ("-id",)
