"""`/customers/{c}/forecast` and `/customers/{c}/usage`: when credits run out, where they went."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib import clock, money
from creditops.lib.api import shapes
from creditops.lib.api.forms import Instant, Span, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.refusals import Refusal
from ledger import forecast, usage_reports
from ledger.api import pools
from ledger.api.pools import PoolQuery
from ledger.models import Pool

_DEFAULT_DAYS = 30
_BY = {"meter", "user", "day"}


class ForecastQuery(PoolQuery):
    """From which instant to look ahead."""

    at = Instant(required=False, help_text="default: now")


class RunOutShown(TypedDict):
    """The day on which credits run out: with a probability of 10, 50 and 90 %; null if not known."""

    p10: shapes.Day | None
    p50: shapes.Day | None
    p90: shapes.Day | None


class ForecastShown(TypedDict):
    """A pool's forecast, from the use of the last thirty days."""

    contract: str
    unit: str
    burn_per_day: str
    days_of_history: int
    low_confidence: bool
    run_out: RunOutShown
    shortfall_credits: int
    shortfall_money: shapes.Money | None
    currency: shapes.Currency | None
    term_end: shapes.Day | None
    sentence: str


class ForecastsShown(TypedDict):
    """The forecasts of a customer's pools."""

    forecasts: list[ForecastShown]


class UsageQuery(Span):
    """Which time, split by what."""

    by = Text(default="day", help_text="day, meter, user, with commas between; by day always")


class UsedShown(TypedDict):
    """Credits used on a local day of the customer; meter and user are null where not asked for."""

    day: shapes.Day
    meter: str | None
    user: str | None
    credits: int
    events: int


UsageShown = TypedDict(
    "UsageShown",
    {"customer": str, "from": shapes.Instant, "to": shapes.Instant, "series": list[UsedShown]},
)
UsageShown.__doc__ = "Credits used in a time, as corrected, by event time."


class Forecast(ApiView):
    """When credits run out, and what will be missing."""

    @Operation(scope=Scope.USAGE_READ, query=ForecastQuery, answers=ForecastsShown)
    def get(self, request: Request, customer: str) -> Response:
        """Forecast when credits run out. Per pool, with what will be missing at the term's end."""
        at = self.query.get("at", clock.now())
        found = pools.of(self.customer(customer), self.query)
        shown: ForecastsShown = {"forecasts": [_shown_forecast(pool, at) for pool in found]}
        return Response(shown)


class Usage(ApiView):
    """Where credits went."""

    @Operation(
        scope=Scope.USAGE_READ,
        query=UsageQuery,
        answers=UsageShown,
        unreadable=("by_invalid", "period_too_long"),
    )
    def get(self, request: Request, customer: str) -> Response:
        """Show where credits went, by day. The last thirty days where no time is given."""
        whose, by = self.customer(customer), set(self.query["by"].split(","))
        last = self.query.get("to", clock.now())
        first = self.query.get("from", last - timedelta(days=_DEFAULT_DAYS))
        _check(by, first, last)
        rows = usage_reports.series(
            whose.root_id,
            first=first,
            last=last,
            zone=whose.time_zone,
            by_meter="meter" in by,
            by_user="user" in by,
        )
        shown: UsageShown = {
            "customer": whose.code,
            "from": written(first),
            "to": written(last),
            "series": [_shown_use(row) for row in rows],
        }
        return Response(shown)


def _check(by: set[str], first: datetime, last: datetime) -> None:
    if not by <= _BY:
        raise Refusal("by_invalid", "by is any of meter, user, day.", unreadable=True)
    if last - first > timedelta(days=usage_reports.LONGEST_DAYS):
        raise Refusal(
            "period_too_long",
            f"Ask for at most {usage_reports.LONGEST_DAYS} days at once.",
            unreadable=True,
        )


def _shown_use(row: usage_reports.Used) -> UsedShown:
    return {
        "day": row.day.isoformat(),
        "meter": row.meter,
        "user": row.user,
        "credits": row.credits,
        "events": row.events,
    }


def _shown_forecast(pool: Pool, at: datetime) -> ForecastShown:
    found = forecast.of_pool(pool, at=at)
    missing = found.shortfall_minor
    return {
        "contract": pool.holder.code,
        "unit": pool.unit.code,
        "burn_per_day": money.decimal_text(found.burn_per_day),
        "days_of_history": found.days_of_history,
        "low_confidence": not found.sure,
        "run_out": {"p10": None, "p50": _day(found.run_out), "p90": None},
        "shortfall_credits": found.shortfall_credits,
        "shortfall_money": money.text(missing, found.currency)
        if found.currency and missing is not None
        else None,
        "currency": found.currency,
        "term_end": _day(found.term_end),
        "sentence": found.sentence,
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
