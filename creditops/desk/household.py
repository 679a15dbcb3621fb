"""Does the registration of what belongs to no business app: the cellar's rows, roles, the beat."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django_celery_beat import models as beat
from unfold.contrib.filters.admin import RadioFilter

from creditops.desk import audit_words
from creditops.lib.admin import HouseholdAdmin, ReadOnlyAdmin
from creditops.lib.admin_columns import count, named
from creditops.lib.admin_tables import Listing
from creditops.lib.models import (
    Approval,
    AuditEntry,
    AuditValue,
    DueRow,
    IdempotencyRecord,
    OutboxMessage,
    PolicySetting,
    Seal,
    SealedRows,
    StoredFile,
)


def work_words(kind: str) -> str:
    """A kind of work in words: `contracts.term_end` is "Term end"."""
    return kind.rpartition(".")[2].replace("_", " ").capitalize()


_KIND = named("work", "Work", lambda row: work_words(row.kind), "kind")


class StateFilter(RadioFilter):  # type: ignore[misc]  # Unfold has no types
    """Work by how it stands."""

    title = "how it stands"
    parameter_name = "stands"
    tried: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers."""
        return [("waits", "waits"), ("failed", "failed, waits to be tried again"), ("done", "done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Work that is done, waits, or waits after it failed."""
        if self.value() not in ("waits", "failed", "done"):
            return queryset
        queryset = queryset.filter(done_at__isnull=self.value() != "done")
        return queryset.exclude(error="") if self.value() == "failed" else queryset


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Requests that need a second person."""

    list_display = (
        "summary", "kind", "state", "requested_by", "requested_at", "decided_by", "decided_at",
    )  # fmt: skip
    list_filter = ("state", "requested_at")
    search_fields = ("subject", "summary", "requested_by", "decided_by")
    ordering = ("-requested_at", "-id")


@admin.register(DueRow)
class DueRowAdmin(ReadOnlyAdmin):
    """Work that is due at an instant."""

    list_display = (_KIND, "subject", "group", "due_at", "done_at", "failures", "error")
    list_filter = (StateFilter, "due_at")
    search_fields = ("kind", "subject", "group")
    ordering = ("-due_at", "-id")


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """What leaves the house: mails, documents, charges."""

    list_display = (_KIND, "key", "created_at", "not_before", "attempts", "done_at", "error")
    list_filter = (StateFilter, "created_at")
    search_fields = ("kind", "key")
    ordering = ("-id",)


@admin.register(PolicySetting)
class PolicySettingAdmin(ReadOnlyAdmin):
    """Every version of every setting."""

    list_display = (
        "name", "scope", "version", "value", "effective_at", "recorded_at", "set_by", "approved_by",
    )  # fmt: skip
    list_filter = ("effective_at",)
    search_fields = ("name", "scope", "set_by")
    ordering = ("-recorded_at", "-id")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed what. Written by the database."""

    list_display = (
        "at", named("who", "Who", lambda a: audit_words.actor(a.actor), "actor"),
        named("what", "What", lambda a: audit_words.act(a.action), "action"),
        named("of_row", "Of", audit_words.row, "table_name"), "fields_changed", "reason",
    )  # fmt: skip
    list_filter = ("at",)
    search_fields = ("actor", "table_name", "=row_id")
    ordering = ("-id",)

    @admin.display(description="Fields")
    def fields_changed(self, row: AuditEntry) -> str:
        """Their names."""
        return ", ".join(name.removesuffix("_id").replace("_", " ") for name in row.fields)

    def tables(self, row: AuditEntry) -> list[Listing]:
        """The values before and after, of fields that are no secret."""
        values = AuditValue.objects.filter(entry=row).first()
        if values is None:
            return []
        names = sorted({*values.before, *values.after})
        rows = [(n, _said(values.before, n), _said(values.after, n)) for n in names]
        return [Listing("Values", ("Field", "~Before", "~After"), rows)]


def _said(values: dict[str, Any], name: str) -> str:
    return "–" if values.get(name) is None else str(values[name])


@admin.register(AuditValue)
class AuditValueAdmin(ReadOnlyAdmin):
    """Values before and after, which erasing a person can empty."""

    list_display = ("__str__",)
    named_by = ("entry",)
    ordering = ("-entry_id",)


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """Answers that were given once. Their bodies stay unseen."""

    hidden = ("body",)
    list_display = ("key", "owner", "status", "recorded_at")
    search_fields = ("key", "owner")
    ordering = ("-id",)


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    """Documents as they were made."""

    hidden = ("content",)
    list_display = ("name", "content_type", "sha256", "recorded_at")
    search_fields = ("name", "sha256")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the bytes."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("content")


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The chain of seals over the books: what `manage.py verify` holds them against."""

    list_display = ("number", "sealed_at", "head")
    search_fields = ("=number", "head")
    ordering = ("-number",)


@admin.register(SealedRows)
class SealedRowsAdmin(ReadOnlyAdmin):
    """Which rows of which book a seal covers."""

    hidden = ("tags",)
    list_display = ("seal", "table_name", "after_id", "upto_id", "rows", "digest")
    search_fields = ("table_name", "digest")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the tags, with the seal that their line names."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("tags").select_related("seal")


class RoleAdmin(ReadOnlyAdmin):
    """Staff roles. They hold exactly what accounts/roles.py says, so nothing is edited here."""

    list_display = ("name", named("permissions_figure", "Permissions", lambda g: count(g.held)))
    fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how much each may."""
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(held=Count("permissions"))
        return found


def _take_over(model: Any, base: type[Any]) -> None:
    """Register a library's model anew on a page of ours."""
    if admin.site.is_registered(model):
        admin.site.unregister(model)
    admin.site.register(model, base)


_take_over(Group, RoleAdmin)
for _model in (
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    _take_over(_model, HouseholdAdmin)
