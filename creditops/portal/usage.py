"""Answers where credits went: by day, feature and person (S61, S64)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.safestring import SafeString

from creditops.lib import calendar
from creditops.pictures import bars
from creditops.portal.visitor import Visitor
from ledger import concentration, usage_reports
from ledger.concentration import Spread
from ledger.models import CreditUnit, Meter, Pool, Term

LAST_DAYS, TERM = "days", "term"
_DAYS = 30
# Without a running term the longer time is a year.
_YEAR = 365
# Longer times are shown by week.
_DAILY_UP_TO = 92
_WEEK = 7
# Rows of a picture; what is beyond is summed up in one.
_ROWS = 12
_NOBODY = "Nobody named"


@dataclass(frozen=True)
class Usage:
    """Use of one unit in a time: first and last local day, credits, events, people who used any.

    `spread` says how it is spread over people, in a sentence; empty where nobody is named. `units`
    are those that the customer has; without any there is no `unit` either.
    """

    period: str
    unit: CreditUnit | None
    units: Sequence[CreditUnit]
    first: date
    last: date
    credits: int
    events: int
    people: int
    spread: str
    by_day: SafeString
    by_feature: SafeString
    by_person: SafeString


def of(visitor: Visitor, period: str, at: datetime, unit_code: str = "") -> Usage:
    """The use of a customer in the last 30 days, or since the earliest running term began.

    Args:
        period: `LAST_DAYS` or `TERM`.
        unit_code: which unit, of those that the customer has; any other text: the first.

    Four queries for the last days, one more for the term.
    """
    customer = visitor.customer
    zone = customer.time_zone
    last = calendar.local_date(at, zone)
    first = last - timedelta(days=_DAYS - 1) if period == LAST_DAYS else _term_start(visitor, at)
    start, end = calendar.local_midnight(first, zone), at + calendar.TICK
    units = _units(visitor)
    unit = next((one for one in units if one.code == unit_code), units[0] if units else None)
    unit_id = unit.id if unit else None
    by_meter = usage_reports.series(
        customer.pk, first=start, last=end, zone=zone, unit_id=unit_id, by_meter=True
    )
    spread = concentration.of(customer.pk, first=start, last=end, top=_ROWS, unit_id=unit_id)
    names = dict(Meter.objects.values_list("code", "name"))
    days: dict[date, int] = {}
    features: dict[str, int] = {}
    for row in by_meter:
        days[row.day] = days.get(row.day, 0) + row.credits
        name = names[row.meter or ""]
        features[name] = features.get(name, 0) + row.credits
    return Usage(
        period=period,
        unit=unit,
        units=units,
        first=first,
        last=last,
        credits=sum(row.credits for row in by_meter),
        events=sum(row.events for row in by_meter),
        people=spread.users - spread.without_use,
        spread=_told(spread),
        by_day=_columns(days, first, last),
        by_feature=bars.rows(_top(features.items()), title="Credits by feature"),
        by_person=bars.rows(_people(spread), title="Credits by person"),
    )


def _units(visitor: Visitor) -> list[CreditUnit]:
    pools = Pool.objects.filter(customer=visitor.customer)
    return list(CreditUnit.objects.filter(pk__in=pools.values("unit")).order_by("id"))


def _term_start(visitor: Visitor, at: datetime) -> date:
    """The local day on which the customer's earliest running term began."""
    zone = visitor.customer.time_zone
    running = Term.objects.filter(
        customer_id=visitor.customer.pk, starts_at__lte=at, ends_at__gt=at
    )
    start = running.order_by("starts_at").values_list("starts_at", flat=True).first()
    longest = timedelta(days=usage_reports.LONGEST_DAYS)
    if start is None:
        return calendar.local_date(at - timedelta(days=_YEAR), zone)
    return calendar.local_date(max(start, at - longest), zone)


def _columns(days: dict[date, int], first: date, last: date) -> SafeString:
    length = (last - first).days + 1
    step = 1 if length <= _DAILY_UP_TO else _WEEK
    sums: dict[date, int] = {first + timedelta(days=n): 0 for n in range(0, length, step)}
    for day, credits in days.items():
        sums[day - timedelta(days=(day - first).days % step)] += credits
    title = "Credits by day" if step == 1 else "Credits by week"
    return bars.columns([bars.Day(day, credits) for day, credits in sums.items()], title=title)


def _people(spread: Spread) -> Sequence[bars.Row]:
    """The heaviest users, then the others in one row, then what names nobody."""
    rows = [bars.Row(heavy.user, heavy.credits) for heavy in spread.top]
    others = spread.users - spread.without_use - len(spread.top)
    if others:
        rows.append(bars.Row(f"{others:,} others", spread.credits - spread.top_credits))
    if spread.nameless:
        rows.append(bars.Row(_NOBODY, spread.nameless))
    return rows


def _told(spread: Spread) -> str:
    """How many used nothing, and what the heaviest used together (S5)."""
    if not spread.users or not spread.credits:
        return ""
    percent, top = concentration.pct_text, len(spread.top)
    nothing = (
        f"{spread.without_use:,} of {spread.users:,} people used nothing "
        f"({percent(spread.without_use_pct)} %)."
    )
    if spread.users - spread.without_use <= top:
        return nothing
    return f"{nothing} The {top:,} heaviest used {percent(spread.top_share_pct)} % of the credits."


def _top(named: Iterable[tuple[str, int]]) -> Sequence[bars.Row]:
    ordered = sorted((pair for pair in named if pair[1]), key=lambda pair: -pair[1])
    rest = ordered[_ROWS:]
    rows = [bars.Row(name, credits) for name, credits in ordered[:_ROWS]]
    if rest:
        others = f"{len(rest):,} other{'' if len(rest) == 1 else 's'}"
        rows.append(bars.Row(others, sum(credits for _, credits in rest), is_rest=True))
    return rows
