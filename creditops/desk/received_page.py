"""Answers with what became of everything received, day by day and meter by meter, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from creditops.desk import asked, exceptions_page
from creditops.lib import clock
from creditops.lib.admin_columns import count, tag
from creditops.lib.admin_tables import Listing
from ledger import intake_days, messages
from ledger.intake_days import Day
from ledger.set_aside import Asked, Kind

# The days that are shown, unless others are asked for; and at most.
DAYS, DAYS_MAX = 14, 92


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """What became of everything received, from `?since=` through `?until=`, the last days by default."""
    wanted = asked.read(request.GET.dict())
    last = wanted.until or clock.now().date()
    first = wanted.since or last - timedelta(days=DAYS - 1)
    first = min(max(first, last - timedelta(days=DAYS_MAX - 1)), last)
    days = intake_days.of(first, last)
    context = {
        **site.each_context(request),
        "title": "Usage received",
        "since": first.isoformat(),
        "until": last.isoformat(),
        "wrong": [day for day in days if day.missing],
        "days": _days(days),
        "meters": _meters(days),
        "any": bool(days),
    }
    return TemplateResponse(request, "desk/received.html", context)


_HEADS = ("#Received", *(f"#{status.capitalize()}" for status in messages.STATUSES), "#Ended since")


def _days(days: Sequence[Day]) -> Listing:
    """A row per day, with whether it adds up."""
    rows = []
    for day in days:
        parts = {
            status: sum(fates.parts[status] for fates in day.meters) for status in messages.STATUSES
        }
        rows.append(
            (
                day.day.isoformat(), _check(day.missing), count(day.received),
                *(_part(parts[status], status, day.day) for status in messages.STATUSES),
                count(sum(fates.ended for fates in day.meters)),
            )
        )  # fmt: skip
    return Listing(
        "Day by day", ("Day", "Adds up", *_HEADS), rows, empty="Nothing was received on these days."
    )


def _meters(days: Sequence[Day]) -> Listing:
    """A row per day and meter."""
    rows = [
        (
            fates.day.isoformat(), fates.meter or "unknown meters", count(fates.received),
            *(
                _part(fates.parts[status], status, fates.day, fates.meter or None)
                for status in messages.STATUSES
            ),
            count(fates.ended),
        )
        for day in days
        for fates in day.meters
    ]  # fmt: skip
    return Listing("Meter by meter", ("Day", "Meter", *_HEADS), rows)


def _check(missing: int) -> str:
    return tag("yes", "good") if not missing else tag(f"no: {missing:+,}", "bad")


_KINDS = {
    messages.REFUSED: Kind.REFUSED, messages.HELD: Kind.HELD, messages.CONFLICT: Kind.CONFLICT,
}  # fmt: skip


def _part(number: int, status: str, day: date, meter: str | None = "") -> str:
    """A number; of what has a list of its own, as the way there. `meter`: None is an unknown one."""
    listed = status in _KINDS or status == messages.EXCEPTION
    if not number or not listed:
        return count(number)
    kind = _KINDS.get(status, Kind.UNMATCHED if meter is None else None)
    leads = exceptions_page.address(Asked(kind, meter or "", "", day, day))
    return format_html('<a href="{}">{}</a>', leads, count(number))
