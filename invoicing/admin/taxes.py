"""The staff's pages of the tax table, of certificates, and of tax ids as they were checked."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from invoicing.models import TaxExemption, TaxIdCheck, TaxRate


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """The tax table. A rate never changes: a new one begins at its instant."""

    list_display = (
        "__str__", "country", "region", "product", "category", "rate_pct", "taxable_share_pct",
        "effective_from", "source",
    )  # fmt: skip
    list_filter = ("country",)
    search_fields = ("country", "region", "product")
    ordering = ("country", "region", "product", "-effective_from")


@admin.register(TaxExemption)
class TaxExemptionAdmin(CustomerRows, ReadOnlyAdmin):
    """Certificates by which customers owe no tax."""

    named_by = ("customer",)
    list_display = (
        "certificate", "customer", "country", "region", "valid_from", "valid_until", "reason",
        "recorded_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "valid_until")
    search_fields = ("certificate", "customer__code", "customer__name")
    ordering = ("-valid_until", "-id")


@admin.register(TaxIdCheck)
class TaxIdCheckAdmin(CustomerRows, ReadOnlyAdmin):
    """Tax ids as they were checked: the evidence of reverse charges."""

    named_by = ("customer",)
    list_display = (
        "tax_id", "customer", "country", "way", "valid", "name", "reference", "checked_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "valid", "way")
    search_fields = ("tax_id", "customer__code", "customer__name")
    ordering = ("-checked_at", "-id")
