"""Answers with the pricing workbench: from cost and value to base credit, multiples, margins, tiers (S2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from contracts import action_values, rate_sheets, workbench
from contracts.models import ActionValue
from contracts.rate_items import Item
from contracts.workbench import Bench, Goal, Line
from creditops.desk import addresses, fields
from creditops.lib import clock, money, spreadsheets, verbs
from creditops.lib.admin_columns import NOTHING, count, tag
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import Refusal
from creditops.portal import amounts
from ledger import books
from ledger.models import Rate

_VERB = "publish_rates"
_TIERS = (Fraction(5_000), Fraction(10_000), Fraction(50_000))
_SMALLEST_PRICE = Fraction(1, 1_000)
# So many actions are counted in a tier's column.
_COUNTED = 6


class GoalForm(fields.DeskForm):
    """What prices have to reach."""

    margin = fields.text("Margin in %, at least", most=8, help="of every action's price")
    share = fields.text(
        "Share of the value in %, at most", most=8, help="what of its worth a price may take"
    )
    ratio = forms.IntegerField(
        label="Credits for one unit of money", required=False, min_value=1, max_value=1_000_000,
        help_text="empty: as the cheapest action asks for",
    )  # fmt: skip

    def goal(self) -> Goal:
        """The same, exact. Raises Refusal `decimal_unreadable`."""
        typed = self.cleaned_data
        return Goal(
            money.decimal(str(typed["margin"])), money.decimal(str(typed["share"])), typed["ratio"]
        )


@dataclass(frozen=True)
class _Asked:
    form: GoalForm
    bench: Bench | None
    refused: str


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The catalogue, the proposal, the tiers."""
    at = clock.now()
    asked, currency = _asked(request, at), books.current(at).currency
    bench = asked.bench
    context = {
        **site.each_context(request),
        "title": "Pricing workbench",
        "form": asked.form,
        "refused": asked.refused,
        "bench": bench,
        "currency": currency,
        "query": request.GET.urlencode(),
        "catalogue": _catalogue(at, currency),
        "proposal": _proposal(bench, currency) if bench else None,
        "tiers": _tiers(bench, currency) if bench else None,
        "describe": addresses.of("describe-action"),
    }
    return TemplateResponse(request, "desk/workbench.html", context)


def as_csv(request: HttpRequest) -> HttpResponse:
    """The proposal as a sheet, which a draft takes in."""
    bench = _asked(request, clock.now()).bench
    content = rate_sheets.as_csv(_items(bench) if bench else []).encode("utf-8-sig")
    answer = HttpResponse(content, content_type=spreadsheets.CSV)
    answer["Content-Disposition"] = 'attachment; filename="workbench.csv"'
    return answer


def _asked(request: HttpRequest, at: datetime) -> _Asked:
    """Raises PermissionDenied: costs are for whoever makes prices."""
    if not verbs.may(request.user, _VERB):
        raise PermissionDenied
    usual = {"margin": "70", "share": "20", "ratio": ""}
    form = GoalForm({name: request.GET.get(name, said) for name, said in usual.items()})
    if not form.is_valid():
        return _Asked(form, None, "")
    try:
        return _Asked(form, workbench.propose(action_values.actions(at), form.goal()), "")
    except Refusal as refusal:
        return _Asked(form, None, refusal.detail)


def _catalogue(at: datetime, currency: str) -> Listing:
    costs = {action.name: action.cost for action in action_values.actions(at)}
    rows = [
        (
            format_html('<a href="{}">{}</a>', addresses.of("change-action", row.name), row.name),
            row.meter.code if row.meter else NOTHING,
            _money(costs.get(row.name), currency)
            + ("" if row.cost is not None or costs.get(row.name) is None else " measured"),
            _money(None if row.worth is None else Fraction(row.worth), currency),
            row.customer_unit or NOTHING,
            row.position or NOTHING,
        )
        for row in ActionValue.objects.select_related("meter")
    ]
    heads = ("Action", "Meter", "#One costs us", "#One is worth", "Customers count", "Value chain")
    return Listing("", heads, rows, empty="No action is described yet.")


def _proposal(bench: Bench, currency: str) -> Listing:
    rows = [
        (
            line.action.name,
            count(line.credits) if line.per == 1 else f"{line.credits:,} per {line.per:,}",
            _money(line.price, currency),
            _money(line.action.cost, currency),
            NOTHING if line.margin_pct is None else f"{money.fixed_text(line.margin_pct, 1)} %",
            _money(line.action.worth, currency),
            _share(line),
        )
        for line in bench.lines
    ]
    heads = ("Action", "#Credits", "#Price", "#Cost", "#Margin", "#Value", "Share of the value")
    return Listing("", heads, rows)


def _tiers(bench: Bench, currency: str) -> Listing:
    named = [line.action.name for line in bench.lines[:_COUNTED]]
    rows = [
        (
            money.for_people(
                int(tier.amount) * 10 ** money.exponent(currency), currency, short=True
            ),
            count(tier.credits),
            *(count(number) for _, number in tier.buys[:_COUNTED]),
        )
        for tier in workbench.tiers(bench, _TIERS)
    ]
    return Listing("", ("#For", "#Credits", *(f"#{name}" for name in named)), rows)


def _items(bench: Bench) -> list[Item]:
    known = {row.name: row for row in ActionValue.objects.select_related("meter")}
    return [
        Item(
            line.action.name, line.credits,
            kind=Rate.Kind.FIXED if line.per == 1 else Rate.Kind.PACK, per=line.per,
            meter=meter.code if (meter := known[line.action.name].meter) else "",
            customer_unit=known[line.action.name].customer_unit,
            position=known[line.action.name].position,
        )
        for line in bench.lines
    ]  # fmt: skip


def _share(line: Line) -> str:
    if line.share_pct is None:
        return NOTHING
    said = f"{money.fixed_text(line.share_pct, 1)} %"
    return tag(f"{said}: too much of it", "bad") if line.dear else said


def _money(exact: Fraction | None, currency: str) -> str:
    if exact is None:
        return NOTHING
    # A token's cost has more decimals than people read prices with: none of them is dropped.
    if 0 < exact < _SMALLEST_PRICE:
        return f"{money.decimal_text(exact)} {currency}"
    return amounts.price(exact, currency)
