"""The staff's pages of usage in bulk: imports under way, backfills and what waits in them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import NOTHING, count, named
from creditops.lib.admin_tables import Listing
from ledger import backfills
from ledger.models import Backfill, BackfillBatch, BackfillRow, ImportRun


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Files that were imported, or are on their way."""

    list_display = (
        "name", "rows_read", "rejected", "credits", "started_at", "changed_at", "done_at",
    )  # fmt: skip
    fields = (
        *list_display,
        named("fates", "What became of its rows", lambda row: said(row.statuses)),
        named("reasons", "Reasons", lambda row: said(row.codes)),
    )
    search_fields = ("name__startswith",)
    ordering = ("-id",)


@admin.register(Backfill)
class BackfillAdmin(ReadOnlyAdmin):
    """Usage for the past, loaded as one: unseen until closed, reversible as one."""

    list_display = (
        "name", "state", named("waiting_said", "Rows that wait", lambda row: count(row.waiting)),
        "opened_at", "closed_at", "reversed_at",
    )  # fmt: skip
    fields = (
        "name", "state", "opened_at", "opened_by", "closed_at", "closed_by", "close_reason",
        "reversed_at", "reversed_by", "reverse_reason",
    )  # fmt: skip
    list_filter = ("state", "opened_at")
    search_fields = ("name__startswith",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how many rows wait, in the same query."""
        rows = BackfillRow.objects.filter(backfill=OuterRef("pk")).order_by().values("backfill")
        waiting = Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        found: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(waiting=Coalesce(waiting, Value(0)))
        return counted

    def tables(self, row: Backfill) -> list[Listing]:
        """What became of it."""
        found = backfills.standing(row)
        rows = [(status, count(number)) for status, number in sorted(found.statuses.items())]
        rows += [("waits unseen", count(found.waiting)), ("void", count(found.void))]
        rows += [("credits drawn now", count(found.credits))]
        rows += [
            (f"{which} time", f"{time:%Y-%m-%d %H:%M} UTC")
            for which, time in (("first", found.first), ("last", found.last))
            if time is not None
        ]
        return [Listing("What became of its rows", ("What", "#Number"), rows)]


@admin.register(BackfillRow)
class BackfillRowAdmin(ReadOnlyAdmin):
    """Rows that wait in backfills, unseen by everything else."""

    named_by = ("backfill",)
    list_display = (
        "key", "backfill", "customer", "meter", "quantity", "event_time", "source",
    )  # fmt: skip
    list_filter = ("backfill",)
    search_fields = ("key__startswith",)
    ordering = ("-id",)


@admin.register(BackfillBatch)
class BackfillBatchAdmin(ReadOnlyAdmin):
    """Deliveries of events that came from backfills."""

    named_by = ("backfill",)
    list_display = ("batch_id", "backfill")
    list_filter = ("backfill",)
    ordering = ("-id",)


def said(counts: dict[str, int]) -> str:
    """Counts in words, without what there is none of: "10 applied, 2 duplicate"."""
    told = [f"{count(number)} {what}" for what, number in sorted(counts.items()) if number]
    return ", ".join(told) or NOTHING
