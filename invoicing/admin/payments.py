"""The staff's pages of money that arrived. Of a card only what people know it by is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, link, named, of_money
from creditops.lib.admin_tables import Listing
from invoicing import money_on_account, payments, receipts
from invoicing.models import (
    BankLine,
    CardCharge,
    Chargeback,
    Dispute,
    GatewayEvent,
    LossEstimate,
    PayBack,
    Payment,
    Receipt,
    Reminder,
    SavedCard,
)
from ledger.admin.books_money import of_books_money
from ledger.admin.journal import lines_of
from ledger.models import JournalEntry

_EXPECTED = of_books_money("expected_minor", "Expected loss")
_BEFORE = of_books_money("before_minor", "Allowance before")


@admin.register(Receipt)
class ReceiptAdmin(CustomerRows, ReadOnlyAdmin):
    """Money that arrived, and what of it stands on account."""

    list_display = (
        "reference", "customer", "received_at", "method", "amount_minor",
        named("left_figure", "On account", lambda row: amount(row.left, row.currency)),
    )  # fmt: skip
    fields = (
        "reference", "customer", "amount_minor", "currency", "method", "said", "received_at",
        "recorded_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "method", "received_at")
    search_fields = ("reference", "said", "customer__code", "customer__name")
    ordering = ("-received_at", "-id")

    def fetch(self, rows: Sequence[Any]) -> None:
        """With what stands on account of each."""
        super().fetch(rows)
        keys = [row.pk for row in rows]
        left = dict(
            Receipt.objects.filter(pk__in=keys).order_by().values_list(
                "pk", money_on_account.LeftMinor("pk")
            )
        )  # fmt: skip
        for row in rows:
            row.left = left[row.pk]

    def tables(self, row: Receipt) -> list[Listing]:
        """What it settled, what went back, what both posted."""
        return [_settled(row), _went_back(row), _journal(row)]


def _settled(receipt: Receipt) -> Listing:
    rows = [
        (
            f"{p.paid_at:%Y-%m-%d}",
            link(p.invoice),
            p.recorded_by,
            amount(p.amount_minor, p.currency),
        )
        for p in receipt.payments.select_related("invoice").order_by("paid_at", "id")
    ]
    left = amount(money_on_account.left_minor(receipt), receipt.currency)
    heads = ("When", "Invoice", "By", "#Amount")
    return Listing("Settled", heads, rows, ("On account", "", "", left))


def _went_back(receipt: Receipt) -> Listing:
    rows = [
        (f"{back.paid_at:%Y-%m-%d}", back.reference, back.reason, back.paid_by,
         amount(back.amount_minor, back.currency))
        for back in receipt.pay_backs.order_by("id")
    ]  # fmt: skip
    heads = ("When", "Reference", "~Why", "By", "#Amount")
    return Listing("Paid back", heads, rows, empty="Nothing was paid back.")


def _journal(receipt: Receipt) -> Listing:
    sources = [receipts.source(receipt)]
    sources += [payments.source(row.reference) for row in receipt.payments.all()]
    sources += [money_on_account.source(row) for row in receipt.pay_backs.all()]
    entries = JournalEntry.objects.filter(source__in=sources).order_by("posting_date", "id")
    found = entries.prefetch_related("lines__account")
    return lines_of(found, title="Journal", empty="Nothing was posted yet.")


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin):
    """Lines of bank statements."""

    list_display = ("booked_on", "payer", "said", "amount_minor", "currency", "state", "why")
    list_filter = ("state", "booked_on", "account")
    search_fields = ("payer", "said", "line")
    ordering = ("-booked_on", "-id")


@admin.register(Dispute)
class DisputeAdmin(CustomerRows, ReadOnlyAdmin):
    """Disputes of invoices, by customers and through cards' banks."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = ("invoice", "state", "amount_minor", "reason", "opened_at", "closed_at")
    list_filter = (CustomerFilter, "state", "opened_at")
    search_fields = ("invoice__number", "reason", "gateway_id")
    ordering = ("-opened_at", "-id")


@admin.register(Reminder)
class ReminderAdmin(CustomerRows, ReadOnlyAdmin):
    """Reminders of invoices, sent or passed over."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = ("invoice", "step", "open_minor", "reminded_at")
    list_filter = (CustomerFilter, "step", "reminded_at")
    search_fields = ("invoice__number",)
    ordering = ("-reminded_at", "-id")


@admin.register(LossEstimate)
class LossEstimateAdmin(ReadOnlyAdmin):
    """What was expected to be lost, month by month."""

    list_display = ("month", _EXPECTED, _BEFORE, "made_at", "made_by")
    fields = ("month", _EXPECTED, _BEFORE, "content", "made_at", "made_by")
    ordering = ("-month",)


@admin.register(Payment)
class PaymentAdmin(CustomerRows, ReadOnlyAdmin):
    """Payments."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "reference", "invoice", "amount_minor", "currency", "method", "paid_at", "recorded_by",
    )  # fmt: skip
    list_filter = (CustomerFilter, "method", "paid_at")
    search_fields = ("reference", "invoice__number")
    ordering = ("-paid_at", "-id")


@admin.register(SavedCard)
class SavedCardAdmin(CustomerRows, ReadOnlyAdmin):
    """Cards on file."""

    hidden = ("token",)
    list_display = ("label", "customer", "saved_at")
    list_filter = (CustomerFilter,)


@admin.register(CardCharge)
class CardChargeAdmin(CustomerRows, ReadOnlyAdmin):
    """Charges of cards, and how far each came."""

    hidden = ("token",)
    list_display = ("what", "customer", "state", "amount_minor", "said", "asked_at", "decided_at")
    fields = (
        "reference", "customer", "invoice", "what", "amount_minor", "currency", "gateway",
        "gateway_id", "state", "code", "said", "attempt", "tries", "asked_at", "asked_by",
        "decided_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "state", "gateway", "asked_at")
    search_fields = ("reference", "gateway_id", "customer__code", "invoice__number")
    ordering = ("-asked_at", "-id")


@admin.register(GatewayEvent)
class GatewayEventAdmin(ReadOnlyAdmin):
    """News from gateways, and what came of it."""

    list_display = ("kind", "about", "outcome", "said", "calls", "received_at")
    list_filter = ("outcome", "calls", "received_at")
    search_fields = ("event", "about")
    ordering = ("-received_at", "-id")


@admin.register(PayBack)
class PayBackAdmin(CustomerRows, ReadOnlyAdmin):
    """Money on account that went back to who had paid it."""

    customer = "receipt__customer"
    named_by = ("receipt",)
    list_display = ("reference", "receipt", "amount_minor", "paid_at", "paid_by", "reason")
    list_filter = (CustomerFilter, "paid_at")
    search_fields = ("reference", "receipt__reference")
    ordering = ("-paid_at", "-id")


@admin.register(Chargeback)
class ChargebackAdmin(CustomerRows, ReadOnlyAdmin):
    """Card payments that a bank took back; their invoices are owed again."""

    customer = "payment__invoice__customer"
    named_by = ("payment", "dispute")
    list_display = (
        "payment", "dispute", of_money("amount_minor", currency="dispute.currency"), "taken_at",
    )  # fmt: skip
    list_filter = (CustomerFilter, "taken_at")
    search_fields = ("payment__reference", "dispute__gateway_id")
    ordering = ("-taken_at", "-id")
