"""Does the pages of the portal: who looks, one question to a reading module, a template."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Person
from creditops.lib import clock
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import events, invoices, overview, statement, usage, visitor
from creditops.portal.visitor import Visitor
from creditops.security import ADMIN_PREFIX
from invoicing import rendering, seller
from ledger import event_lists
from ledger.event_lists import Place

_EVENTS = 25
_P = ParamSpec("_P")
_View = Callable[Concatenate[HttpRequest, Visitor, _P], HttpResponse]


def _for_customer(view: _View[_P]) -> Callable[..., HttpResponse]:
    """A page for people who are logged in: finds the visitor; what they may not see is not there."""

    @login_required
    @require_safe
    @wraps(view)
    def door(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        person, code = request.user, request.GET.get("customer", "")
        assert isinstance(person, Person)
        if not code and person.is_staff:
            return redirect(ADMIN_PREFIX)
        if not code and not visitor.has_customer(person):
            return render(request, "portal/nobody.html", {"seller": seller.profile()})
        try:
            guest = visitor.find(person, code)
            with timezone.override(guest.customer.time_zone):
                return view(request, guest, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error

    return door


@_for_customer
def home(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """The first screen: how many credits there are, and until when."""
    at = clock.now()
    return _page(request, guest, "home", at, {"page": overview.of(guest, at)})


@_for_customer
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
    return _page(request, guest, "usage", at, context)


@_for_customer
def event(request: HttpRequest, guest: Visitor, uid: str) -> HttpResponse:
    """One event: its rate, and every block that paid for it."""
    return _page(request, guest, "event", clock.now(), {"page": events.find(guest, uid)})


@_for_customer
def invoice_list(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Every invoice, with what is open of it."""
    _needs_money(guest)
    at = clock.now()
    context = {
        "page": invoices.newest(guest, at=at, before=request.GET.get("before", "")),
        "owed": invoices.owed(guest, at),
        "next_charge": invoices.next_charge(guest),
    }
    return _page(request, guest, "invoices", at, context)


@_for_customer
def invoice_pdf(request: HttpRequest, guest: Visitor, number: str) -> HttpResponse:
    """The document itself, as it was rendered once."""
    _needs_money(guest)
    invoice = invoices.find(guest, number)
    try:
        document = rendering.pdf(invoice, at=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        context = {"sentence": refusal.detail}
        return _page(request, guest, "unavailable", clock.now(), context, status=503)
    return _download(bytes(document.content), document.content_type, f"{invoice.number}.pdf")


@_for_customer
def statement_csv(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Every movement of the customer's credits, for a spreadsheet."""
    at = clock.now()
    # The mark at the front tells spreadsheets that the text is UTF-8.
    content = statement.csv_of(guest, at).encode("utf-8-sig")
    name = f"{guest.customer.code}-credits-{timezone.localdate(at)}.csv"
    return _download(content, "text/csv; charset=utf-8", name)


def _page(
    request: HttpRequest,
    guest: Visitor,
    name: str,
    at: datetime,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    shared = {"visitor": guest, "seller": seller.profile(), "now": at, "tab": name}
    return render(request, f"portal/{name}.html", shared | context, status=status)


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
