"""Answers with the home of the staff: what needs somebody today, and a few figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import roles
from contracts.models import ScheduledCharge
from creditops.desk import addresses, calls, intake, key_figures, today
from creditops.desk.deeds.house import DecideApproval
from creditops.desk.household import work_words
from creditops.lib import clock, setting_requests, verbs
from creditops.lib.admin_columns import amount
from creditops.lib.models import Approval, DueRow, OutboxMessage
from invoicing.models import Invoice
from ledger import books, signing
from ledger.admin.thresholds import threshold_words


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """Home."""
    at = clock.now()
    current = books.current(at)
    context = {
        **site.each_context(request),
        "title": "Today",
        "on": books.date_of(at, current),
        "waits": calls.of(request),
        "figures": key_figures.of_the_books(at),
        "outstanding": key_figures.credits_outstanding(),
        "unposted": key_figures.pools_to_post(),
        "failed": [{"work": work_words(row.kind), "row": row} for row in today.failed_work()],
        "approvals": today.approvals(),
        "at_the_wall": today.at_the_wall(at),
        "setting_change": setting_requests.KIND,
        "speaks_for": roles.speaks_for(request.user),
        "unsigned": signing.warning(),
        "may_decide": verbs.may(request.user, DecideApproval.verb),
        "late": [
            (row, amount(row.open_minor, row.invoice.currency))
            for row in today.late(books.date_of(at, current))
        ],
        "ending": today.ending(at),
        "running_out": today.running_out(at),
        "crossed": [(row, threshold_words(row.threshold)) for row in today.crossed(at)],
        "lists": {
            "failed": addresses.of_list(DueRow, stands="failed"),
            "failed_mail": addresses.of_list(OutboxMessage, stands="failed"),
            "set_aside": addresses.of("exceptions"),
            "approvals": addresses.of_list(Approval, state__exact=Approval.State.OPEN.value),
            "overdue": addresses.of_list(Invoice, stands="overdue"),
            "charges": addresses.of_list(ScheduledCharge, waiting="yes"),
        },
    }
    return TemplateResponse(request, "desk/home.html", context)


def received(request: HttpRequest) -> HttpResponse:
    """What became of all usage messages: a part of home that comes when it is counted."""
    return TemplateResponse(request, "desk/intake.html", {"intake": intake.progress()})


def tables(request: HttpRequest, site: Any) -> HttpResponse:
    """Every table that there is, app by app."""
    context = {
        **site.each_context(request),
        "title": "All tables",
        "app_list": site.get_app_list(request),
    }
    return TemplateResponse(request, "desk/tables.html", context)
