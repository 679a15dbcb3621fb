"""The staff's pages of money that arrived. Of a card only what people know it by is shown."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from invoicing.models import Payment, SavedCard


@admin.register(Payment)
class PaymentAdmin(CustomerRows, ReadOnlyAdmin):
    """Payments."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "reference", "invoice", "amount_minor", "currency", "method", "paid_at", "recorded_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "method", "paid_at")
    search_fields = ("reference", "invoice__number")
    ordering = ("-paid_at", "-id")


@admin.register(SavedCard)
class SavedCardAdmin(CustomerRows, ReadOnlyAdmin):
    """Cards on file."""

    hidden = ("token",)
    list_display = ("label", "customer", "saved_at")
    list_filter = (CustomerFilter,)
