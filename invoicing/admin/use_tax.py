"""The staff's pages of credits that are taxed as they are used: which months wait, and of what each taxed."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, link, named, of_money, tag
from creditops.lib.admin_tables import Listing
from invoicing.models import TaxedMonth, TaxedUse


def _state(month: TaxedMonth) -> str:
    if month.done_at is None:
        return tag("waits", "warn")
    return tag("taxed", "good") if month.invoice_id else tag("nothing to tax", "")


@admin.register(TaxedMonth)
class TaxedMonthAdmin(CustomerRows, ReadOnlyAdmin):
    """Months whose use of credits is taxed, each by one document; those that wait lack a rate, or a run."""

    list_display = (
        "__str__", "customer", "holder", "month", "currency", named("state", "State", _state),
        "invoice", "left_at", "done_at",
    )  # fmt: skip
    fields = ("customer", "holder", "month", "currency", "invoice", "left_at", "done_at")
    list_filter = (CustomerFilter, ("done_at", admin.EmptyFieldListFilter))
    search_fields = ("customer__code", "customer__name", "invoice__number")
    ordering = ("-month", "-id")

    def tables(self, row: TaxedMonth) -> list[Listing]:
        """What was taxed, block by block."""
        uses = row.uses.select_related("block").order_by("used_from", "block_id")
        rows = [
            (f"{use.used_from:%Y-%m-%d %H:%M}", f"{use.used_until:%Y-%m-%d %H:%M}", link(use.block),
             count(use.credits), amount(use.base_minor, row.currency))
            for use in uses
        ]  # fmt: skip
        sums = ("Together", "", "", "", amount(sum(use.base_minor for use in uses), row.currency))
        heads = ("Used from", "until", "Of", "#Credits", "#Paid for them, net")
        return [Listing("What was taxed", heads, rows, sums, empty="Nothing was used.")]


@admin.register(TaxedUse)
class TaxedUseAdmin(CustomerRows, ReadOnlyAdmin):
    """What was taxed as used, of all blocks; below zero: less was used in the end."""

    customer = "taxed_month__customer"
    list_display = (
        "taxed_month", "block", "used_from", "used_until", "credits",
        of_money("base_minor", currency="taxed_month.currency"), "tax_no",
    )  # fmt: skip
    list_filter = (CustomerFilter,)
    search_fields = ("taxed_month__customer__code", "taxed_month__invoice__number")
    ordering = ("-taxed_month_id", "used_from", "block_id")
