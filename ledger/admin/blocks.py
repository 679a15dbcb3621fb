"""The staff's pages of blocks of credits and of what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter
from creditops.lib import clock, money
from creditops.lib.admin_columns import NOTHING, amount, count, instant, link, named
from creditops.lib.admin_tables import Listing
from ledger import balances, block_events
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import Block, BlockChange, BlockLayer, BlockState, CostLayer

SHOWN_EVENTS = 50


@admin.register(Block)
class BlockAdmin(LedgerRowAdmin):
    """Lots of credits as granted."""

    named_by = ("customer", "pool")
    list_display = (
        named("lot", "Block", lambda b: f"{b.granted:,} {b.get_kind_display()}", "granted"),
        "customer", "pool", "effective_at",
        named("ends", "Ends", lambda b: instant(b.ends_at) if b.ends_at else "never"),
        "granted_by",
    )  # fmt: skip
    fields = (
        "customer", "pool", "kind", "granted", "effective_at", "term_start", "priority", "meters",
        "breakage", "promo_policy", named("value", "Value of a credit", lambda b: _promo_value(b)),
        "reason", "granted_by", "recorded_at", "source",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind")
    search_fields = ("source",)
    ordering = ("-id",)

    def fetch(self, rows: Sequence[Any]) -> None:
        """With when each ends."""
        super().fetch(rows)
        customers = {row.customer_id for row in rows}
        states = BlockState.objects.filter(customer__in=customers, pk__in=[row.pk for row in rows])
        ends = dict(states.values_list("pk", "until"))
        for row in rows:
            row.ends_at = ends.get(row.pk)

    def tables(self, row: Block) -> list[Listing]:
        """How it stands, its life so far, and the newest events that it paid for."""
        changes = BlockChange.objects.filter(customer_id=row.customer_id, block=row)
        rows = [
            (str(c.no), c.get_act_display(), instant(c.expires_at), instant(c.effective_at),
             instant(c.recorded_at), c.reason)
            for c in changes.order_by("no")
        ]  # fmt: skip
        heads = ("No", "Act", "Ends", "From", "Recorded", "~Reason")
        return [_standing(row), Listing("Changes of its life", heads, rows), _paid(row)]


def _promo_value(row: Block) -> str:
    """What a free credit counts for when it is used, where its policy values it."""
    if row.promo_minor is None or row.promo_credits is None:
        return ""
    return f"{money.decimal_text(Fraction(row.promo_minor, row.promo_credits))} (minor units)"


def _standing(row: Block) -> Listing:
    """What was granted, and what became of it up to now."""
    now = clock.now()
    (balance,) = balances.of_pools([row.pool], as_of=now, known_at=now)
    rows = [
        (count(b.granted), count(b.used), count(b.expired), count(b.voided), count(b.left), b.state)
        for b in balance.blocks
        if b.id == row.pk
    ]
    heads = ("#Granted", "#Used", "#Expired", "#Voided", "#Left", "State")
    return Listing("How it stands", heads, rows)


def _paid(row: Block) -> Listing:
    """The newest events that it paid for; each leads to its own page."""
    page = block_events.newest(row, limit=SHOWN_EVENTS)
    currency = row.layers.get(no=1).layer.currency
    rows = [
        (link(p.event), str(p.event.meter), (p.event.user.name or NOTHING) if p.event.user else NOTHING,
         instant(p.event.event_time), count(p.credits), amount(p.value, currency))
        for p in page.paid
    ]  # fmt: skip
    title = "Events that it paid for"
    return Listing(
        title if page.next is None else f"{title}: the newest {SHOWN_EVENTS}",
        ("Event", "Meter", "User", "At", "#Credits", "#Value"), rows, empty="It paid for nothing yet.",
    )  # fmt: skip


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
    list_display = ("__str__", "customer", "block", "layer", "gone", "recorded_at")
    ordering = ("-id",)
