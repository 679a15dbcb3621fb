"""The staff's pages of billing runs: what was let out, and what is held, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import admin

from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import link, named, tag
from creditops.lib.admin_tables import Listing
from invoicing.models import BillingRun, BillingRunItem

_TONES = {BillingRunItem.State.ISSUED: "good", BillingRunItem.State.HELD: "bad"}
# A page shows so many contracts of a run, those first that somebody has to look at.
_SHOWN_MAX = 500


@admin.register(BillingRun)
class BillingRunAdmin(ReadOnlyAdmin):
    """Billing runs. A run goes on by itself until none of its contracts waits."""

    list_display = (
        "__str__", "until", "started_at", "started_by",
        named("progress", "Contracts", lambda run: run.progress),
    )  # fmt: skip
    fields = ("until", "started_at", "started_by", "reason")
    ordering = ("-started_at", "-id")

    def fetch(self, rows: Sequence[Any]) -> None:
        """With how far each is."""
        super().fetch(rows)
        states = BillingRunItem.objects.filter(run__in=[row.pk for row in rows]).order_by()
        counted: dict[int, Counter[str]] = {}
        for run, state in states.values_list("run_id", "state"):
            counted.setdefault(run, Counter())[state] += 1
        for row in rows:
            row.progress = _words(counted.get(row.pk, Counter()))

    def tables(self, row: BillingRun) -> list[Listing]:
        """Its contracts."""
        return [_items(row)]


@admin.register(BillingRunItem)
class BillingRunItemAdmin(ReadOnlyAdmin):
    """Contracts of all billing runs."""

    named_by = ("run", "contract")
    list_display = ("__str__", "run", "contract", "state", "invoice", "held_for", "done_at")
    list_filter = ("state",)
    ordering = ("-run_id", "id")


def _words(counted: Counter[str]) -> str:
    labels = dict(BillingRunItem.State.choices)
    return ", ".join(f"{counted[state]:,} {labels[state]}" for state in labels if counted[state])


def _items(run: BillingRun) -> Listing:
    order = (BillingRunItem.State.HELD, BillingRunItem.State.WAITING)
    found = run.items.select_related("contract__customer", "invoice")
    items = sorted(found, key=lambda item: (item.state not in order, item.pk))
    rows = [
        (item.contract.customer.name, link(item.contract),
         tag(item.get_state_display(), _TONES.get(BillingRunItem.State(item.state), "")),
         link(item.invoice) if item.invoice else "", item.held_for)
        for item in items[:_SHOWN_MAX]
    ]  # fmt: skip
    heads = ("~Customer", "Contract", "State", "Invoice", "~Held because")
    return Listing("Contracts", heads, rows)
