"""Answers with the quote builder: one page to type an offer, with its figures beside it as it grows.

Without a script "Work out" shows the figures; with one they follow what is typed. Keeping a draft needs no
confirmation: nothing leaves the house before it is sent, and that is an act of the desk.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts import access
from accounts.models import Customer
from contracts import quotes
from contracts.models import QuoteVersion
from creditops.desk import addresses, quote_form, quote_totals
from creditops.desk.deeds.page import LIVE
from creditops.desk.quote_form import QuoteForm
from creditops.lib import clock, verbs
from creditops.lib.refusals import NotFound, Refusal

VERB = "make_quote"


def new(request: HttpRequest, site: Any, code: str) -> HttpResponse:
    """A new quote for the customer known as `code`."""
    seen = access.customers(request.user)
    customer = seen.filter(code=code).first()
    if customer is None:
        raise Http404
    return _answer(request, site, customer, None)


def change(request: HttpRequest, site: Any, code: str) -> HttpResponse:
    """The quote known as `code`: its draft, or a new version of what was sent."""
    try:
        quote = quotes.find(code)
    except NotFound as missing:
        raise Http404 from missing
    return _answer(request, site, quote.customer, quotes.newest_of(quote))


def _answer(
    request: HttpRequest, site: Any, customer: Customer, version: QuoteVersion | None
) -> HttpResponse:
    at = clock.now()
    if not verbs.may(request.user, VERB):
        said = {"title": "Quote", "said": "Your role does not include this."}
        return TemplateResponse(
            request, "desk/said.html", {**site.each_context(request), **said}, status=403
        )
    quote = None if version is None else version.quote
    renews = None if quote is None else quote.renews
    if request.method != "POST":
        begun = quote_form.new(customer, at) if version is None else quote_form.of_version(version)
        form = quote_form.make(customer, at, initial=begun, renews=renews)
        return _page(request, site, customer, version, form, dict(form.initial), at)
    form = quote_form.make(customer, at, data=request.POST, renews=renews)
    form.is_valid()
    values = form.cleaned_data
    if request.headers.get(LIVE):
        totals = _totals(request, customer, version, values, at)
        return TemplateResponse(request, "desk/quote_totals.html", {"totals": totals})
    step = request.POST.get("step")
    if step == "propose":
        return _take_over(request, site, customer, version, values, at)
    if step not in ("save", "send") or form.errors:
        return _page(request, site, customer, version, form, values, at)
    return _save(request, site, customer, version, form, at)


def _save(
    request: HttpRequest,
    site: Any,
    customer: Customer,
    version: QuoteVersion | None,
    form: QuoteForm,
    at: datetime,
) -> HttpResponse:
    values, by = form.cleaned_data, request.user.email  # type: ignore[union-attr]
    try:
        terms = quote_form.terms(values, at)
        until = values["open_until"]
        if version is None:
            kept = quotes.draft(customer, terms, open_until=until, by=by, at=at)
        else:
            kept = quotes.revise(version.quote, terms, open_until=until, by=by, at=at)
    except Refusal as refusal:
        form.add_error(None, refusal.detail)
        return _page(request, site, customer, version, form, values, at)
    messages.success(request, f"{kept} is kept as a draft.")
    page = "send-quote" if request.POST.get("step") == "send" else "quote"
    return HttpResponseRedirect(addresses.of(page, kept.quote.code))


def _take_over(
    request: HttpRequest,
    site: Any,
    customer: Customer,
    version: QuoteVersion | None,
    values: dict[str, Any],
    at: datetime,
) -> HttpResponse:
    """The form again, with the credits that the forecast takes."""
    found = _totals(request, customer, version, values, at)
    typed = request.POST.copy()
    if found.proposal:
        typed["credits"], typed["tier"], typed["amount"] = f"{found.proposal:,}", "", ""
        typed["price"] = ""
    renews = None if version is None else version.quote.renews
    form = quote_form.make(customer, at, data=typed, renews=renews)
    form.is_valid()
    return _page(request, site, customer, version, form, form.cleaned_data, at)


def _page(
    request: HttpRequest,
    site: Any,
    customer: Customer,
    version: QuoteVersion | None,
    form: QuoteForm,
    values: dict[str, Any],
    at: datetime,
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _title(customer, version),
        "customer": customer,
        "form": form,
        "totals": _totals(request, customer, version, _read(form, values), at),
        "notes": _notes(version),
        "back": addresses.of_customer(customer)
        if version is None
        else addresses.of("quote", version.quote.code),
    }
    return TemplateResponse(request, "desk/quote_builder.html", context)


def _totals(
    request: HttpRequest,
    customer: Customer,
    version: QuoteVersion | None,
    values: dict[str, Any],
    at: datetime,
) -> quote_totals.Totals:
    by = request.user.email  # type: ignore[union-attr]
    renews = None if version is None else version.quote.renews
    return quote_totals.of(customer, values, by=by, at=at, renews=renews)


def _read(form: QuoteForm, values: dict[str, Any]) -> dict[str, Any]:
    """The values as fields read them; what a form begins with is not read yet."""
    if form.is_bound:
        return values
    read = {}
    for name, field in form.fields.items():
        begun = values.get(name)
        read[name] = field.to_python(begun) if isinstance(begun, str) else begun
    return read


def _title(customer: Customer, version: QuoteVersion | None) -> str:
    if version is None:
        return f"New quote for {customer.name}"
    return f"{version.quote.code} for {customer.name}"


def _notes(version: QuoteVersion | None) -> list[str]:
    if version is None or version.status == QuoteVersion.Status.DRAFT:
        return []
    said = version.get_status_display()
    return [
        f"Version {version.number} is {said}. What you keep is version {version.number + 1}: it takes the "
        "place of this one at once, whose link then says so."
    ]
