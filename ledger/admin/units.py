"""The staff's pages of what is counted, and of what it costs in credits."""

from __future__ import annotations

from django.contrib import admin

from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import count
from creditops.lib.admin_tables import Listing
from ledger.models import CreditUnit, Meter, Rate, Tariff


@admin.register(CreditUnit)
class CreditUnitAdmin(ReadOnlyAdmin):
    """Currencies of credits."""

    list_display = ("name", "code")
    search_fields = ("code", "name")


@admin.register(Meter)
class MeterAdmin(ReadOnlyAdmin):
    """Kinds of events."""

    named_by = ("rated_unit",)
    list_display = ("name", "code", "quantity_property", "rated_unit")
    search_fields = ("code", "name")


@admin.register(Tariff)
class TariffAdmin(ReadOnlyAdmin):
    """Published versions of rate cards, as the ledger uses them."""

    list_display = ("__str__", "name", "version", "effective_from", "published_at")
    list_filter = ("name",)
    search_fields = ("name", "version")
    ordering = ("-effective_from", "-id")

    def tables(self, row: Tariff) -> list[Listing]:
        """What every action costs."""
        rates = row.rates.select_related("meter", "unit").order_by("id")
        rows = [
            (rate.item, rate.meter.code, rate.property or "quantity", rate.get_kind_display(),
             count(rate.credits), count(rate.per), rate.unit.name)
            for rate in rates
        ]  # fmt: skip
        heads = ("Action", "Meter", "Of its", "Kind", "#Credits", "#Per", "Unit")
        return [Listing("Rates", heads, rows)]


@admin.register(Rate)
class RateAdmin(ReadOnlyAdmin):
    """Rates of all tariffs."""

    named_by = ("tariff", "unit")
    list_display = ("item", "tariff", "meter", "property", "kind", "credits", "per", "unit")
    list_filter = ("kind", "role")
    search_fields = ("item", "tariff__name", "tariff__version")
