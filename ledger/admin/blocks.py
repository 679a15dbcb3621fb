"""The staff's pages of blocks of credits and of what they cost."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from creditops.lib.admin_columns import instant
from creditops.lib.admin_tables import Listing
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import Block, BlockChange, BlockLayer, BlockState, CostLayer


@admin.register(Block)
class BlockAdmin(LedgerRowAdmin):
    """Lots of credits as granted."""

    named_by = ("customer", "pool")
    list_display = (
        "source", "customer", "pool", "kind", "granted", "effective_at", "recorded_at", "granted_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind")
    search_fields = ("source",)
    ordering = ("-id",)

    def tables(self, row: Block) -> list[Listing]:
        """Its life so far."""
        changes = BlockChange.objects.filter(customer_id=row.customer_id, block=row)
        rows = [
            (str(c.no), c.get_act_display(), instant(c.expires_at), instant(c.effective_at),
             instant(c.recorded_at), c.reason)
            for c in changes.order_by("no")
        ]  # fmt: skip
        heads = ("No", "Act", "Ends", "From", "Recorded", "~Reason")
        return [Listing("Changes of its life", heads, rows)]


@admin.register(BlockChange)
class BlockChangeAdmin(LedgerRowAdmin):
    """What changed about blocks' lives."""

    list_display = ("__str__", "customer", "no", "act", "expires_at", "effective_at", "reason")
    list_filter = (CustomerFilter, "act")
    ordering = ("-id",)


@admin.register(BlockState)
class BlockStateAdmin(LedgerRowAdmin):
    """Used, expired and voided per block. Counters."""

    list_display = ("block", "customer", "granted", "used", "expired", "voided", "until", "open")
    named_by = ("block",)
    list_filter = (CustomerFilter, "open")
    ordering = ("-block_id",)


@admin.register(CostLayer)
class CostLayerAdmin(LedgerRowAdmin):
    """Quantities of credits and what they cost."""

    list_display = ("id", "customer", "kind", "quantity", "cost_minor", "currency", "recorded_at")
    list_filter = (CustomerFilter, "kind")
    ordering = ("-id",)


@admin.register(BlockLayer)
class BlockLayerAdmin(LedgerRowAdmin):
    """Which cost layer each block draws its values from."""

    named_by = ("block", "layer")
    list_display = ("__str__", "customer", "block", "layer", "recorded_at")
    ordering = ("-id",)
