"""The staff's pages of commission: plans, whose contracts are, what came of it. The desk has statements."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from contracts.models import (
    Assignment,
    AssignmentShare,
    CommissionDispute,
    CommissionEvent,
    CommissionPart,
    CommissionPayout,
    CommissionPlan,
    CommissionPlanVersion,
    CommissionSplit,
    CommissionStatement,
    ContractCost,
    ContractCostStep,
    ContractPlan,
)
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, instant, link, named
from creditops.lib.admin_tables import Listing


def pct(value: Any) -> str:
    """A percentage without zeros behind it."""
    return "–" if value is None else f"{value.normalize():f} %"


def _of_pct(name: str, label: str) -> Any:
    return named(f"{name}_figure", label, lambda row: pct(getattr(row, name)), name)


@admin.register(CommissionPlan)
class CommissionPlanAdmin(ReadOnlyAdmin):
    """Ways to pay commission."""

    list_display = ("name", "code")
    search_fields = ("code", "name")

    def tables(self, row: CommissionPlan) -> list[Listing]:
        """Its versions, newest first."""
        rows = [
            (link(v), pct(v.rate_pct), pct(v.upfront_pct), v.get_cost_display(),
             instant(v.published_at), v.published_by)
            for v in row.versions.select_related("plan")
        ]  # fmt: skip
        heads = ("Version", "#Rate", "#At close", "Cost", "Published", "By")
        return [Listing("Versions", heads, rows)]


@admin.register(CommissionPlanVersion)
class CommissionPlanVersionAdmin(ReadOnlyAdmin):
    """What plans say, version by version; a version never changes."""

    named_by = ("plan",)
    list_display = (
        "__str__", _of_pct("rate_pct", "Rate"), _of_pct("upfront_pct", "At close"), "cost", "years",
        "published_at", "published_by",
    )  # fmt: skip
    fields = (
        "plan", "version", _of_pct("rate_pct", "Rate"), _of_pct("upfront_pct", "At close"),
        "override_reason", "years", "cost", "months",
        _of_pct("clawback_limit_pct", "Taken back at most, of what was paid at close"),
        _of_pct("cap_pct", "Cap"), _of_pct("floor_pct", "Floor"), "published_at", "published_by",
    )  # fmt: skip
    list_filter = ("cost", "years")
    search_fields = ("plan__code", "plan__name")
    ordering = ("-published_at", "-id")

    def tables(self, row: CommissionPlanVersion) -> list[Listing]:
        """Its split."""
        rows = [(share.rep, pct(share.pct)) for share in row.split.all()]
        empty = "Whoever signs a contract has all of it."
        return [Listing("Split", ("Rep", "#Share"), rows, empty=empty)]


@admin.register(CommissionSplit)
class CommissionSplitAdmin(ReadOnlyAdmin):
    """How plans share commission."""

    named_by = ("version",)
    list_display = ("rep", "version", _of_pct("pct", "Share"))
    ordering = ("-version_id", "position")


@admin.register(ContractPlan)
class ContractPlanAdmin(CustomerRows, ReadOnlyAdmin):
    """By which plan contracts pay."""

    customer = "contract__customer"
    named_by = ("contract", "version")
    list_display = ("__str__", "contract", "version", "effective_at", "agreed_by")
    list_filter = (CustomerFilter,)
    search_fields = ("contract__code",)
    ordering = ("-id",)


@admin.register(Assignment)
class AssignmentAdmin(CustomerRows, ReadOnlyAdmin):
    """Whose contracts are, from when on."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = ("__str__", "contract", "effective_at", "recorded_at", "assigned_by", "reason")
    list_filter = (CustomerFilter, "effective_at")
    search_fields = ("contract__code", "shares__rep")
    ordering = ("-id",)

    def tables(self, row: Assignment) -> list[Listing]:
        """The shares."""
        rows = [(share.rep, pct(share.pct)) for share in row.shares.all()]
        return [Listing("Shares", ("Rep", "#Share"), rows)]


@admin.register(AssignmentShare)
class AssignmentShareAdmin(ReadOnlyAdmin):
    """Reps' shares of contracts."""

    named_by = ("assignment",)
    list_display = ("rep", "assignment", _of_pct("pct", "Share"))
    search_fields = ("rep", "assignment__contract__code")
    ordering = ("-assignment_id", "position")


