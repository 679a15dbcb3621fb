"""Answers with the review of the model: fit test, signals of failure, who stays under a limit (S10, S16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from contracts import fit, fit_signals
from creditops.desk import draft_effect
from creditops.lib import calendar, clock, money
from creditops.lib.admin_columns import count, tag
from creditops.lib.admin_tables import Listing
from ledger import books, limit_reports
from ledger.models import CreditUnit

_VERDICTS = {
    fit.FIT: ("good", "Credits fit: at least two of the three conditions are met."),
    fit.BORDERLINE: ("warn", "Borderline: one of the three conditions is met."),
    fit.NO_FIT: ("bad", "Credits do not fit: none of the three conditions is met."),
}


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The conditions begin as the books have them; whoever knows better ticks them: `?said=1&met=0&met=2`."""
    at = clock.now()
    found = fit_signals.conditions(at)
    said = "said" in request.GET
    ticked = request.GET.getlist("met")
    met = [str(n) in ticked if said else each.met for n, each in enumerate(found)]
    verdict = fit.test(met)
    first, last = draft_effect.last_month(at)
    context = {
        **site.each_context(request),
        "title": "Does the model fit?",
        "conditions": [(n, each, met[n]) for n, each in enumerate(found)],
        "verdict": verdict.replace("_", " "),
        "tone": _VERDICTS[verdict][0],
        "sentence": _VERDICTS[verdict][1],
        "signals": _signals(at),
        "limits": _limits(first, last, books.current(at).time_zone),
        "month": first,
    }
    return TemplateResponse(request, "desk/fit.html", context)


def _signals(at: Any) -> Listing:
    rows = [
        (
            each.code.replace("_", " ").capitalize(),
            tag("not measured") if each.shows is None
            else tag("shows", "bad") if each.shows else tag("does not show", "good"),
            each.evidence,
            each.symptom,
            each.remedy,
        )
        for each in fit_signals.signals(at)
    ]  # fmt: skip
    heads = ("Way to fail", "", "~What the books say", "~Symptom", "~What to do")
    return Listing("", heads, rows)


def _limits(first: Any, last: Any, zone: str) -> Listing:
    start, end = (calendar.local_midnight(day, zone) for day in (first, last + timedelta(days=1)))
    found = [
        limit_reports.under_limit(unit, first=start, last=end) for unit in CreditUnit.objects.all()
    ]
    rows = [
        (each.unit, count(each.customers), count(each.at_limit),
         f"{money.fixed_text(each.under_pct, 1)} %")
        for each in found
    ]  # fmt: skip
    heads = ("Unit", "#Customers who used it", "#Came to their limit", "#Stayed under it")
    return Listing("", heads, rows)
