"""The staff's pages of who sells, and of the tax table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin

from creditops.lib.admin import ReadOnlyAdmin, RecordAdmin
from invoicing import seller
from invoicing.models import SellerProfile, TaxRate


@admin.register(SellerProfile)
class SellerProfileAdmin(RecordAdmin):
    """The vendor's legal entity. Documents issued before keep what they print."""

    verb = "change_policy"
    changeable = (
        "name", "legal_name", "address", "country", "vat_id", "email", "bank_details", "footer",
    )  # fmt: skip
    fields = changeable
    list_display = ("name", "legal_name", "country", "vat_id")

    def write(self, row: Any, values: Mapping[str, Any]) -> None:
        """Set the facts that changed."""
        seller.define(**values)


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """The tax table. A rate never changes: a new one begins at its instant."""

    list_display = (
        "__str__", "country", "region", "rate_pct", "taxable_share_pct", "effective_from", "source",
    )  # fmt: skip
    list_filter = ("country",)
    search_fields = ("country", "region")
    ordering = ("country", "region", "-effective_from")
