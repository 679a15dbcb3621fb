"""The staff's pages of prices and rate cards."""

from __future__ import annotations

from django.contrib import admin

from contracts.models import PriceVersion, RateCard, RateCardVersion, RateItem
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import count, instant, link
from creditops.lib.admin_tables import Listing


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    """How many credits money buys."""

    list_display = (
        "__str__", "currency", "credits_per_currency_unit", "effective_from", "published_at",
        "published_by",
    )  # fmt: skip
    ordering = ("-effective_from", "-id")


@admin.register(RateCard)
class RateCardAdmin(ReadOnlyAdmin):
    """Catalogues of actions."""

    list_display = ("name", "code")
    search_fields = ("code", "name")

    def tables(self, row: RateCard) -> list[Listing]:
        """Its versions, newest first."""
        rows = [
            (link(v), instant(v.effective_from), instant(v.published_at), v.published_by)
            for v in row.versions.select_related("card")
        ]
        return [Listing("Versions", ("Version", "In force from", "Published", "By"), rows)]


@admin.register(RateCardVersion)
class RateCardVersionAdmin(ReadOnlyAdmin):
    """Published versions of rate cards."""

    named_by = ("card",)
    list_display = ("__str__", "card", "version", "effective_from", "published_at", "published_by")
    list_filter = ("card",)
    search_fields = ("card__code", "version")
    ordering = ("-effective_from", "-id")

    def tables(self, row: RateCardVersion) -> list[Listing]:
        """What every action costs."""
        rows = [
            (i.item, i.get_kind_display(), i.meter.code, i.property or "quantity",
             ", ".join(f"{name} = {value}" for name, value in i.match.items()) or "–",
             count(i.credits), count(i.per), i.unit.name, i.customer_unit or "–")
            for i in row.items.select_related("meter", "unit")
        ]  # fmt: skip
        heads = (
            "Action", "Kind", "Meter", "Of its", "Where", "#Credits", "#Per", "Unit",
            "Customers count",
        )  # fmt: skip
        return [Listing("Actions", heads, rows)]


@admin.register(RateItem)
class RateItemAdmin(ReadOnlyAdmin):
    """Actions of all versions."""

    named_by = ("version",)
    list_display = ("item", "version", "kind", "meter", "credits", "per", "unit", "customer_unit")
    list_filter = ("kind",)
    search_fields = ("item", "version__card__code")
    ordering = ("-version_id", "id")
