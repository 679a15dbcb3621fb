"""The staff's pages of what is counted, and of what it costs in credits."""

from __future__ import annotations

from fractions import Fraction

from django.contrib import admin

from creditops.lib import money
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import count
from creditops.lib.admin_tables import Listing
from ledger.models import CreditUnit, Meter, MeterCost, ModelCost, Rate, Tariff


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

    def tables(self, row: Meter) -> list[Listing]:
        """By which providers' prices its usage is read."""
        cost = MeterCost.objects.filter(meter=row).first()
        if cost is None:
            return []
        rows = [(counted or "quantity", measure) for counted, measure in cost.measures.items()]
        names = [(ours, theirs) for ours, theirs in cost.aliases.items()]
        model = f"as {cost.model_property} says" if cost.model_property else cost.model
        return [
            Listing(f"What it costs us: model {model}", ("Counted", "Price"), rows),
            Listing("Models under names of ours", ("Our name", "Model"), names),
        ]


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


@admin.register(ModelCost)
class ModelCostAdmin(ReadOnlyAdmin):
    """What providers charge, by model and measure, from when on."""

    list_display = ("model", "provider", "measure", "cost_said", "currency", "effective_from")
    list_filter = ("provider", "measure")
    search_fields = ("model", "provider", "measure")
    fields = (
        "provider", "model", "measure", "cost_said", "currency", "effective_from", "recorded_at",
        "imported_by",
    )  # fmt: skip

    @admin.display(description="Cost of one", ordering="cost")
    def cost_said(self, row: ModelCost) -> str:
        """All digits that it has, and no more."""
        return money.decimal_text(Fraction(row.cost))


@admin.register(MeterCost)
class MeterCostAdmin(ReadOnlyAdmin):
    """By which prices meters' usage is read; the desk says so, from the meter's page."""

    named_by = ("meter",)
    list_display = ("__str__", "meter", "model_property", "model")
