"""Does the pages of the portal: who looks, one question to a reading module, a template."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from creditops.lib import clock, pdf, spreadsheets
from creditops.lib.models import StoredFile
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import (
    agreements,
    choices,
    doors,
    events,
    invoices,
    overview,
    quotes,
    statement,
    statements,
    usage,
)
from creditops.portal.statements import File
from creditops.portal.visitor import Visitor
from invoicing import e_invoices, note_papers, receipt_papers, rendering
from invoicing.models import CreditNote, Invoice
from ledger import event_lists
from ledger.event_lists import Place

_EVENTS = 25


@doors.for_customer
def home(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """The first screen: how many credits there are, and until when."""
    at = clock.now()
    context = {
        "page": overview.of(guest, at),
        "questions": choices.count_open(guest, at),
        "rights": agreements.rights(guest, at),
    }
    return doors.page(request, guest, "home", at, context)


@doors.for_customer
def usage_page(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Where credits went, and every event, page by page."""
    at = clock.now()
    period = usage.TERM if request.GET.get("period") == usage.TERM else usage.LAST_DAYS
    listed = event_lists.newest(
        guest.customer.pk, limit=_EVENTS, after=_place(request.GET.get("after", ""))
    )
    context = {
        "page": usage.of(guest, period, at, request.GET.get("unit", "")),
        "events": listed.events,
        "after": _written(listed.next),
    }
    return doors.page(request, guest, "usage", at, context)


@doors.for_customer
def event(request: HttpRequest, guest: Visitor, uid: str) -> HttpResponse:
    """One event: its rate, and every block that paid for it."""
    return doors.page(request, guest, "event", clock.now(), {"page": events.find(guest, uid)})


