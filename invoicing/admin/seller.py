"""The staff's pages of who sells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin

from creditops.lib.admin import RecordAdmin
from invoicing import seller
from invoicing.models import SellerProfile


@admin.register(SellerProfile)
class SellerProfileAdmin(RecordAdmin):
    """The vendor's legal entity. Documents issued before keep what they print."""

    verb = "change_policy"
    changeable = (
        "name", "legal_name", "address", "country", "vat_id", "tax_number", "registration", "email",
        "iban", "bic", "bank_details", "footer",
    )  # fmt: skip
    fields = changeable
    list_display = ("name", "legal_name", "country", "vat_id")

    def write(self, row: Any, values: Mapping[str, Any]) -> None:
        """Set the facts that changed."""
        seller.define(**values)
