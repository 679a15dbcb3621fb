"""The staff's pages of customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin

from accounts import customers
from accounts.admin.narrowing import CustomerRows
from accounts.models import Customer
from creditops.lib.admin import RecordAdmin


@admin.register(Customer)
class CustomerAdmin(CustomerRows, RecordAdmin):
    """Customers. Their names and addresses change here; currency and zone never do."""

    customer = "pk"
    verb = "manage_customers"
    changeable = (
        "name", "legal_name", "language", "country", "region", "address", "tax_id",
    )  # fmt: skip
    list_display = ("name", "code", "segment", "country", "currency", "time_zone", "created_at")
    list_filter = ("segment", "kind", "currency")
    search_fields = ("code", "name", "legal_name")
    ordering = ("name", "id")

    def write(self, row: Any, values: Mapping[str, Any]) -> None:
        """Change the customer's facts."""
        customers.change(row, **values)
