"""Does the opening of the portal's pages: who looks, at whom, and what stands around every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Person
from creditops.lib import clock
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import visitor
from creditops.portal.visitor import Visitor
from creditops.security import ADMIN_PREFIX
from invoicing import issuing, seller

_P = ParamSpec("_P")
View = Callable[Concatenate[HttpRequest, Visitor, _P], HttpResponse]


def for_customer(view: View[_P]) -> Callable[..., HttpResponse]:
    """A page for people who are logged in: finds the visitor; what they may not see is not there."""
    return _door(view, ["GET", "HEAD"])


def by_customer(view: View[_P]) -> Callable[..., HttpResponse]:
    """An act of a customer's person; nobody of the vendor acts for them here."""
    return _door(view, ["POST"])


def for_buyer(view: View[_P]) -> Callable[..., HttpResponse]:
    """A page for those who may buy for the customer; for others, and the vendor's staff, it is not there."""

    def buying(
        request: HttpRequest, guest: Visitor, /, *args: _P.args, **kwargs: _P.kwargs
    ) -> HttpResponse:
        if not guest.may_buy:
            raise NotFound("page", request.path)
        try:
            return view(request, guest, *args, **kwargs)
        except Refusal as refusal:
            if refusal.code not in issuing.HOLDS:
                raise
            return page(request, guest, "unavailable", clock.now(), _no_price(), status=409)

    return _door(buying, ["GET", "HEAD", "POST"])


def page(
    request: HttpRequest,
    guest: Visitor,
    name: str,
    at: datetime,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A page of the portal by its template's name."""
    shared = {"visitor": guest, "seller": seller.profile(), "now": at, "tab": name}
    return render(request, f"portal/{name}.html", shared | context, status=status)


def _no_price() -> dict[str, str]:
    """What a buyer is told where the tax of their place has to be told first: nothing is sold at a guess."""
    name = seller.profile().name
    return {
        "sentence": "What this costs with tax is not known yet for the place in your address. Nothing was "
        f"bought or charged. Write to {name}, who has to add it."
    }


def _door(view: View[_P], methods: list[str]) -> Callable[..., HttpResponse]:
    @login_required
    @require_http_methods(methods)
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
