"""The staff's pages of usage: what was reported, what became of it, what was set aside."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import count, instant, named
from creditops.lib.admin_tables import Listing
from ledger import archiving
from ledger.admin import usage_trace
from ledger.admin.recent import RecentRows
from ledger.admin.rows import LedgerRowAdmin
from ledger.messages import event_id
from ledger.models import (
    ArchiveReturn,
    Correction,
    DuplicateCount,
    EventArchive,
    EventBatch,
    EventSource,
    ExceptionEnd,
    Hold,
    HoldEnd,
    UsageEvent,
    UsageException,
    UsagePart,
    UserName,
)


def quantity(row: UsageEvent) -> str:
    """The exact quantity, without zeros that say nothing."""
    return f"{row.quantity.normalize():,f}"


def said(data: dict[str, Any] | None) -> str:
    """What an event told of itself: "model large, output_tokens 812"."""
    return ", ".join(f"{name} {told}" for name, told in (data or {}).items()) or "–"


def data(row: UsageEvent) -> str:
    """What an event told of itself, or the file that has it now."""
    home = archiving.home_of(row)
    return said(row.data) if home is None else f"in the archive file {home.name}"


def reason(code: str) -> str:
    """Why a message was refused or set aside, in words: `unknown_customer` is "unknown customer"."""
    return code.replace("_", " ").lower()


@admin.register(UsageEvent)
class UsageEventAdmin(RecentRows, LedgerRowAdmin):
    """Usage events. Without a customer only those of the newest deliveries."""

    list_display = (
        "key", "customer", "meter", named("quantity_figure", "Quantity", quantity), "credits",
        "status", named("why", "Why", lambda row: reason(row.code) if row.code else "–", "code"),
        "event_time",
        "recorded_at",
    )  # fmt: skip
    fields = (
        "key", "customer", "member", "holder", "pool", "meter",
        named("quantity_figure", "Quantity", quantity), "credits", "status",
        named("why", "Why", lambda e: reason(e.code) if e.code else "–"), "event_time",
        "recorded_at", "source", "user", named("data_said", "Data", data), "tariff",
        "id", "line", named("position", "Position on the line", lambda e: count(e.pos)),
    )  # fmt: skip
    list_filter = (CustomerFilter, "meter", "status", "event_time")
    search_fields = ("key__startswith",)
    search_help_text = "the beginning of an event's id"
    ordering = ("-event_time", "-id")

    def since_batch(self, rows: QuerySet[Any], batch: int) -> QuerySet[Any]:
        """Events of this batch and later ones: a range of ids."""
        return rows.filter(id__gte=event_id(batch, 0))

    def tables(self, row: UsageEvent) -> list[Listing]:
        """Its rate, who paid, what was corrected, where it stands in the journal."""
        return usage_trace.tables(row)


@admin.register(UsagePart)
class UsagePartAdmin(LedgerRowAdmin):
    """Draws of events in their second and further units."""

    list_display = ("event_id", "customer", "unit", "credits", "pos")
    ordering = ("-event_id", "unit_id")


@admin.register(UsageException)
class UsageExceptionAdmin(CustomerRows, ReadOnlyAdmin):
    """Messages that could not be placed, in conflict, or held. Nothing is dropped."""

    list_display = (
        "key", named("customer_said", "Customer", lambda row: row.customer_code, "customer_code"),
        "kind", named("why", "Why", lambda row: reason(row.code), "code"),
        named("meter_said", "Meter", lambda row: row.meter_code, "meter_code"), "event_time",
        "received_at", "outcome",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind", "received_at")
    search_fields = ("key__startswith", "customer_code", "code", "meter_code")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how they ended, in one query."""
        return super().get_queryset(request).select_related("end")

    @admin.display(description="Outcome")
    def outcome(self, row: UsageException) -> str:
        """How it ended."""
        return row.end.outcome if hasattr(row, "end") else "waits"


@admin.register(ExceptionEnd)
class ExceptionEndAdmin(ReadOnlyAdmin):
    """How exceptions ended."""

    named_by = ("exception",)
    list_display = ("exception", "outcome", "recorded_at", "ended_by", "reason")
    ordering = ("-exception_id",)


@admin.register(EventBatch)
class EventBatchAdmin(ReadOnlyAdmin):
    """Deliveries of events."""

    list_display = ("id", "origin", "received", "received_at")
    ordering = ("-id",)


@admin.register(EventSource)
class EventSourceAdmin(ReadOnlyAdmin):
    """Sources of events."""

    list_display = ("name",)
    search_fields = ("name",)


@admin.register(UserName)
class UserNameAdmin(LedgerRowAdmin):
    """The customers' end users, by the text that events name them with."""

    list_display = ("__str__", "customer")
    search_fields = ("name__startswith",)
    ordering = ("-id",)


@admin.register(DuplicateCount)
class DuplicateCountAdmin(LedgerRowAdmin):
    """How many messages repeated stored events."""

    list_display = ("__str__", "customer", "day", "meter", "messages", "batch_id")
    list_filter = (CustomerFilter, "meter", "day")
    ordering = ("-batch_id", "-id")


@admin.register(Correction)
class CorrectionAdmin(LedgerRowAdmin):
    """Corrected events."""

    list_display = (
        "event_id", "customer", "no", "unit", "credits", "void", "effective_at", "recorded_at",
        "corrected_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "void", "recorded_at")
    ordering = ("-id",)


@admin.register(Hold)
class HoldAdmin(LedgerRowAdmin):
    """Credits set aside for work under way."""

    list_display = ("code", "customer", "credits", "held_at", "expires_at", "placed_by")
    search_fields = ("code",)
    ordering = ("-id",)


@admin.register(HoldEnd)
class HoldEndAdmin(LedgerRowAdmin):
    """How holds ended."""

    named_by = ("hold",)
    list_display = ("hold", "customer", "act", "captured_event_id", "recorded_at")
    ordering = ("-id",)


@admin.register(EventArchive)
class EventArchiveAdmin(ReadOnlyAdmin):
    """Files to which the data of old events was moved."""

    list_display = (
        "name", "first_batch", "last_batch", "events", "moved", "bytes", "received_before",
        "archived_at", "back",
    )  # fmt: skip
    fields = (
        "name", "sha256", "first_batch", "last_batch", "events", "moved", "bytes", "received_before",
        "archived_at", "back",
    )  # fmt: skip
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With whether they were brought back, in one query."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related("returned")
        return rows

    @admin.display(description="Brought back")
    def back(self, row: EventArchive) -> str:
        """When, if it was."""
        return instant(row.returned.returned_at) if hasattr(row, "returned") else "–"


@admin.register(ArchiveReturn)
class ArchiveReturnAdmin(ReadOnlyAdmin):
    """Archive files whose data is back in its events."""

    named_by = ("archive",)
    list_display = ("__str__", "returned_at")