@admin.register(CommissionEvent)
class CommissionEventAdmin(CustomerRows, ReadOnlyAdmin):
    """What contract years came to: at close, at their end, restated."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = (
        "__str__", "contract", "year", "kind", "base_minor", "total_minor", "before_minor",
        "posting_date",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind", "posting_date")
    search_fields = ("contract__code", "parts__rep")
    ordering = ("-posting_date", "-id")

    def tables(self, row: CommissionEvent) -> list[Listing]:
        """Per rep."""
        rows = [
            (part.rep, amount(part.total_minor, row.currency),
             amount(part.before_minor, row.currency), amount(part.amount_minor, row.currency))
            for part in row.parts.all()
        ]  # fmt: skip
        return [Listing("Reps", ("Rep", "#Altogether", "#Before", "#Paid or taken back"), rows)]


@admin.register(CommissionPart)
class CommissionPartAdmin(ReadOnlyAdmin):
    """Reps' parts of commission events."""

    named_by = ("event",)
    list_display = (
        "rep", "event",
        named("total_figure", "Altogether", lambda p: amount(p.total_minor, p.event.currency)),
        named("amount_figure", "Paid or taken back",
              lambda p: amount(p.amount_minor, p.event.currency)),
    )  # fmt: skip
    fields = ("event", "position", "rep", "total", "before")
    search_fields = ("rep", "event__contract__code")
    ordering = ("-event_id", "position")

    @admin.display(description="Altogether")
    def total(self, row: CommissionPart) -> str:
        """All that is due with the event."""
        return amount(row.total_minor, row.event.currency)

    @admin.display(description="Before")
    def before(self, row: CommissionPart) -> str:
        """What was due before it."""
        return amount(row.before_minor, row.event.currency)


@admin.register(CommissionStatement)
class CommissionStatementAdmin(ReadOnlyAdmin):
    """Frozen statements."""

    list_display = ("__str__", "rep", "year", "version", "frozen_at", "frozen_by")
    fields = ("rep", "year", "version", "frozen_at", "frozen_by")
    list_filter = ("year",)
    search_fields = ("rep",)
    ordering = ("-frozen_at", "-id")


@admin.register(CommissionPayout)
class CommissionPayoutAdmin(ReadOnlyAdmin):
    """Commission that was paid."""

    list_display = (
        "__str__", "rep", "gross_minor", "netted_minor",
        named("cash_figure", "Left", lambda p: amount(p.cash_minor, p.currency)), "paid_at",
        "paid_by",
    )  # fmt: skip
    fields = (
        "statement", "rep", "currency", "gross_minor", "netted_minor", "posting_date", "paid_at",
        "paid_by", "approval",
    )  # fmt: skip
    named_by = ("statement", "approval")
    search_fields = ("rep",)
    ordering = ("-paid_at", "-id")


@admin.register(CommissionDispute)
class CommissionDisputeAdmin(ReadOnlyAdmin):
    """What reps object to."""

    named_by = ("contract",)
    list_display = ("__str__", "rep", "year", "contract", "state", "raised_at", "answered_by")
    list_filter = ("state", "year")
    search_fields = ("rep", "text", "contract__code")
    ordering = ("-raised_at", "-id")


@admin.register(ContractCost)
class ContractCostAdmin(CustomerRows, ReadOnlyAdmin):
    """Capitalised commission."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = ("__str__", "contract", "policy", "months", "starts_on")
    fields = ("contract", "policy", "months", "starts_on", "currency")
    list_filter = (CustomerFilter, "policy")
    search_fields = ("contract__code",)
    ordering = ("-id",)

    def tables(self, row: ContractCost) -> list[Listing]:
        """How it stood after every change."""
        rows = [
            (f"{s.posting_date}", s.get_kind_display(), amount(s.cost_minor, row.currency),
             amount(s.amortised_minor, row.currency),
             amount(s.cost_minor - s.amortised_minor, row.currency))
            for s in row.steps.all()
        ]  # fmt: skip
        heads = ("Posted", "What", "#Cost", "#Expensed", "#Left")
        return [Listing("Changes", heads, rows)]


@admin.register(ContractCostStep)
class ContractCostStepAdmin(ReadOnlyAdmin):
    """Changes of capitalised commission."""

    named_by = ("asset",)
    list_display = (
        "asset", "kind", "posting_date",
        named("cost_figure", "Cost", lambda s: amount(s.cost_minor, s.asset.currency)),
        named("expensed_figure", "Expensed",
              lambda s: amount(s.amortised_minor, s.asset.currency)),
    )  # fmt: skip
    fields = (
        "asset", "no", "kind", "through", "posting_date",
        named("cost_figure", "Cost", lambda s: amount(s.cost_minor, s.asset.currency)),
        named("expensed_figure", "Expensed",
              lambda s: amount(s.amortised_minor, s.asset.currency)),
        "recorded_at",
    )  # fmt: skip
    search_fields = ("asset__contract__code",)
    ordering = ("-posting_date", "-id")
