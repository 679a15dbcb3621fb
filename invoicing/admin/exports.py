"""The staff's pages of what was exported to other programs, and by which names of accounts."""

from __future__ import annotations

from django.contrib import admin

from creditops.lib.admin import ReadOnlyAdmin
from invoicing.models import ExportAccount, JournalExport
from ledger.admin.books_money import of_books_money

_DEBIT = of_books_money("debit_minor", "Debit")


@admin.register(JournalExport)
class JournalExportAdmin(ReadOnlyAdmin):
    """Files of the journal that were handed out, with their checksums."""

    list_display = ("__str__", "period", "program", "entries", _DEBIT, "made_at", "made_by")
    fields = ("period", "program", "entries", _DEBIT, "sha256", "files", "made_at", "made_by")
    list_filter = ("program", "made_at")
    search_fields = ("sha256",)
    ordering = ("-made_at", "-id")


@admin.register(ExportAccount)
class ExportAccountAdmin(ReadOnlyAdmin):
    """What our accounts are called in other programs."""

    named_by = ("account",)
    list_display = ("program", "account", "name")
    list_filter = ("program",)
    search_fields = ("name", "account__code")
    ordering = ("program", "account")
