"""Answers with the page of a quote: what it says, how it came to it, and what the customer said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from contracts import (
    quote_activation,
    quote_figures,
    quote_terms,
    quote_warnings,
    quote_words,
    quotes,
)
from contracts.models import Quote, QuoteAnswer, QuoteVersion
from contracts.quote_terms import QuoteTerms
from creditops.desk import addresses, quote_totals
from creditops.lib import clock, files, money, verbs
from creditops.lib.admin_columns import amount, count, instant, tag
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import NotFound

_Status = QuoteVersion.Status
_KINDS = {
    _Status.SENT: "good", _Status.ACCEPTED: "good", _Status.IN_APPROVAL: "warn",
    _Status.REFUSED: "bad", _Status.EXPIRED: "bad",
}  # fmt: skip


def page(request: HttpRequest, code: str, site: Any) -> HttpResponse:
    """The quote known as `code`."""
    quote = _find(code)
    at = clock.now()
    versions = list(quote.versions.order_by("-number"))
    newest = versions[0]
    terms = quote_terms.read(newest.terms)
    context = {
        **site.each_context(request),
        "title": f"{quote.code} for {quote.customer.name}",
        "quote": quote,
        "newest": newest,
        "status": status(newest),
        "facts": quote_totals.facts(terms, newest.sent_at or at),
        "terms": quote_words.of(terms),
        "warnings": _warnings(quote, newest, terms, at),
        "answer": QuoteAnswer.objects.filter(version=newest).first(),
        "made": quote_activation.made_of(quote),
        "versions": _versions(versions),
        "compared": _compared(request, versions, at),
        "numbers": [version.number for version in versions],
        "said": list(quote.messages.all()),
        "doable": _doable(quote, newest, request.user),
        "renewed_on": addresses.of_customer(quote.customer),
        "customer_page": addresses.of_customer(quote.customer),
        "pdf": addresses.of("quote_pdf", newest.pk) if newest.document else "",
    }
    return TemplateResponse(request, "desk/quote.html", context)


def _warnings(quote: Quote, newest: QuoteVersion, terms: QuoteTerms, at: datetime) -> list[str]:
    """What is worth a second look while it can still be changed or refused."""
    if newest.status == _Status.ACCEPTED:
        return quote_words.warnings(terms)
    return quote_warnings.of(terms, quote.customer, at=at, renews=quote.renews)


def paper(request: HttpRequest, key: int) -> HttpResponse:
    """The document of a version, as it was sent."""
    version = QuoteVersion.objects.select_related("quote").filter(pk=key).first()
    stored = files.find(version.document) if version and version.document else None
    if version is None or stored is None:
        raise Http404
    name = f"{version.quote.code}-{version.number}.pdf"
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def status(version: QuoteVersion) -> str:
    """How a version stands, as a tag."""
    return tag(version.get_status_display(), _KINDS.get(_Status(version.status), ""))


def _find(code: str) -> Quote:
    try:
        return quotes.find(code)
    except NotFound as missing:
        raise Http404 from missing


def _versions(versions: list[QuoteVersion]) -> Listing:
    rows = [
        (f"{v.number}", status(v), count(v.credits), amount(v.price_minor, v.currency),
         f"{v.open_until}", instant(v.made_at), v.made_by, instant(v.sent_at), v.approved_by or "–",
         f"{v.document_sha256[:12]}…" if v.document_sha256 else "–")
        for v in versions
    ]  # fmt: skip
    heads = (
        "Version", "Status", "#Credits", "#Price", "Open until", "Made", "By", "Sent", "Agreed by",
        "SHA-256 of its PDF",
    )  # fmt: skip
    return Listing("Versions", heads, rows)


def _compared(
    request: HttpRequest, versions: list[QuoteVersion], at: datetime
) -> dict[str, Any] | None:
    """Two versions side by side: as asked (`?before=1&after=2`), else the two newest."""
    if len(versions) < 2:
        return None
    by_number = {str(version.number): version for version in versions}
    after = by_number.get(request.GET.get("after", ""), versions[0])
    before = by_number.get(request.GET.get("before", ""), versions[1])
    theirs, ours = quote_terms.read(before.terms), quote_terms.read(after.terms)
    rows = [
        (change.label, change.before, change.after, _moved(change.credits),
         _moved_money(change.money_minor, ours.currency),
         _moved_money(change.margin_minor, ours.currency))
        for change in quote_words.changes(theirs, ours, at)
    ]  # fmt: skip
    heads = (
        "Term", f"~Version {before.number}", f"~Version {after.number}", "#Credits", "#Price",
        "#Margin",
    )  # fmt: skip
    first, then = quote_figures.of(theirs, at), quote_figures.of(ours, at)
    same = theirs.currency == ours.currency
    sums = (
        "All together", amount(first.price_minor, theirs.currency),
        amount(then.price_minor, ours.currency), _moved(then.credits - first.credits),
        _moved_money(then.price_minor - first.price_minor, ours.currency) if same else "–",
        _margin_moved(first, then, ours.currency) if same else "–",
    )  # fmt: skip
    listing = Listing("", heads, rows, sums=sums, empty="They say the same.")
    return {"before": before.number, "after": after.number, "listing": listing}


def _margin_moved(first: quote_figures.Figures, then: quote_figures.Figures, currency: str) -> str:
    if first.margin_minor is None or then.margin_minor is None:
        return "–"
    return _moved_money(then.margin_minor - first.margin_minor, currency)


def _moved(credits: int | None) -> str:
    return "–" if not credits else f"{credits:+,}"


def _moved_money(minor: int | None, currency: str) -> str:
    if not minor:
        return "–"
    return f"{'+' if minor > 0 else '−'}{money.for_people(abs(minor), currency)}"


def _doable(quote: Quote, newest: QuoteVersion, person: Any) -> list[dict[str, str]]:
    """What can be done with it as it stands; nobody asks about what nobody was shown."""
    if not verbs.may(person, "make_quote"):
        return []
    found = []

    def can(title: str, icon: str, name: str) -> None:
        found.append({"title": title, "icon": icon, "path": addresses.of(name, quote.code)})

    if newest.status == _Status.DRAFT:
        can("Send", "send", "send-quote")
    if newest.status != _Status.ACCEPTED:
        can("Change" if newest.status == _Status.DRAFT else "New version", "edit", "quote_change")
    if newest.status == _Status.SENT:
        can("Make a link", "link", "quote-link")
    if newest.status == _Status.ACCEPTED and quote_activation.made_of(quote) is None:
        can("Make the contract", "contract", "activate-quote")
    if newest.number > 1 or newest.sent_at or quote.messages.exists():
        can("Answer a question", "reply", "answer-question")
    can("Clone", "content_copy", "clone-quote")
    return found
