"""The staff's pages of the consumption line: how credits were laid out, drawn and moved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from accounts.admin.narrowing import CustomerFilter
from creditops.lib.admin_columns import count, named
from ledger.admin.recent import RecentRows
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import (
    Accumulator,
    Drain,
    Layout,
    Move,
    PostedCost,
    ProviderCost,
    SeatUse,
    Segment,
)


@admin.register(Layout)
class LayoutAdmin(LedgerRowAdmin):
    """Generations of the line."""

    list_display = ("__str__", "customer", "no", "start_pos", "reason", "recorded_at")
    ordering = ("-id",)


@admin.register(Segment)
class SegmentAdmin(LedgerRowAdmin):
    """Where each block lies on the line of one layout."""

    named_by = ("block",)
    list_display = ("__str__", "customer", "block", "pos", "pos_end", "b0", "u0", "r0")
    ordering = ("-id",)


@admin.register(Drain)
class DrainAdmin(RecentRows, LedgerRowAdmin):
    """Credits drawn per batch. Without a customer only those of the newest deliveries."""

    list_display = (
        "__str__", "customer", named("credits_figure", "Credits", lambda d: count(d.pos_end - d.pos)),
        "events", "posting_date", "revenue_class", "recorded_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "revenue_class", "posting_date")
    ordering = ("-pool_id", "-line", "-pos")

    def since_batch(self, rows: QuerySet[Any], batch: int) -> QuerySet[Any]:
        """Drains of this batch and later ones."""
        return rows.filter(batch_id__gte=batch)


@admin.register(Move)
class MoveAdmin(LedgerRowAdmin):
    """Everything that is not ordinary consumption: expiry, reversals, corrections, late draws."""

    named_by = ("block",)
    list_display = (
        "type", "customer", "credits", "block", "late", "act", "effective_at", "posting_date",
        "recorded_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "type", "late", "posting_date")
    ordering = ("-pool_id", "-seq")


@admin.register(Accumulator)
class AccumulatorAdmin(LedgerRowAdmin):
    """Exact running sums of fractional credits. Counters."""

    list_display = ("item", "customer", "drawn", "carry")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the fraction that was not drawn yet, as a number to sort by."""
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(part=F("carry_num") * 1.0 / F("carry_den"))
        return found

    @admin.display(description="Not drawn yet", ordering="part")
    def carry(self, row: Accumulator) -> str:
        """The exact rest."""
        return f"{row.carry_num:,}/{row.carry_den:,}" if row.carry_num else "0"


@admin.register(SeatUse)
class SeatUseAdmin(LedgerRowAdmin):
    """What each user drew in a period. Counters."""

    list_display = ("__str__", "customer", "period", "credits")
    ordering = ("-id",)


@admin.register(ProviderCost)
class ProviderCostAdmin(LedgerRowAdmin):
    """What providers charge for what was drawn, exact."""

    named_by = ("pool",)
    list_display = ("__str__", "customer", "pool", "item", "posting_date", "cost", "recorded_at")
    list_filter = (CustomerFilter, "posting_date")
    ordering = ("-id",)


@admin.register(PostedCost)
class PostedCostAdmin(LedgerRowAdmin):
    """How far each pool's provider costs are posted. Counters."""

    named_by = ("pool",)
    list_display = ("__str__", "customer", "last_id", "cost")
    ordering = ("-pool_id",)
