"""The staff's pages of what takes credits and money back. None of it ever changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, named, of_money, tag
from creditops.lib.admin_tables import Listing
from invoicing import documents, note_entries, refunds
from invoicing.models import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceTax,
    InvoiceVoid,
    Refund,
    WriteOff,
)
from ledger.admin.journal import lines_of
from ledger.models import JournalEntry


@admin.register(CreditNote)
class CreditNoteAdmin(CustomerRows, ReadOnlyAdmin):
    """Issued credit notes."""

    list_display = (
        "number", "invoice", "customer", "issue_date", "net_minor", "tax_minor", "total_minor",
        named("open_figure", "Owed back", lambda note: amount(note.open, note.currency)),
        named("stands", "Status", lambda note: _standing(note.open)), "occasion",
    )  # fmt: skip
    fields = (
        "number", "invoice", "customer", "contract", "occasion", "issue_date", "net_minor", "tax_minor",
        "total_minor", "receivable_minor", "refundable_minor", "currency", "reason", "issued_by",
        "issued_at", named("seller_lines", "Seller", lambda n: _lines_of(n.seller)),
        named("buyer_lines", "Buyer", lambda n: _lines_of(n.buyer)), "source",
    )  # fmt: skip
    list_filter = (CustomerFilter, "occasion", "issue_date")
    search_fields = ("number", "invoice__number", "customer__code", "customer__name")
    ordering = ("-issue_date", "-id")

    def fetch(self, rows: Sequence[Any]) -> None:
        """With what each still owes."""
        super().fetch(rows)
        still_open = documents.note_open_minors(rows)
        for row in rows:
            row.open = still_open[row.pk]

    def tables(self, row: CreditNote) -> list[Listing]:
        """Its lines, what was paid back, and what it posted."""
        return [_lines(row), _refunds(row), _journal(row)]


def _standing(still_open: int) -> str:
    return tag("to be refunded", "warn") if still_open else tag("settled", "good")


def _lines_of(party: dict[str, str]) -> str:
    return "\n".join(said for said in party.values() if said)


def _lines(note: CreditNote) -> Listing:
    rows = [
        (
            f"{line.position}",
            line.text,
            count(line.credits),
            amount(line.amount_minor, note.currency),
        )
        for line in note.lines.all()
    ]
    sums = ("", "Net", "", amount(note.net_minor, note.currency))
    return Listing("Lines", ("No", "~What", "#Credits", "#Amount"), rows, sums)


def _refunds(note: CreditNote) -> Listing:
    rows = [
        (f"{r.paid_at:%Y-%m-%d}", r.reference, r.paid_by,
         r.approval.decided_by if r.approval else "–", amount(r.amount_minor, r.currency))
        for r in note.refunds.select_related("approval").order_by("paid_at", "id")
    ]  # fmt: skip
    heads = ("Paid back", "Reference", "By", "Agreed by", "#Amount")
    return Listing("Refunds", heads, rows, empty="Nothing was paid back.")


def _journal(note: CreditNote) -> Listing:
    sources = [note_entries.source(note), *(refunds.source(r) for r in note.refunds.all())]
    found = JournalEntry.objects.filter(Q(source__in=sources)).order_by("posting_date", "id")
    return lines_of(
        found.prefetch_related("lines__account"), title="Journal", empty="Nothing was posted yet."
    )


@admin.register(CreditNoteLine)
class CreditNoteLineAdmin(CustomerRows, ReadOnlyAdmin):
    """Lines of all credit notes."""

    customer = "note__customer"
    named_by = ("note", "line")
    list_display = (
        "text", "note", "credits", of_money("amount_minor", currency="note.currency"),
    )  # fmt: skip
    fields = (
        "note", "position", "line", "text", "credits",
        of_money("amount_minor", currency="note.currency"), "block", "move_seq",
    )  # fmt: skip
    list_filter = (CustomerFilter,)
    search_fields = ("note__number", "text")
    ordering = ("-note_id", "position")


@admin.register(CreditNoteTax)
class CreditNoteTaxAdmin(CustomerRows, ReadOnlyAdmin):
    """Taxes that credit notes took back."""

    customer = "note__customer"
    named_by = ("note",)
    list_display = (
        "note", "no", of_money("net_minor", currency="note.currency"),
        of_money("taxable_minor", currency="note.currency"),
        of_money("tax_minor", currency="note.currency"),
    )  # fmt: skip
    list_filter = (CustomerFilter,)
    ordering = ("-note_id", "no")


@admin.register(InvoiceTax)
class InvoiceTaxAdmin(CustomerRows, ReadOnlyAdmin):
    """Taxes of invoices, by rate."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "invoice", "no", "category", "rate_pct", "share_pct",
        of_money("net_minor", currency="invoice.currency"),
        of_money("taxable_minor", currency="invoice.currency"),
        of_money("tax_minor", currency="invoice.currency"),
    )  # fmt: skip
    list_filter = (CustomerFilter, "category")
    ordering = ("-invoice_id", "no")


@admin.register(InvoiceVoid)
class InvoiceVoidAdmin(CustomerRows, ReadOnlyAdmin):
    """Invoices that were made void."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "invoice", of_money("amount_minor", currency="invoice.currency"), "voided_at", "voided_by",
        "reason",
    )  # fmt: skip
    list_filter = (CustomerFilter, "voided_at")
    ordering = ("-voided_at", "-id")


@admin.register(WriteOff)
class WriteOffAdmin(CustomerRows, ReadOnlyAdmin):
    """Invoices that were written off."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "invoice", of_money("amount_minor", currency="invoice.currency"), "written_off_at",
        "written_off_by", "approval", "reason",
    )  # fmt: skip
    list_filter = (CustomerFilter, "written_off_at")
    ordering = ("-written_off_at", "-id")


@admin.register(Refund)
class RefundAdmin(CustomerRows, ReadOnlyAdmin):
    """Money that was paid back."""

    customer = "note__customer"
    named_by = ("note",)
    list_display = (
        "reference", "note", "payment", "amount_minor", "currency", "paid_at", "paid_by", "approval",
    )  # fmt: skip
    list_filter = (CustomerFilter, "paid_at")
    search_fields = ("reference", "note__number")
    ordering = ("-paid_at", "-id")
