"""The staff's pages of rights to buy more, and of what became of them."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from invoicing.models import OptionEnd, PurchaseOption


@admin.register(PurchaseOption)
class PurchaseOptionAdmin(CustomerRows, ReadOnlyAdmin):
    """Rights to buy more credits at a discount, sold with credits."""

    named_by = ("customer",)
    list_display = (
        "code", "customer", "credits", "exercise_price_minor", "list_price_minor",
        "allocated_minor", "valid_until", "sold_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "valid_until")
    search_fields = ("code", "customer__code", "customer__name")
    ordering = ("-sold_at", "-id")


@admin.register(OptionEnd)
class OptionEndAdmin(CustomerRows, ReadOnlyAdmin):
    """Rights that were used, have lapsed, or are void."""

    customer = "option__customer"
    named_by = ("option",)
    list_display = ("option", "how", "ended_at", "invoice", "ended_by")
    list_filter = (CustomerFilter, "how")
    search_fields = ("option__code",)
    ordering = ("-ended_at", "-id")
