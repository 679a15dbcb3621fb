"""`/customers/{c}/forecast` and `/customers/{c}/usage`: when credits run out, where they went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib import clock, money
from creditops.lib.api import shapes
from creditops.lib.api.forms import Count, Instant, Span, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.refusals import Refusal
from ledger import concentration, forecast, usage_reports
from ledger.api import pools
from ledger.api.pools import PoolQuery
from ledger.models import Pool

_DEFAULT_DAYS = 30
_DEFAULT_TOP = 10
_MOST_USERS = 1_000_000_000
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


class DistributionQuery(Span, PoolQuery):
    """Which time, and of whom."""

    top = Count(
        largest=concentration.LARGEST_TOP,
        default=_DEFAULT_TOP,
        help_text="how many of the heaviest users to name",
    )
    users = Count(
        largest=_MOST_USERS,
        required=False,
        help_text="how many have access; default: those who ever used anything",
    )


class HeavyShown(TypedDict):
    """One of the heaviest users."""

    user: str
    credits: int


DistributionShown = TypedDict(
    "DistributionShown",
    {
        "customer": str,
        "from": shapes.Instant,
        "to": shapes.Instant,
        "users": int,
        "without_use": int,
        "without_use_pct": str,
        "credits": int,
        "credits_without_user": int,
        "top": list[HeavyShown],
        "top_credits": int,
        "top_share_pct": str,
    },
)
DistributionShown.__doc__ = (
    "How the credits used in a time, as corrected, are spread over users. Percentages have two "
    "decimals; `top_share_pct` is of the credits that users used."
)


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
        if not by <= _BY:
            raise Refusal("by_invalid", "by is any of meter, user, day.", unreadable=True)
        first, last = _span(self.query)
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


class UsageByUsers(ApiView):
    """How use is spread over users."""

    @Operation(
        scope=Scope.USAGE_READ,
        query=DistributionQuery,
        answers=DistributionShown,
        unreadable=("period_too_long",),
    )
    def get(self, request: Request, customer: str) -> Response:
        """Show who uses nothing, and what the heaviest users use. The last thirty days where no
        time is given."""
        whose = self.customer(customer)
        first, last = _span(self.query)
        holder_id, unit_id = pools.holder_and_unit(whose, self.query)
        found = concentration.of(
            whose.root_id,
            first=first,
            last=last,
            top=self.query["top"],
            users=self.query.get("users"),
            holder_id=holder_id,
            unit_id=unit_id,
        )
        shown: DistributionShown = {
            "customer": whose.code,
            "from": written(first),
            "to": written(last),
            "users": found.users,
            "without_use": found.without_use,
            "without_use_pct": concentration.pct_text(found.without_use_pct),
            "credits": found.credits,
            "credits_without_user": found.nameless,
            "top": [{"user": heavy.user, "credits": heavy.credits} for heavy in found.top],
            "top_credits": found.top_credits,
            "top_share_pct": concentration.pct_text(found.top_share_pct),
        }
        return Response(shown)


def _span(query: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The time that is asked for; the last thirty days if it is not said."""
    last = query.get("to", clock.now())
    first = query.get("from", last - timedelta(days=_DEFAULT_DAYS))
    if last - first > timedelta(days=usage_reports.LONGEST_DAYS):
        raise Refusal(
            "period_too_long",
            f"Ask for at most {usage_reports.LONGEST_DAYS} days at once.",
            unreadable=True,
        )
    return first, last


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
