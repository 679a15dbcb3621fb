"""Answers with the rate-card studio: what a draft makes of past usage, as a page, CSV and XLSX (S17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from contracts import rate_cards, rate_drafts, rate_items, studies
from contracts.studies import Moves, Scenario, Study
from creditops.desk import draft_effect, study_words
from creditops.desk.studio_form import StudioForm
from creditops.lib import calendar, clock, spreadsheets
from creditops.lib.refusals import Refusal
from ledger import books

_DRAFT = "The draft"


@dataclass(frozen=True)
class Answer:
    """Studies of all scenarios, the one asked for first."""

    first: date
    last: date
    found: Sequence[Study]

    @property
    def main(self) -> Study:
        """The one asked for."""
        return self.found[0]


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The form, filled with the last whole month; with a card, the study."""
    form = _form(request)
    answer, errors = None, []
    if form.is_bound and form.is_valid():
        try:
            answer = _study(form.cleaned_data)
        except Refusal as refusal:
            errors = [refusal.detail]
    context = {
        **site.each_context(request),
        "title": "Rate-card studio",
        "form": form,
        "errors": errors,
        "asked": answer is not None,
        "query": request.GET.urlencode(),
    }
    if answer is not None:
        context |= study_words.of(answer.main, answer.found)
        context |= {"first": answer.first, "last": answer.last}
    return TemplateResponse(request, "desk/studio.html", context)


def as_csv(request: HttpRequest) -> HttpResponse:
    """Every customer of the study, in every scenario."""
    answer = _answered(request)
    content = spreadsheets.csv_text(study_words.HEADS, study_words.rows(answer.found))
    return _file(content.encode("utf-8-sig"), spreadsheets.CSV, f"{_name(answer)}.csv")


def as_xlsx(request: HttpRequest) -> HttpResponse:
    """The same as a workbook, a sheet per scenario."""
    answer = _answered(request)
    sheets = [
        (f"{number} {study.scenario.name}", study_words.HEADS, study_words.rows([study]))
        for number, study in enumerate(answer.found, start=1)
    ]
    return _file(spreadsheets.xlsx(sheets), spreadsheets.XLSX, f"{_name(answer)}.xlsx")


def _form(request: HttpRequest) -> StudioForm:
    if request.GET:
        return StudioForm(request.GET)
    first, last = draft_effect.last_month(clock.now())
    return StudioForm(initial={"first": first, "last": last})


def _answered(request: HttpRequest) -> Answer:
    """Raises Http404 for what the page itself would refuse."""
    form = StudioForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        return _study(form.cleaned_data)
    except Refusal as refusal:
        raise Http404(refusal.detail) from refusal


def _study(asked: dict[str, Any]) -> Answer:
    """Raises Refusal where a draft's actions are not right."""
    now = clock.now()
    zone = books.current(now).time_zone
    first, last = (
        calendar.local_midnight(day, zone)
        for day in (asked["first"], asked["last"] + timedelta(days=1))
    )
    card = rate_cards.find(asked["card"])
    items = None
    if asked["draft"]:
        items = rate_drafts.items_of(rate_drafts.find(asked["draft"]))
    else:
        newest = card.versions.first()
        items = rate_items.of_version(newest) if newest else None
    found = studies.run(
        card.code, _scenarios(asked, items), first=first, last=min(last, now), at=now
    )
    return Answer(asked["first"], asked["last"], found)


def _scenarios(asked: dict[str, Any], items: Any) -> list[Scenario]:
    moved, prices = asked["successors"], asked["prices"]
    name = _DRAFT if asked["draft"] else "The card as it stands"
    shared: dict[str, Any] = {"items": items, "prices": prices, "successors": moved}
    found = [
        Scenario(name, **shared),
        Scenario(f"{name}, nobody locked", keeps_locks=False, **shared),
        Scenario(f"{name}, everybody stays", moves=Moves.STAY, **shared),
    ]
    if moved:
        found.append(Scenario(f"{name}, everybody moves", moves=Moves.MOVE, **shared))
    return found


def _name(answer: Answer) -> str:
    return f"study-{answer.first}-{answer.last}"


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
