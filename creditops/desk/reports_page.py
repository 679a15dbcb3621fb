"""Answers with reports: their list, each as a page, and as CSV, XLSX and PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from creditops.desk import addresses
from creditops.lib import calendar, pdf, verbs
from creditops.lib.admin_columns import amount
from creditops.lib.admin_tables import FIGURE, PROSE, Listing
from creditops.lib.refusals import NotFound, Refusal
from creditops.reports import catalogue, files, frame, paper, words
from creditops.reports.frame import Asked, Kind, Report, Shape, Span, Table

VERB = "read_revenue"
# So many rows of a table stand on a page; the files have all of them, and the sums count all.
ROWS_SHOWN = 200
_UNAVAILABLE = 503


def listed(request: HttpRequest, site: Any) -> HttpResponse:
    """All reports, by section."""
    _check(request)
    context = {
        **site.each_context(request),
        "title": "Reports",
        "sections": [
            (title, [(k, addresses.of("report", k.name)) for k in kinds if _may(request, k)])
            for title, kinds in catalogue.SECTIONS.items()
        ],
    }
    return TemplateResponse(request, "desk/reports.html", context)


def page(request: HttpRequest, site: Any, name: str) -> HttpResponse:
    """One report, of the days that are asked for."""
    kind, asked = _asked(request, name)
    report = kind.make(asked)
    query = _query(kind, asked)
    month = calendar.month_start(asked.last)
    context = {
        **site.each_context(request),
        "title": kind.title,
        "kind": kind,
        "asked": asked,
        "is_time": kind.span is Span.TIME,
        "known": f"{asked.known_at:%Y-%m-%dT%H:%M}" if asked.remembered else "",
        "previous": _month(kind, asked, calendar.add_months(month, -1)),
        "following": _month(kind, asked, calendar.add_months(month, 1)),
        "files": [
            (label, f"{addresses.of('report_file', f'{kind.name}.{ending}')}?{query}")
            for label, ending in (("CSV", "csv"), ("XLSX", "xlsx"), ("PDF", "pdf"))
        ],
        "circumstances": words.circumstances(kind, asked),
        "report": report,
        "tables": [_listing(table, report.currency) for table in report.tables],
        "checks": _checks(report),
    }
    return TemplateResponse(request, "desk/report.html", context)


def file(request: HttpRequest, name: str) -> HttpResponse:
    """The same as a file: `deferred.csv`, `deferred.xlsx`, `deferred.pdf`."""
    plain, _, ending = name.rpartition(".")
    writer = _WRITERS.get(ending)
    if writer is None:
        raise Http404
    kind, asked = _asked(request, plain)
    write, content_type = writer
    try:
        content = write(kind, asked, kind.make(asked))
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=_UNAVAILABLE, content_type="text/plain")
    days = f"{asked.last}" if kind.span is Span.DAY else f"{asked.first}-{asked.last}"
    called = f'attachment; filename="{kind.name}-{days}.{ending}"'
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": called, "Cache-Control": "no-store"},
    )


Writer = Callable[[Kind, Asked, Report], bytes]
_WRITERS: dict[str, tuple[Writer, str]] = {
    "csv": (files.as_csv, files.CSV),
    "xlsx": (files.as_xlsx, files.XLSX),
    "pdf": (paper.as_pdf, pdf.CONTENT_TYPE),
}


def _check(request: HttpRequest) -> None:
    if not verbs.may(request.user, VERB):
        raise PermissionDenied


def _may(request: HttpRequest, kind: Kind) -> bool:
    """Whether a report is for whoever asks; reading reports is asked for elsewhere."""
    return not kind.verb or verbs.may(request.user, kind.verb)


def _asked(request: HttpRequest, name: str) -> tuple[Kind, Asked]:
    """Raises PermissionDenied, and Http404 for what is no report and for what are no days."""
    _check(request)
    try:
        kind = catalogue.find(name)
        asked = frame.read(kind, request.GET.dict())
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    except Refusal as refusal:
        raise Http404(refusal.detail) from refusal
    if not _may(request, kind):
        raise PermissionDenied
    return kind, asked


def _query(kind: Kind, asked: Asked) -> str:
    days = (
        {"from": asked.first, "to": asked.last} if kind.span is Span.TIME else {"as_of": asked.last}
    )
    known = {"known_at": asked.known_at.isoformat()} if asked.remembered else {}
    by = {"by": asked.by} if asked.by else {}
    return urlencode({**days, **known, **by})


def _month(kind: Kind, asked: Asked, month: Any) -> str:
    known = {"known_at": asked.known_at.isoformat()} if asked.remembered else {}
    by = {"by": asked.by} if asked.by else {}
    return urlencode({"month": f"{month:%Y-%m}", **known, **by})


def _listing(table: Table, currency: str) -> tuple[Listing, int]:
    """A table for the page, and how many rows it leaves out."""
    money_in = words.currency_of(table, currency)
    heads = [
        f"{FIGURE}{c.title}"
        if c.is_figure
        else f"{PROSE}{c.title}"
        if c.shape is Shape.TEXT
        else c.title
        for c in table.columns
    ]
    rows = []
    for number, row in enumerate(table.rows[:ROWS_SHOWN]):
        cells = [words.shown(cell, c, money_in) for cell, c in zip(row, table.columns, strict=True)]
        leads = table.links[number] if number < len(table.links) else ""
        if leads:
            cells[0] = format_html('<a href="{}">{}</a>', leads, cells[0])
        rows.append(cells)
    sums = [words.shown(cell, c, money_in) for cell, c in zip(table.sums, table.columns, strict=True)] if (
        table.sums
    ) else ()  # fmt: skip
    return Listing(table.title, heads, rows, sums, table.empty), len(table.rows) - len(rows)


def _checks(report: Report) -> Listing:
    rows = [
        (
            check.what,
            amount(check.here, report.currency),
            check.account,
            amount(check.ledger, report.currency),
            words.verdict(check, report.currency),
            check.why if check.difference else "",
        )
        for check in report.checks
    ]
    heads = ("~What", "#Here", "Account", "#Ledger", "Result", "~What may stand between")
    if not any(row[-1] for row in rows):
        return Listing("Does it tie to the ledger?", heads[:-1], [row[:-1] for row in rows])
    return Listing("Does it tie to the ledger?", heads, rows)
