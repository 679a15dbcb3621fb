"""Answers with the journal's exports: months, programs, what was made; and with the files themselves."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join

from creditops.desk import addresses
from creditops.lib import calendar, clock, verbs
from creditops.lib.admin_columns import amount, instant
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import NotFound, Refusal
from invoicing import export_accounts, journal_exports
from invoicing.journal_exports import Made
from invoicing.models import JournalExport
from ledger import books
from ledger.models import AccountingPeriod, JournalEntry

_VERB = "read_revenue"
_MONTHS = 24
# Files in an archive carry no time of their own: the same journal gives the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The months that have entries, each with its downloads; what accounts are called; what was made."""
    _check(request)
    now = clock.now()
    context = {
        **site.each_context(request),
        "title": "Journal exports",
        "listings": [_months(), _made(books.current(now).currency), _names()],
    }
    return TemplateResponse(request, "desk/exports.html", context)


def download(request: HttpRequest, key: str) -> HttpResponse:
    """The export `<month>-<program>`: its file, or an archive of several."""
    _check(request)
    month, program = key[:7], key[8:]
    try:
        period = date.fromisoformat(f"{month}-01")
        made = journal_exports.make(
            period, program, by=str(getattr(request.user, "email", "")), at=clock.now()
        )
    except (ValueError, NotFound) as error:
        raise Http404 from error
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=409, content_type="text/plain; charset=utf-8")
    name, content, kind = _packed(made, key)
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-SHA256"] = made.sha256
    return answer


def _check(request: HttpRequest) -> None:
    if not verbs.may(request.user, _VERB):
        raise PermissionDenied


def _packed(made: Made, key: str) -> tuple[str, bytes, str]:
    if len(made.files) == 1:
        file = made.files[0]
        return file.name, file.content, "text/csv"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in made.files:
            archive.writestr(zipfile.ZipInfo(file.name, _NO_TIME), file.content)
    return f"journal-{key}.zip", packed.getvalue(), "application/zip"


def _months() -> Listing:
    months = JournalEntry.objects.dates("posting_date", "month", order="DESC")[:_MONTHS]
    states = dict(AccountingPeriod.objects.values_list("month", "state"))
    rows = [
        (
            f"{month:%Y-%m}",
            states.get(calendar.month_start(month), "open"),
            format_html_join(
                " · ",
                '<a href="{}">{}</a>',
                (
                    (addresses.of("export", f"{month:%Y-%m}-{program}"), program)
                    for program in journal_exports.FORMS
                ),
            ),
        )
        for month in months
    ]
    return Listing("Months", ("Month", "State", "Download"), rows, empty="Nothing was posted yet.")


def _made(currency: str) -> Listing:
    rows = [
        (
            str(row), instant(row.made_at), row.made_by, f"{row.entries:,}",
            amount(row.debit_minor, currency), row.sha256[:16],
        )
        for row in JournalExport.objects.all()[:20]
    ]  # fmt: skip
    heads = ("Export", "Made", "By", "#Entries", "#Debit = credit", "SHA-256 begins")
    return Listing("Made, where the bytes were new", heads, rows, empty="Nothing was exported yet.")


def _names() -> Listing:
    by_program = {program: export_accounts.names(program) for program in export_accounts.PROGRAMS}
    codes = list(next(iter(by_program.values())))
    rows = [
        (
            format_html('<a href="{}">{}</a>', addresses.of("name-account", code), code),
            *(names[code] for names in by_program.values()),
        )
        for code in codes
    ]
    return Listing("What accounts are called there", ("Account", *by_program), rows)
