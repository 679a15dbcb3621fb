"""The staff's page of rates between currencies."""

from __future__ import annotations

from django.contrib import admin

from creditops.lib.admin import ReadOnlyAdmin
from ledger.models import ExchangeRate


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnlyAdmin):
    """What currencies cost in each other, from when on, and who says so."""

    list_display = (
        "__str__", "from_currency", "to_currency", "rate", "effective_from", "origin", "recorded_at",
        "published_by",
    )  # fmt: skip
    list_filter = ("from_currency", "to_currency")
    search_fields = ("from_currency", "to_currency", "origin")
    ordering = ("-effective_from", "-id")
