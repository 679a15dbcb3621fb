"""Answers what usage brought and what it cost us, per meter and model, as a page and as CSV (S2: for the
vendor's eyes only)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from creditops.lib import calendar, clock, money, verbs
from creditops.lib.admin_columns import NOTHING, amount, count
from creditops.lib.admin_tables import Listing
from ledger import books, margins, price_files
from ledger.margins import Margin, Report

_VERB = "read_revenue"
# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Asked:
    """The days asked for, the last one included, and what they came to."""

    first: date
    last: date
    found: Report


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The days `?from=` to `?to=`, by default the running month until today."""
    asked = _asked(request)
    found = asked.found
    before = calendar.add_months(calendar.month_start(asked.first), -1)
    after = calendar.add_months(before, 2)
    context = {
        **site.each_context(request),
        "title": f"Margins, {asked.first} to {asked.last}",
        "first": asked.first,
        "last": asked.last,
        "previous": _month(before),
        "following": _month(after),
        "margins": _listing(found),
        "prices_in": price_files.CURRENCY,
        "books_in": found.currency,
        "comparable": found.comparable,
        "unpriced": sum(row.unpriced for row in found.rows),
        "archived": sum(row.events for row in found.rows if row.archived),
        "unmapped": sorted({row.meter_name for row in found.rows if not row.mapped}),
    }
    return TemplateResponse(request, "desk/margins.html", context)


def as_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file, costs with all their digits."""
    asked = _asked(request)
    found = asked.found
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(
        ("Meter", "Model", "Priced as", "Events", "Usage", "Credits", "Value", "Value in", "Exact cost",
         "Cost", "Cost in", "Margin", "Margin %", "Events without a price", "In archive files")
    )  # fmt: skip
    for row in found.rows:
        exact = "" if row.cost is None else money.decimal_text(Fraction(row.cost))
        rows.writerow(
            (*map(_harmless, (row.meter, row.model, row.priced_as)), row.events, _usage(row),
             _credits(row), *_figures(found, [row], exact), row.unpriced,
             row.events if row.archived else 0)
        )  # fmt: skip
    rows.writerow(("Total", "", "", sum(row.events for row in found.rows), "", "",
                   *_figures(found, found.rows, ""), "", ""))  # fmt: skip
    answer = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"margins-{asked.first}-{asked.last}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked(request: HttpRequest) -> Asked:
    """Raises PermissionDenied, and Http404 for what are no days."""
    if not verbs.may(request.user, _VERB):
        raise PermissionDenied
    now = clock.now()
    current = books.current(now)
    today = books.date_of(now, current)
    try:
        first = date.fromisoformat(request.GET.get("from") or str(calendar.month_start(today)))
        last = date.fromisoformat(request.GET.get("to") or str(max(first, today)))
        bounds = (first, last + timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    if last < first:
        raise Http404
    start, end = (calendar.local_midnight(day, current.time_zone) for day in bounds)
    return Asked(first, last, margins.report(start, end, current))


def _month(first: date) -> str:
    last = calendar.add_months(first, 1) - timedelta(days=1)
    return f"from={first}&to={last}"


def _listing(found: Report) -> Listing:
    heads = (
        "Meter",
        "Model",
        "#Events",
        "~Usage",
        "Credits",
        "#Value",
        "#Cost",
        "#Margin",
        "#%",
    )
    rows = [
        [row.meter_name, _model(row), count(row.events), _usage(row), _credits(row),
         amount(row.value, found.currency), *_money(found, [row])]
        for row in found.rows
    ]  # fmt: skip
    value = sum(row.value for row in found.rows)
    sums = ["Total", "", count(sum(row.events for row in found.rows)), "", "",
            amount(value, found.currency), *_money(found, found.rows)]  # fmt: skip
    return Listing("", heads, rows, sums=sums, empty="Nothing was used in these days.")


def _money(found: Report, rows: list[Margin]) -> list[str]:
    """Cost, margin and percent, as people read them."""
    some = any(row.unpriced for row in rows)
    cost, margin, tenths = found.cost(rows), found.margin(rows), found.tenths(rows)
    return [
        ("≥ " if some and cost is not None else "") + amount(cost, price_files.CURRENCY),
        amount(margin, found.currency),
        NOTHING if tenths is None else _percent(tenths),
    ]


def _figures(found: Report, rows: list[Margin], exact: str) -> list[str]:
    """Value to percent, for a file."""
    cost, margin, tenths = found.cost(rows), found.margin(rows), found.tenths(rows)
    value = sum(row.value for row in rows)
    return [
        money.text(value, found.currency),
        found.currency,
        exact,
        "" if cost is None else money.text(cost, price_files.CURRENCY),
        price_files.CURRENCY,
        "" if margin is None else money.text(margin, found.currency),
        "" if tenths is None else _percent(tenths),
    ]


def _percent(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}.{rest}"


def _model(row: Margin) -> str:
    if row.archived:
        return "in archive files"
    if not row.mapped:
        return NOTHING
    named = row.model or NOTHING
    return named if row.priced_as in ("", row.model) else f"{named} ({row.priced_as})"


def _usage(row: Margin) -> str:
    return ", ".join(
        f"{number.normalize():,f} {name.replace('_', ' ')}".rstrip()
        for name, number in sorted(row.counted.items())
    )


def _credits(row: Margin) -> str:
    return ", ".join(f"{credits:,} {unit}" for unit, credits in sorted(row.credits.items()))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
