"""Answers with the page of a rate card's draft: how it stands, what it changes; and with its sheets."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from contracts import prices, rate_drafts, rate_sheets
from contracts.models import RateDraft
from creditops.desk import addresses, draft_effect, draft_words
from creditops.lib import clock, spreadsheets, verbs
from creditops.lib.refusals import NotFound
from ledger import books

_VERB = "publish_rates"
_STEPS = (
    ("edit-draft", "Edit the actions"),
    ("import-draft", "Paste or import"),
    ("reprice-draft", "Re-price a class"),
)


def page(request: HttpRequest, site: Any, key: int) -> HttpResponse:
    """A draft, for everybody on the staff; who may publish rates can go on from here."""
    draft = _find(key)
    at, items = clock.now(), rate_drafts.items_of(draft)
    may = verbs.may(request.user, _VERB)
    is_open = draft.state in (RateDraft.State.DRAFT, RateDraft.State.REVIEWED)
    email = getattr(request.user, "email", "")
    context = {
        **site.each_context(request),
        "title": f"Draft: {draft}",
        "draft": draft,
        "card": addresses.of_list(RateDraft, card__id__exact=str(draft.card_id)),
        "wrote": email in draft.authors,
        "may": may and is_open,
        "steps": [(addresses.of(name, draft.pk), title) for name, title in _STEPS],
        "review": addresses.of("review-draft", draft.pk),
        "publish": addresses.of("publish-draft", draft.pk),
        "study": f"{addresses.of('studio')}?{urlencode(_asked(draft, at))}",
        "withdraw": addresses.of("withdraw-draft", draft.pk),
        "notes": _notes(draft, at) if is_open else [],
        "differences": draft_words.against_newest(draft, at) if is_open else None,
        "actions": draft_words.actions(items),
    }
    return TemplateResponse(request, "desk/draft.html", context)


def as_csv(request: HttpRequest, key: int) -> HttpResponse:
    """The draft's actions as CSV, which the import takes back."""
    draft = _find(key)
    content = rate_sheets.as_csv(rate_drafts.items_of(draft)).encode("utf-8-sig")
    return _file(content, spreadsheets.CSV, f"{draft.card.code}-{draft.pk}.csv")


def as_xlsx(request: HttpRequest, key: int) -> HttpResponse:
    """The same as a workbook."""
    draft = _find(key)
    heads, rows = rate_sheets.heads_and_rows(rate_drafts.items_of(draft))
    content = spreadsheets.xlsx([(str(draft.version), heads, rows)])
    return _file(content, spreadsheets.XLSX, f"{draft.card.code}-{draft.pk}.xlsx")


def _asked(draft: RateDraft, at: datetime) -> dict[str, object]:
    """The study of a draft on the last whole month's usage (S17)."""
    first, last = draft_effect.last_month(at)
    return {"card": draft.card.code, "draft": draft.pk, "first": first, "last": last}


def _notes(draft: RateDraft, at: datetime) -> list[str]:
    """What is worth a second look, the price of credits beside it (S23)."""
    ratios = prices.ratios(books.current(at).currency, at)
    return [sentence for _, sentence in rate_drafts.warnings(draft, ratios)]


def _find(key: int) -> RateDraft:
    try:
        return rate_drafts.find(key)
    except NotFound as error:
        raise Http404(error.detail) from error


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
