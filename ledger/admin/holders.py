"""The staff's pages of who holds credits, for how long and on which terms."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from ledger.admin.rows import LedgerRowAdmin
from ledger.models import (
    CapLift,
    DirectoryChange,
    Holder,
    HolderTariff,
    OverageBasis,
    Pool,
    PoolState,
    PoolTerm,
    RateChoice,
    ScopeLine,
    Term,
    TermUse,
)


@admin.register(Holder)
class HolderAdmin(LedgerRowAdmin):
    """Whoever holds pools."""

    list_display = ("code", "customer", "kind", "time_zone", "is_default", "opened_at", "closed_at")
    list_filter = (CustomerFilter, "kind")
    search_fields = ("code",)
    ordering = ("code", "id")


@admin.register(Pool)
class PoolAdmin(LedgerRowAdmin):
    """Balances, one per credit unit of a holder."""

    named_by = ("unit", "holder")
    list_display = ("__str__", "customer", "holder", "unit", "opened_at")
    ordering = ("-id",)


@admin.register(PoolState)
class PoolStateAdmin(LedgerRowAdmin):
    """Where each pool's line stands. Counters: the books could give them again."""

    named_by = ("pool",)
    list_display = (
        "pool", "customer", "enforcement", "consumed", "limit_pos", "stop_pos", "held", "layout_no",
        "posted_pos", "valid_until",
    )  # fmt: skip
    list_filter = (CustomerFilter, "enforcement")
    ordering = ("-pool_id",)


@admin.register(ScopeLine)
class ScopeLineAdmin(LedgerRowAdmin):
    """Where the lines of scopes stand: of credits that pay for some meters only. Counters."""

    named_by = ("pool",)
    list_display = (
        "__str__", "customer", "pool", "consumed", "limit_pos", "beside", "posted_pos",
    )  # fmt: skip
    ordering = ("-id",)


@admin.register(Term)
class TermAdmin(LedgerRowAdmin):
    """Stretches of time that consumption, commitment and overage belong to."""

    named_by = ("holder",)
    list_display = ("__str__", "customer", "number", "starts_at", "ends_at")
    ordering = ("-starts_at", "-id")


@admin.register(PoolTerm)
class PoolTermAdmin(LedgerRowAdmin):
    """What each term commits to."""

    named_by = ("term",)
    list_display = ("__str__", "customer", "commitment", "price_minor", "recorded_at")
    ordering = ("-id",)


@admin.register(DirectoryChange)
class DirectoryChangeAdmin(CustomerRows, ReadOnlyAdmin):
    """About whom something changed that processes remember while they take usage in."""

    named_by = ("customer",)
    list_display = ("__str__", "customer")
    list_filter = (CustomerFilter,)
    ordering = ("-id",)


@admin.register(TermUse)
class TermUseAdmin(LedgerRowAdmin):
    """Overage and counted use per term. Counters."""

    list_display = ("__str__", "customer", "overage", "counted", "base")
    ordering = ("-id",)


@admin.register(OverageBasis)
class OverageBasisAdmin(LedgerRowAdmin):
    """How overage of a term goes on from an instant: on which base, and whether it has a price."""

    named_by = ("term",)
    list_display = ("__str__", "customer", "no", "base", "layer_id", "recorded_at")
    ordering = ("-id",)


@admin.register(CapLift)
class CapLiftAdmin(LedgerRowAdmin):
    """Overage caps that somebody approved."""

    named_by = ("term",)
    list_display = ("__str__", "customer", "cap", "effective_at", "approved_by", "reason")
    ordering = ("-id",)


@admin.register(HolderTariff)
class HolderTariffAdmin(LedgerRowAdmin):
    """Which rate card prices whose usage, from when."""

    named_by = ("pinned", "holder")
    list_display = (
        "__str__",
        "customer",
        "tariff_name",
        "pinned",
        "starts_at",
        "ends_at",
        "source",
    )
    list_filter = (CustomerFilter, "tariff_name")
    ordering = ("-starts_at", "-id")


@admin.register(RateChoice)
class RateChoiceAdmin(LedgerRowAdmin):
    """What customers chose between two rates."""

    named_by = ("holder",)
    list_display = ("__str__", "customer", "holder", "effective_at", "chosen_by")
    ordering = ("-effective_at", "-id")
