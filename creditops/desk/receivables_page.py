"""Answers with what customers owe and what waits around it: age, reminders, disputes, money to be placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from creditops.desk import addresses
from creditops.lib import clock, verbs
from creditops.lib.admin_columns import amount, instant, link, tag
from creditops.lib.admin_tables import Listing
from invoicing import ageing, bank_lines, dunning_plan, money_on_account
from invoicing.documents import OpenMinor
from invoicing.models import CardCharge, Dispute, GatewayEvent, Invoice, Reminder
from ledger import books

SHOWN = 100
_VERB = "record_payment"


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """One list of all that somebody has to look after until it is paid."""
    if not verbs.may(request.user, _VERB):
        raise PermissionDenied
    now = clock.now()
    today = books.date_of(now, books.current(now))
    context = {
        **site.each_context(request),
        "title": "Receivables",
        "as_of": today,
        "listings": [
            _ages(today, now),
            _overdue(today),
            _bank(),
            _on_account(),
            _charges(),
            _news(),
        ],
    }
    return TemplateResponse(request, "desk/receivables.html", context)


def _ages(today: date, now: datetime) -> Listing:
    aged = ageing.of(today, zone=books.current(now).time_zone)
    heads = ("Customer", *(f"#{name}" for name in ageing.BANDS.values()), "#Together")
    rows = [
        (
            row.name or row.code,
            *(amount(row.by_band.get(band, 0), row.currency) for band in ageing.BANDS),
            amount(row.total_minor, row.currency),
        )
        for row in aged
    ]
    return Listing("How old it is", heads, rows, empty="Nobody owes anything.")


def _overdue(today: date) -> Listing:
    """Invoices past their due date, each with its last reminder and the next one."""
    found = (
        Invoice.objects.filter(due_date__lt=today)
        .annotate(still_open=OpenMinor("pk"))
        .filter(still_open__gt=0)
        .select_related("customer")
        .prefetch_related(
            Prefetch("reminders", Reminder.objects.order_by("step")),
            Prefetch("disputes", Dispute.objects.filter(state=Dispute.State.OPEN)),
        )
        .order_by("due_date", "id")[:SHOWN]
    )
    rows = [
        (
            link(invoice),
            invoice.customer.name,
            f"{(today - invoice.due_date).days}",
            amount(invoice.still_open, invoice.currency),
            _reminded(list(invoice.reminders.all())),
            _next(invoice, today),
        )
        for invoice in found
    ]
    heads = ("Invoice", "Customer", "#Days", "#Open", "Last reminder", "Next")
    return Listing("Overdue", heads, rows, empty="Nothing is overdue.")


def _reminded(reminders: Sequence[Reminder]) -> str:
    if not reminders:
        return "none"
    last = reminders[-1]
    to = ", ".join(last.sent_to) or "nobody"
    return f"day {last.step:+d}, to {to}"


def _next(invoice: Invoice, today: date) -> str:
    if invoice.disputes.all():
        return tag("disputed", "warn")
    days = (today - invoice.due_date).days
    coming = next((step for step in dunning_plan.STEPS if step > days), None)
    return "write off, or talk" if coming is None else f"day {coming:+d}"


def _bank() -> Listing:
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>', addresses.of("place-bank-line", line.pk), line.booked_on
            ),
            line.payer or "–",
            line.said or "–",
            line.why,
            amount(line.amount_minor, line.currency),
        )
        for line in bank_lines.waiting(SHOWN)
    ]
    heads = ("Booked", "From", "~Text", "~Why it waits", "#Amount")
    return Listing("On the bank's statements, to be placed", heads, rows, empty="Nothing waits.")


def _on_account() -> Listing:
    rows = [
        (
            link(row.receipt), row.receipt.customer.name, f"{row.receipt.received_at:%Y-%m-%d}",
            amount(row.left_minor, row.receipt.currency),
        )
        for row in money_on_account.of(limit=SHOWN)
    ]  # fmt: skip
    heads = ("Receipt", "Customer", "Since", "#On account")
    return Listing("Money on account", heads, rows, empty="Nobody has money on account.")


def _charges() -> Listing:
    """Charges whose outcome is not known, and those whose holder has to confirm."""
    waiting = CardCharge.objects.filter(state__in=CardCharge.OPEN).select_related("customer")
    rows = [
        (
            link(row), row.customer.name, row.get_state_display(), row.said,
            instant(row.asked_at), amount(row.amount_minor, row.currency),
        )
        for row in waiting.order_by("asked_at")[:SHOWN]
    ]  # fmt: skip
    heads = ("Charge", "Customer", "Stands", "~Said", "Since", "#Amount")
    return Listing("Cards being charged", heads, rows, empty="No charge is under way.")


def _news() -> Listing:
    """What a gateway told that somebody has to look at, newest first."""
    found = GatewayEvent.objects.filter(calls=True).order_by("-received_at", "-id")[:20]
    rows = [(link(row), row.kind, row.said, instant(row.received_at)) for row in found]
    return Listing("The gateway says", ("News", "Kind", "~What", "When"), rows, empty="Nothing.")
