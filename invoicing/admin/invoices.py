"""The staff's pages of invoices. An issued invoice never changes; how it stands follows from payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from creditops.lib import calendar, clock, printed
from creditops.lib.admin import ReadOnlyAdmin
from creditops.lib.admin_columns import amount, count, link, named, of_money, tag
from creditops.lib.admin_tables import Listing
from invoicing import (
    documents,
    note_entries,
    payments,
    tax,
    translation,
    voids,
    write_offs,
)
from invoicing.models import Invoice, InvoiceLine, InvoiceTax, InvoiceVoid, NumberSeries, WriteOff
from ledger import books
from ledger.admin.journal import lines_of
from ledger.models import JournalEntry


def today() -> Any:
    """The date of now in the books' zone: what is overdue by it."""
    now = clock.now()
    return calendar.local_date(now, books.current(now).time_zone)


def standing(status: str) -> str:
    """The status of `documents.status` as a label."""
    tones = {documents.PAID: "good", documents.OVERDUE: "bad", documents.PARTLY_PAID: "warn"}
    return tag(status.replace("_", " ").lower(), tones.get(status, ""))


class OpenFilter(RadioFilter):  # type: ignore[misc]  # Unfold has no types
    """Invoices by how they stand."""

    title = "how it stands"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers."""
        return [("open", "open"), ("overdue", "overdue"), ("paid", "paid")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Invoices whose payments leave something open, or nothing."""
        if self.value() not in ("open", "overdue", "paid"):
            return queryset
        queryset = queryset.alias(open=documents.OpenMinor("pk"))
        if self.value() == "paid":
            return queryset.filter(open=0)
        open_ones = queryset.filter(open__gt=0)
        return open_ones.filter(due_date__lt=today()) if self.value() == "overdue" else open_ones


@admin.register(Invoice)
class InvoiceAdmin(CustomerRows, ReadOnlyAdmin):
    """Issued invoices."""

    list_display = (
        "number", "customer", "issue_date", "due_date", "net_minor", "tax_minor", "total_minor",
        named("open_figure", "Open", lambda invoice: amount(invoice.open, invoice.currency)),
        named("stands", "Status", lambda invoice: standing(invoice.stands)),
    )  # fmt: skip
    fields = (
        "number", "customer", "contract", "issue_date", "due_date", "net_minor", "tax_minor",
        "total_minor", "currency", named("tax_words", "Tax category", lambda i: tax.words(i.tax_category)),
        named("rate_words", "Tax rate", lambda i: _rate(i)), "tax_note", "receivable_at",
        "issued_at", named("seller_lines", "Seller", lambda i: _lines_of(i.seller)),
        named("buyer_lines", "Buyer", lambda i: _lines_of(i.buyer)),
        named("notes_lines", "Notes", lambda i: "\n".join(i.notes)), "source",
    )  # fmt: skip
    list_filter = (CustomerFilter, OpenFilter, "issue_date", "due_date")
    search_fields = ("number", "customer__code", "customer__name")
    ordering = ("-issue_date", "-id")

    def fetch(self, rows: Sequence[Any]) -> None:
        """With what is open of each."""
        super().fetch(rows)
        found = documents.standings(rows, today())
        for row in rows:
            row.open, row.stands = found[row.pk].open_minor, found[row.pk].status

    def tables(self, row: Invoice) -> list[Listing]:
        """Its lines, and what was paid."""
        return [_lines(row), _taxes(row), _notes(row), _payments(row), _journal(row)]


def _lines_of(party: dict[str, str]) -> str:
    """A party as the document prints it, one fact per line."""
    return "\n".join(said for said in party.values() if said)


def _rate(invoice: Invoice) -> str:
    return f"{invoice.tax_rate} %" if invoice.tax_rate else "by line, see below"


def _taxes(invoice: Invoice) -> Listing:
    rows = [
        (f"{row.rate_pct} %", _category(row), amount(row.net_minor, invoice.currency),
         amount(row.taxable_minor, invoice.currency), amount(row.tax_minor, invoice.currency))
        for row in invoice.taxes.all()
    ]  # fmt: skip
    return Listing("Tax", ("Rate", "Category", "#Net", "#Taxable", "#Tax"), rows)


