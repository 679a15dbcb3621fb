"""The staff's pages of prices and rate cards."""

from __future__ import annotations

from django.contrib import admin

from contracts import prices, rate_cards
from contracts.models import (
    ActionValue,
    CampaignNotice,
    Pack,
    PriceTier,
    PriceVersion,
    RateCampaign,
    RateCard,
    RateCardVersion,
    RateDraft,
    RateItem,
)
from creditops.lib import clock
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, instant, link
from creditops.lib.admin_tables import Listing


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    """How many credits money buys."""

    list_display = (
        "__str__", "currency", "credits_per_currency_unit", "effective_from", "published_at",
        "published_by",
    )  # fmt: skip
    ordering = ("-effective_from", "-id")

    def tables(self, row: PriceVersion) -> list[Listing]:
        """Its tiers: what a clean size is, and what it costs less."""
        rows = [
            (amount(tier.amount_minor, row.currency), count(prices.tier_credits(row, tier)),
             f"{prices.discount_pct(tier)} %",
             amount(prices.price_minor(row, prices.tier_credits(row, tier)), row.currency))
            for tier in row.tiers.all()
        ]  # fmt: skip
        return [Listing("Tiers", ("#From, at list", "#Credits", "#Less", "#Price"), rows)]


@admin.register(PriceTier)
class PriceTierAdmin(ReadOnlyAdmin):
    """Tiers of all prices."""

    named_by = ("price",)
    list_display = ("__str__", "price", "amount_minor", "discount_basis_points")
    ordering = ("-price_id", "amount_minor")


@admin.register(Pack)
class PackAdmin(ReadOnlyAdmin):
    """Sizes of credits that can be bought without a quote."""

    list_display = (
        "name", "code", "credits", "unit", "price_minor", "on_sale", "effective_from",
        "published_by",
    )  # fmt: skip
    list_filter = ("currency", "on_sale")
    search_fields = ("code", "name")
    ordering = ("-effective_from", "-id")
    named_by = ("unit",)


@admin.register(RateCard)
class RateCardAdmin(ReadOnlyAdmin):
    """Catalogues of actions."""

    list_display = ("name", "code", "mode")
    search_fields = ("code", "name")

    def tables(self, row: RateCard) -> list[Listing]:
        """Its versions, newest first, and the drafts of versions to come."""
        versions = list(row.versions.select_related("card"))
        standing = rate_cards.standing(versions, clock.now())
        rows = [
            (link(v), standing[v.pk], instant(v.effective_from), instant(v.published_at), v.published_by)
            for v in versions
        ]  # fmt: skip
        heads = ("Version", "Stands", "In force from", "Published", "By")
        drafts = [
            (link(d), d.get_state_display(), instant(d.changed_at), ", ".join(d.authors), d.reviewed_by)
            for d in row.drafts.select_related("card")
        ]  # fmt: skip
        drafted = ("Draft", "Stands", "Written", "By", "Reviewed by")
        return [Listing("Versions", heads, rows), Listing("Drafts", drafted, drafts)]


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
             count(i.credits), count(i.per), i.unit.name, i.customer_unit or "–", i.position or "–")
            for i in row.items.select_related("meter", "unit")
        ]  # fmt: skip
        heads = (
            "Action", "Kind", "Meter", "Of its", "Where", "#Credits", "#Per", "Unit",
            "Customers count", "Value chain",
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


@admin.register(RateDraft)
class RateDraftAdmin(ReadOnlyAdmin):
    """Versions of rate cards before they are published."""

    named_by = ("card",)
    list_display = (
        "__str__",
        "card",
        "version",
        "state",
        "changed_at",
        "reviewed_by",
        "reviewed_at",
    )
    list_filter = ("state", "card")
    search_fields = ("card__code", "version")
    ordering = ("-changed_at", "-id")


@admin.register(RateCampaign)
class RateCampaignAdmin(ReadOnlyAdmin):
    """What customers are asked about rates."""

    named_by = ("card",)
    list_display = ("__str__", "card", "kind", "opened_at", "answer_by", "closed_at", "opened_by")
    list_filter = ("kind", "card")
    search_fields = ("card__code", "item", "successor")
    ordering = ("-opened_at", "-id")


@admin.register(CampaignNotice)
class CampaignNoticeAdmin(ReadOnlyAdmin):
    """Who was written to about a campaign, and when."""

    named_by = ("campaign", "customer")
    list_display = ("__str__", "customer", "number", "noticed_at")
    list_filter = ("number",)
    ordering = ("-noticed_at", "-id")


@admin.register(ActionValue)
class ActionValueAdmin(ReadOnlyAdmin):
    """What product knows of actions before they have a price."""

    named_by = ("meter",)
    list_display = ("name", "meter", "cost", "worth", "customer_unit", "position")
    search_fields = ("name",)
    ordering = ("name",)
