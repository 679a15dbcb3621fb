"""Does the pages on which customers cancel a renewal and use their rights to buy more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from creditops.lib import clock
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import agreements, doors
from creditops.portal.visitor import Visitor


@doors.for_customer
def cancel_page(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """What cancelling a contract would leave behind, before anybody confirms it (S38)."""
    return _cancel(request, guest, code)


@doors.by_customer
def cancel(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Cancel the renewal; the page then says so."""
    try:
        agreements.cancel(guest, code, clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _cancel(request, guest, code, refusal.detail, status=409)
    return redirect(f"{reverse('portal:cancel-contract', args=[code])}{guest.query}")


@doors.for_customer
def right_page(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """A right to buy more credits, until its date."""
    return _right(request, guest, code)


@doors.by_customer
def use_right(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Use it, on the card on file; the first screen then has the credits."""
    try:
        agreements.use(guest, code, clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _right(request, guest, code, refusal.detail, status=409)
    return redirect(f"{reverse('portal:home')}{guest.query}")


def _cancel(
    request: HttpRequest, guest: Visitor, code: str, refused: str = "", status: int = 200
) -> HttpResponse:
    at = clock.now()
    context = {"ending": agreements.ending(guest, code, at), "refused": refused}
    return doors.page(request, guest, "cancel_contract", at, context, status)


def _right(
    request: HttpRequest, guest: Visitor, code: str, refused: str = "", status: int = 200
) -> HttpResponse:
    at = clock.now()
    context = {
        "right": agreements.right(guest, code, at),
        "may_buy": agreements.may_buy(guest),
        "refused": refused,
    }
    return doors.page(request, guest, "right", at, context, status)
