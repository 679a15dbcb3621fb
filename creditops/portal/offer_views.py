"""Does the pages behind a quote's link: read, ask, accept, refuse, without a login.

The secret in the address is all that is asked for; what it leads to is one version of one quote. These are
the only pages of customers that write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contracts import quote_answers, quote_links
from contracts.models import QuoteVersion
from creditops.lib import clock, files
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import offer
from invoicing import seller

_View = Callable[[HttpRequest, QuoteVersion, datetime], HttpResponse]


class _Who(forms.Form):
    name = forms.CharField(max_length=200)
    email = forms.EmailField(max_length=254)


class _Acceptance(_Who):
    agreed = forms.BooleanField()


class _Refused(_Who):
    reason = forms.CharField(max_length=quote_answers.TEXT_MAX, required=False)


class _Question(_Who):
    text = forms.CharField(max_length=quote_answers.TEXT_MAX)


def _behind_the_link(view: _View) -> Callable[..., HttpResponse]:
    """A page of the version that a secret leads to; another secret leads nowhere."""

    @wraps(view)
    def door(request: HttpRequest, secret: str) -> HttpResponse:
        at = clock.now()
        try:
            version = quote_links.follow(secret)
        except NotFound:
            context = {"seller": seller.profile(), "now": at}
            return render(request, "quotes/nothing.html", context, status=404)
        return view(request, version, at)

    return door


@require_safe
@_behind_the_link
def page(request: HttpRequest, version: QuoteVersion, at: datetime) -> HttpResponse:
    """The offer."""
    return _page(request, version, at)


@require_safe
@_behind_the_link
def pdf(request: HttpRequest, version: QuoteVersion, at: datetime) -> HttpResponse:
    """The document, as it was printed once."""
    stored = files.find(version.document)
    if stored is None:  # sent without a document can't be: the database says so
        return HttpResponse(status=404)
    response = HttpResponse(bytes(stored.content), content_type=stored.content_type)
    name = f"{version.quote.code}-{version.number}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@_behind_the_link
def accept(request: HttpRequest, version: QuoteVersion, at: datetime) -> HttpResponse:
    """Accept it, once."""
    return _do(request, version, at, _Acceptance, lambda given: quote_answers.accept(
        version, name=given["name"], email=given["email"], ip_address=_address(request), at=at,
    ))  # fmt: skip


@require_POST
@_behind_the_link
def refuse(request: HttpRequest, version: QuoteVersion, at: datetime) -> HttpResponse:
    """Refuse it, and say why."""
    return _do(request, version, at, _Refused, lambda given: quote_answers.refuse(
        version, **given, ip_address=_address(request), at=at,
    ))  # fmt: skip


@require_POST
@_behind_the_link
def ask(request: HttpRequest, version: QuoteVersion, at: datetime) -> HttpResponse:
    """Ask about it."""
    return _do(
        request, version, at, _Question, lambda given: quote_answers.ask(version, **given, at=at)
    )


def _do(
    request: HttpRequest,
    version: QuoteVersion,
    at: datetime,
    form: type[_Who],
    act: Callable[[dict[str, Any]], object],
) -> HttpResponse:
    """Read the form, do it, and show the page again; what was typed stays where it can't be done."""
    given = form(request.POST)
    if not given.is_valid():
        said = "; ".join(f"{name}: {errors[0]}" for name, errors in given.errors.items())
        return _page(request, version, at, problem=said, status=422)
    try:
        act(given.cleaned_data)
    except Refusal as refusal:
        version.refresh_from_db()
        return _page(request, version, at, problem=refusal.detail, status=409)
    return redirect(_here(request))


def _page(
    request: HttpRequest,
    version: QuoteVersion,
    at: datetime,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    here = _here(request)
    context = {
        **offer.of(version, at),
        "seller": seller.profile(),
        "now": at,
        "here": here,
        "pdf": f"{here}quote.pdf",
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "quotes/offer.html", context, status=status)


def _here(request: HttpRequest) -> str:
    """The address of the offer."""
    assert request.resolver_match is not None
    return reverse("portal:offer", args=[request.resolver_match.kwargs["secret"]])


def _address(request: HttpRequest) -> str | None:
    """The address of whoever calls, as the server sees it."""
    return request.META.get("REMOTE_ADDR") or None
