"""The staff's pages of contracts, their charges and their renewals. Verbs stand on the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from contracts import lock_words
from contracts.models import Contract, RenewalProposal, ScheduledCharge
from creditops.lib import clock
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, instant, link
from creditops.lib.admin_tables import Listing
from ledger.models import PoolTerm


@admin.register(Contract)
class ContractAdmin(CustomerRows, ReadOnlyAdmin):
    """What customers signed."""

    named_by = ("customer",)
    list_display = (
        "__str__", "customer", "status", "starts_on", "term_months", "commitment", "price_minor",
        "auto_renew", "signed_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "status", "auto_renew", "starts_on")
    search_fields = ("code", "name", "customer__code", "customer__name")
    ordering = ("-signed_at", "-id")

    def tables(self, row: Contract) -> list[Listing]:
        """Its terms and what they commit to, its rates and price, and the charges that it left."""
        return [_terms(row), _served_by(row), _charges(row)]


def _terms(contract: Contract) -> Listing:
    terms = PoolTerm.objects.filter(customer_id=contract.customer_id, term__holder=contract.holder)
    rows = [
        (f"{c.term.number}", instant(c.term.starts_at), instant(c.term.ends_at),
         count(c.commitment), amount(c.price_minor, c.currency))
        for c in terms.select_related("term").order_by("term__number", "id")
    ]  # fmt: skip
    return Listing("Terms", ("Term", "From", "To", "#Commitment", "#Price"), rows)


def _served_by(contract: Contract) -> Listing:
    at = clock.now()
    rows = [
        ("Rates of actions", lock_words.rates(contract, at)),
        ("Price of top-ups", lock_words.top_ups(contract, at)),
    ]
    return Listing("The two exchange rates", ("What", "~How it is sure"), rows)


def _charges(contract: Contract) -> Listing:
    charges = contract.charges.select_related("line__invoice")
    rows = [
        (c.get_kind_display(), count(c.credits), amount(c.amount_minor, c.currency),
         instant(c.issue_at), f"{c.due_on}",
         link(c.line.invoice) if hasattr(c, "line") else "waits")
        for c in charges
    ]  # fmt: skip
    heads = ("Charge", "#Credits", "#Amount", "To be issued", "Due", "Invoice")
    return Listing("Charges", heads, rows)


class WaitingFilter(RadioFilter):  # type: ignore[misc]  # Unfold has no types
    """Charges that no invoice has yet."""

    title = "invoice"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two answers."""
        return [("yes", "waits for its invoice"), ("no", "invoiced")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Charges with or without a line."""
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(line__isnull=self.value() == "yes")


@admin.register(ScheduledCharge)
class ScheduledChargeAdmin(CustomerRows, ReadOnlyAdmin):
    """What is to be billed, and when."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = (
        "kind", "contract", "credits", "amount_minor", "issue_at", "due_on", "invoice",
    )  # fmt: skip
    list_filter = (CustomerFilter, WaitingFilter, "kind", "issue_at")
    search_fields = ("contract__code", "source")
    ordering = ("-issue_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the line that billed it, in one query."""
        return super().get_queryset(request).select_related("line__invoice")

    @admin.display(description="Invoice")
    def invoice(self, row: ScheduledCharge) -> str:
        """The invoice that billed it."""
        return link(row.line.invoice) if hasattr(row, "line") else "waits"


@admin.register(RenewalProposal)
class RenewalProposalAdmin(CustomerRows, ReadOnlyAdmin):
    """Next terms as usage proposes them."""

    customer = "contract__customer"
    named_by = ("contract",)
    list_display = (
        "__str__", "baseline", "credits", "price_minor", "overage_credits", "overage_minor",
        "rollover_credits", "final", "restated_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "final")
    search_fields = ("contract__code", "contract__customer__name")
    ordering = ("-restated_at", "-id")