def _category(row: InvoiceTax) -> str:
    """Its category; of credits that are taxed as they are used, that nothing is taxed yet."""
    said = tax.words(row.category)
    return f"{said} yet: taxed as its credits are used" if row.at_use else said


def _notes(invoice: Invoice) -> Listing:
    """What was taken back of it, by which act, why and by whom."""
    rows = [
        (f"{note.issue_date}", link(note), note.reason, note.issued_by,
         amount(note.total_minor, note.currency))
        for note in invoice.credit_notes.order_by("id")
    ]  # fmt: skip
    for act in InvoiceVoid.objects.filter(invoice=invoice):
        rows.append(
            (f"{act.voided_at:%Y-%m-%d}", "made void", act.reason, act.voided_by,
             amount(act.amount_minor, invoice.currency))
        )  # fmt: skip
    for given_up in WriteOff.objects.filter(invoice=invoice):
        rows.append(
            (f"{given_up.written_off_at:%Y-%m-%d}", "written off", given_up.reason,
             given_up.written_off_by, amount(given_up.amount_minor, invoice.currency))
        )  # fmt: skip
    heads = ("When", "What", "~Why", "By", "#Amount")
    return Listing("Taken back", heads, rows, empty="Nothing was taken back.")


def _lines(invoice: Invoice) -> Listing:
    lines, currency = invoice.lines.all(), invoice.currency
    heads: tuple[str, ...] = ("No", "~What", "#Credits", "#Unit price", "#Amount")
    sums: tuple[str, ...] = ("", "Net", "", "", amount(invoice.net_minor, currency))
    rows: list[tuple[Any, ...]] = [
        (f"{line.position}", line.text, count(line.credits), _each(line, currency),
         amount(line.amount_minor, currency))
        for line in lines
    ]  # fmt: skip
    if any(line.taxed_minor is not None for line in lines):
        heads, sums = (*heads, "#Taxed, billed before"), (*sums, "")
        rows = [
            (*row, amount(line.base_minor, currency)) for row, line in zip(rows, lines, strict=True)
        ]
    return Listing("Lines", heads, rows, sums)


def _payments(invoice: Invoice) -> Listing:
    rows = [
        (f"{p.paid_at:%Y-%m-%d}", p.get_method_display(), p.reference, p.recorded_by,
         amount(p.amount_minor, p.currency))
        for p in invoice.payments.order_by("paid_at", "id")
    ]  # fmt: skip
    sums = ("Open", "", "", "", amount(documents.open_minor(invoice), invoice.currency))
    return Listing("Payments", ("Paid", "By", "Reference", "Recorded by", "#Amount"), rows, sums)


def _each(line: InvoiceLine, currency: str) -> str:
    """The price of one credit, as the document prints it."""
    return f"{printed.unit_price(line.unit_price, currency)} {currency}" if line.unit_price else "–"


def _journal(invoice: Invoice) -> Listing:
    """What the invoice and its payments posted."""
    references = invoice.payments.values_list("reference", flat=True)
    sources = [translation.receivable_source(invoice), *(payments.source(r) for r in references)]
    sources += [note_entries.source(note) for note in invoice.credit_notes.all()]
    sources += [voids.source(invoice), *write_offs.sources(invoice)]
    entries = JournalEntry.objects.filter(source__in=sources).order_by("posting_date", "id")
    found = entries.prefetch_related("lines__account")
    return lines_of(found, title="Journal", empty="Nothing was posted yet.")


@admin.register(InvoiceLine)
class InvoiceLineAdmin(CustomerRows, ReadOnlyAdmin):
    """Lines of all invoices."""

    customer = "invoice__customer"
    named_by = ("invoice",)
    list_display = (
        "text", "invoice", "kind", "credits", "unit_price",
        of_money("amount_minor", currency="invoice.currency"),
    )  # fmt: skip
    fields = (
        "invoice", "position", "kind", "text", "credits", "unit_price",
        of_money("amount_minor", currency="invoice.currency"), "period_from", "period_to", "charge",
    )  # fmt: skip
    list_filter = (CustomerFilter, "kind")
    search_fields = ("invoice__number", "text")
    ordering = ("-invoice_id", "position")


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """The last number of each series and year."""

    list_display = ("series", "year", "last", "last_date")
    ordering = ("-year", "series")