@doors.for_customer
def choice_page(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """What the customer is asked about rates, and what each answer means for their own use."""
    return _choices(request, guest)


@doors.by_customer
def choose(request: HttpRequest, guest: Visitor, key: str) -> HttpResponse:
    """Record an answer; the page then says what was chosen, by whom and when."""
    at = clock.now()
    try:
        choices.answer(guest, key, request.POST.get("to", ""), at)
    except NotFound:
        raise
    except Refusal as refusal:
        return _choices(request, guest, refusal.detail, status=409)
    return redirect(f"{reverse('portal:choices')}{guest.query}")


def _choices(
    request: HttpRequest, guest: Visitor, refused: str = "", status: int = 200
) -> HttpResponse:
    at = clock.now()
    context = {
        "questions": choices.of(guest, at),
        "may_choose": choices.may_choose(guest),
        "refused": refused,
    }
    return doors.page(request, guest, "choices", at, context, status)


@doors.for_customer
def invoice_list(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Every invoice, with what is open of it."""
    _needs_money(guest)
    at = clock.now()
    context = {
        "page": invoices.newest(guest, at=at, before=request.GET.get("before", "")),
        "notes": invoices.notes(guest),
        "quotes": quotes.newest(guest),
        "owed": invoices.owed(guest, at),
        "next_charge": invoices.next_charge(guest),
    }
    return doors.page(request, guest, "invoices", at, context)


@doors.for_customer
def invoice_pdf(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """The document itself, as it was rendered once."""
    _needs_money(guest)
    invoice = invoices.find(guest, number)
    return _paper(request, guest, number, lambda: rendering.pdf(invoice, at=clock.now()))


@doors.for_customer
def receipt_pdf(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """A payment of an invoice, confirmed on paper."""
    _needs_money(guest)
    of_invoice, place = receipt_papers.invoice_number(number)
    invoice = invoices.find(guest, of_invoice)
    return _paper(
        request, guest, number, lambda: receipt_papers.pdf(invoice, place, at=clock.now())
    )


@doors.for_customer
def invoice_xml(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """The invoice as an e-invoice, for the customer's own program."""
    _needs_money(guest)
    return _e_invoice(request, guest, invoices.find(guest, number))


@doors.for_customer
def note_xml(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """A credit note as an e-invoice."""
    _needs_money(guest)
    return _e_invoice(request, guest, invoices.find_note(guest, number))


@doors.for_customer
def note_pdf(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """A credit note, as it was rendered once."""
    _needs_money(guest)
    note = invoices.find_note(guest, number)
    return _paper(request, guest, number, lambda: note_papers.pdf(note, at=clock.now()))


@doors.for_customer
def quote_pdf(request: HttpRequest, guest: Visitor, key: int) -> HttpResponse:
    """A quote, as it was sent."""
    _needs_money(guest)
    name, stored = quotes.paper(guest, key)
    return _download(bytes(stored.content), stored.content_type, f"{name}.pdf")


@doors.for_customer
def statement_csv(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Every movement of the customer's credits, for a spreadsheet."""
    at = clock.now()
    # The mark at the front tells spreadsheets that the text is UTF-8.
    content = statement.csv_of(guest, at).encode("utf-8-sig")
    name = f"{guest.customer.code}-credits-{timezone.localdate(at)}.csv"
    return _download(content, "text/csv; charset=utf-8", name)


@doors.for_customer
def account_pdf(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """What was charged and paid, of a month or of the year so far."""
    _needs_money(guest)
    month, currency = request.GET.get("month", ""), request.GET.get("currency", "")
    return _stated(
        request, guest, pdf.CONTENT_TYPE,
        lambda: statements.account(guest, month, currency, clock.now()),
    )  # fmt: skip


@doors.for_customer
def usage_pdf(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """What was used in a month."""
    month, unit = request.GET.get("month", ""), request.GET.get("unit", "")
    return _stated(
        request, guest, pdf.CONTENT_TYPE,
        lambda: statements.usage_pdf(guest, month, unit, clock.now()),
    )  # fmt: skip


@doors.for_customer
def usage_csv(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Every event of a month, for a spreadsheet."""
    month = request.GET.get("month", "")
    return _stated(
        request, guest, spreadsheets.CSV, lambda: statements.usage_csv(guest, month, clock.now())
    )


@doors.for_customer
def usage_xlsx(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """The same as a workbook."""
    month = request.GET.get("month", "")
    return _stated(
        request, guest, spreadsheets.XLSX, lambda: statements.usage_xlsx(guest, month, clock.now())
    )


def _stated(
    request: HttpRequest, guest: Visitor, content_type: str, make: Callable[[], File]
) -> HttpResponse:
    """A statement, or the page that says why there is none."""
    try:
        file = make()
    except NotFound:
        raise
    except Refusal as refusal:
        context = {"sentence": refusal.detail}
        return doors.page(request, guest, "unavailable", clock.now(), context, status=409)
    return _download(file.content, content_type, file.name)


def _e_invoice(
    request: HttpRequest, guest: Visitor, document: Invoice | CreditNote
) -> HttpResponse:
    """The XML, or the page that says why there is none."""
    try:
        content = e_invoices.export(document).whole()
    except Refusal as refusal:
        context = {"sentence": refusal.detail}
        return doors.page(request, guest, "unavailable", clock.now(), context, status=409)
    return _download(content, e_invoices.CONTENT_TYPE, f"{document.number}.xml")


def _paper(
    request: HttpRequest, guest: Visitor, number: str, make: Callable[[], StoredFile]
) -> HttpResponse:
    """A stored document, or the page that says why it is not there yet."""
    try:
        document = make()
    except NotFound:
        raise
    except Refusal as refusal:
        context = {"sentence": refusal.detail}
        return doors.page(request, guest, "unavailable", clock.now(), context, status=503)
    return _download(bytes(document.content), document.content_type, f"{number}.pdf")


def _needs_money(guest: Visitor) -> None:
    if not guest.sees_money:
        raise NotFound("page", "invoices")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _place(text: str) -> Place | None:
    """Where a page of events begins, as its address says it; the first page if it says nothing."""
    time, _, event_id = text.rpartition("_")
    with suppress(ValueError):
        instant = datetime.fromisoformat(time)
        if instant.tzinfo is not None:
            return Place(instant, int(event_id))
    return None


def _written(place: Place | None) -> str:
    return "" if place is None else f"{place.event_time.isoformat()}_{place.event_id}"
