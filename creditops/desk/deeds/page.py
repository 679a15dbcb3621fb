"""Answers with the pages of an act: what is typed, what it will do, what was done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from creditops.desk import written
from creditops.desk.deeds import deed as deeds
from creditops.desk.deeds.deed import Deed
from creditops.desk.fields import DeskForm
from creditops.lib import clock, verbs
from creditops.lib.refusals import NotFound, Refusal

# Sent by static/desk/desk.js: only the facts that follow from what is typed are asked for.
LIVE = "X-Desk-Live"
FORBIDDEN = 403


def page(request: HttpRequest, site: Any, kind: type[Deed], key: str = "") -> HttpResponse:
    """The form; after it the confirmation, with the effect in figures; after that it is done.

    Whoever may not do it is told so. What cannot be done with the subject is said in its place.
    """
    if not verbs.may(request.user, kind.verb):
        return _say(request, site, kind.title, "Your role does not include this.", FORBIDDEN)
    try:
        deed = kind(key, request.user, clock.now())
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    except Refusal as refusal:
        return _say(request, site, kind.title, refusal.detail, 409)
    if request.method != "POST":
        return _fill(request, site, deed, deed.make_form())
    form = deed.make_form(request.POST)
    if request.headers.get(LIVE):
        form.is_valid()
        return _live(request, deed, form)
    if request.POST.get("step") == "back" or not form.is_valid():
        return _fill(request, site, deed, form)
    try:
        if request.POST.get("step") == "do":
            return _do(request, site, deed, form)
        return _confirm(request, site, deed, form)
    except Refusal as refusal:
        form.add_error(None, refusal.detail)
        return _fill(request, site, deed, form)


def _fill(request: HttpRequest, site: Any, deed: Deed, form: DeskForm) -> HttpResponse:
    typed = form.is_bound and hasattr(form, "cleaned_data")
    values = dict(form.cleaned_data if typed else form.initial)
    context = {"form": form, "facts": deed.facts(values), "notes": deed.notes(values)}
    return _answer(request, site, deed, deed.template, context)


def _live(request: HttpRequest, deed: Deed, form: DeskForm) -> HttpResponse:
    values = form.cleaned_data
    context = {"facts": deed.facts(values), "notes": deed.notes(values)}
    return TemplateResponse(request, "desk/live.html", context)


def _confirm(request: HttpRequest, site: Any, deed: Deed, form: DeskForm) -> HttpResponse:
    values = form.cleaned_data
    effect = deeds.rehearse(deed, values, by=request.user.email, at=deed.at)  # type: ignore[union-attr]
    context = {"form": form, "facts": deed.facts(values), "effect": effect}
    return _answer(request, site, deed, "desk/confirm.html", context)


def _do(request: HttpRequest, site: Any, deed: Deed, form: DeskForm) -> HttpResponse:
    before = written.mark()
    done = deed.do(form.cleaned_data, by=request.user.email, at=deed.at)  # type: ignore[union-attr]
    sentence = f"{done.sentence} {written.since(before, deed.at).sentence()}".strip()
    if done.secret:
        context = {"done": done, "sentence": sentence}
        return _answer(request, site, deed, "desk/secret.html", context)
    messages.success(request, sentence)
    return HttpResponseRedirect(done.address)


def _answer(
    request: HttpRequest, site: Any, deed: Deed, template: str, context: dict[str, Any]
) -> HttpResponse:
    shared = {**site.each_context(request), "title": deed.heading, "deed": deed}
    return TemplateResponse(request, template, {**shared, **context})


def _say(request: HttpRequest, site: Any, title: str, said: str, status: int) -> HttpResponse:
    context = {**site.each_context(request), "title": title, "said": said}
    return TemplateResponse(request, "desk/said.html", context, status=status)
