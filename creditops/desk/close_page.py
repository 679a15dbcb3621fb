"""Answers with the close desk: the months, and of one its checklist with every figure behind it (Z1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from contracts.models import ScheduledCharge
from creditops.close import points
from creditops.close.points import Point, State
from creditops.desk import addresses
from creditops.desk.deeds.closing import BeginClose, CloseMonth, LetPointPass, ReopenMonth
from creditops.lib import calendar, clock, verbs
from creditops.lib.admin_columns import instant, tag
from creditops.lib.admin_tables import Listing
from creditops.lib.models import DueRow
from creditops.reports import catalogue
from ledger import books
from ledger.models import AccountingPeriod, JournalEntry, PeriodAct

VERB = "read_revenue"
_MONTHS_SHOWN = 24
_TONES = {
    State.MET: "good",
    State.OPEN: "warn",
    State.PASSED: "good",
    State.NOTE: "",
    State.STOP: "bad",
}
_STATES = {"open": "", "closing": "warn", "closed": "good"}
# Where somebody looks who wants to put a point right: the month's report, or another page.
_REPORTS = {
    "deferred": "deferred",
    "unbilled": "unbilled",
    "receivables": "receivables",
    "refunds": "reconciliations",
    "entitlements": "reconciliations",
    "commissions": "commissions",
    "clawback": "commissions",
    "contract_costs": "commissions",
    "estimates": "breakage",
    "expiring": "expiring",
}
_PAGES = {
    "exceptions": lambda: addresses.of("exceptions"),
    "signed": lambda: addresses.of("signatures"),
    "earlier": lambda: addresses.of("close"),
    "schedules": lambda: addresses.of_list(DueRow),
    "unbilled_charges": lambda: addresses.of_list(ScheduledCharge),
    "events": lambda: addresses.of("received"),
    "prior_period": lambda: addresses.of_list(JournalEntry, prior_period__exact="1"),
}


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The months, newest first."""
    _check(request)
    context = {
        **site.each_context(request),
        "title": "Month close",
        "months": _months(),
        "next": _next(),
    }
    return TemplateResponse(request, "desk/close.html", context)


def month(request: HttpRequest, site: Any, key: str) -> HttpResponse:
    """One month: its checklist, what can be done with it, and what was done."""
    _check(request)
    try:
        first = date.fromisoformat(f"{key}-01")
    except ValueError as error:
        raise Http404 from error
    if not 1970 <= first.year < 9990:
        raise Http404
    found = points.of(first, at=clock.now())
    may = verbs.may(request.user, CloseMonth.verb)
    context = {
        **site.each_context(request),
        "title": f"Close of {first:%B %Y}",
        "key": key,
        "state": tag(found.state, _STATES.get(found.state, "")),
        "closed": found.state == AccountingPeriod.State.CLOSED,
        "open": len(found.open),
        "points": _points(found.points, key, may=may and found.state != "closed"),
        "acts": _acts(key, found.state, may=may, stopped=bool(found.open)),
        "stops": [p for p in found.open if p.state is State.STOP],
        "done": _done(first),
        "reports": [
            (kind.title, f"{addresses.of('report', kind.name)}?month={key}")
            for kinds in catalogue.SECTIONS.values()
            for kind in kinds
            if not kind.verb or verbs.may(request.user, kind.verb)
        ],
        "previous": f"{calendar.add_months(first, -1):%Y-%m}",
        "following": f"{calendar.add_months(first, 1):%Y-%m}",
    }
    return TemplateResponse(request, "desk/close_month.html", context)


def _check(request: HttpRequest) -> None:
    if not verbs.may(request.user, VERB):
        raise PermissionDenied


def _months() -> Listing:
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>', addresses.of("close_of", f"{p}"), f"{p.month:%B %Y}"
            ),
            tag(p.get_state_display(), _STATES[p.state]),
            instant(p.closed_at) if p.closed_at else "",
            p.closed_by,
        )
        for p in AccountingPeriod.objects.all()[:_MONTHS_SHOWN]
    ]
    return Listing(
        "Months", ("Month", "State", "Closed at", "Closed by"), rows, empty="Nothing is posted yet."
    )


def _next() -> str:
    """The oldest month that is over and open, `2026-05`; empty: all are closed."""
    now = clock.now()
    this = calendar.month_start(books.date_of(now, books.current(now)))
    waiting = AccountingPeriod.objects.filter(month__lt=this).exclude(state="closed")
    found = waiting.order_by("month").first()
    return "" if found is None else f"{found}"


def _points(found: list[Point], key: str, *, may: bool) -> Listing:
    rows = []
    for point in found:
        look = _address(point.code, key)
        title = format_html('<a href="{}">{}</a>', look, point.title) if look else point.title
        stood = point.stood
        if point.mark is not None:
            stood = format_html("{}<div class=\"muted small\">let pass by {}: {}</div>", stood,
                                point.mark.marked_by, point.mark.reason)  # fmt: skip
        act = ""
        if may and point.state is State.OPEN:
            leads = addresses.of(LetPointPass.name, f"{key}/{point.code}")
            act = format_html('<a class="button" href="{}">Let pass</a>', leads)
        rows.append((tag(point.state.value, _TONES[point.state]), title, stood, act))
    return Listing("Checklist", ("", "~Point", "~How it stands", ""), rows)


def _address(code: str, key: str) -> str:
    """Where a point of a month is looked at; empty: nowhere."""
    if code in _REPORTS:
        return f"{addresses.of('report', _REPORTS[code])}?month={key}"
    return _PAGES[code]() if code in _PAGES else ""


def _acts(key: str, state: str, *, may: bool, stopped: bool) -> list[tuple[str, str, str]]:
    """Label, address and look of what may be done; closing stands out once nothing stops it."""
    if not may:
        return []
    if state == AccountingPeriod.State.CLOSED:
        return [("Ask to open it again", addresses.of(ReopenMonth.name, key), "")]
    begin = [("Begin to close", addresses.of(BeginClose.name, key), "")] if state == "open" else []
    return [
        *begin,
        ("Close the month", addresses.of(CloseMonth.name, key), "" if stopped else "main"),
    ]


def _done(first: date) -> Listing:
    rows = [
        (
            instant(act.done_at), act.get_act_display(), act.done_by, act.reason,
            "" if act.entries is None else f"{act.entries:,} entries, checksum {act.checksum[:16]}…",
        )
        for act in PeriodAct.objects.filter(period__month=first)
    ]  # fmt: skip
    return Listing(
        "What was done", ("When", "What", "By", "~Reason", "~Entries"), rows, empty="Nothing yet."
    )
