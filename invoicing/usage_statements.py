"""Answers what a customer used in a time, in credits and in the units that it counts itself (S11, S61).

As a document, and event by event as XLSX and CSV. Credits are as corrected; quantities as reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Customer
from contracts import rate_words
from contracts.models import RateItem
from creditops.lib import calendar, languages, pdf, printed, spreadsheets
from creditops.lib.refusals import Refusal
from invoicing import rendering, seller
from ledger import balances, concentration, event_lists, usage_reports
from ledger.event_lists import Listed
from ledger.models import CreditUnit, Pool, UsageEvent
from ledger.usage_reports import Metered

# The longest time of one statement; more is asked for in parts.
DAYS_MAX = 366
# So many users and months are told by name; the others in one row.
_USERS_TOLD = 12
_CHUNK = 2_000
_HEAD = (
    "Time", "Contract", "Action", "User", "Quantity", "Credits", "Corrected", "Id", "Source",
)  # fmt: skip


@dataclass(frozen=True)
class Used:
    """What one action drew: credits, events, and how much of what customers count, if they count it."""

    action: str
    credits: int
    events: int
    counted: Sequence[tuple[Decimal, str]] = ()


@dataclass(frozen=True)
class Statement:
    """Use of one unit from `first` to `last`, local days, both included.

    `opening` and `closing` are what was available at the start and at the end, as known now.
    """

    customer: Customer
    unit: CreditUnit
    first: date
    last: date
    opening: int
    closing: int
    actions: Sequence[Used]
    users: Sequence[tuple[str, int]]
    months: Sequence[tuple[date, int]]

    @property
    def credits(self) -> int:
        """What was used of the unit, overage included."""
        return sum(used.credits for used in self.actions)


def of(customer: Customer, unit: CreditUnit, *, first: date, last: date, at: datetime) -> Statement:
    """The use of `unit` by a paying customer from `first` to `last`; a constant number of queries.

    Raises Refusal `statement_time_unfit`.
    """
    start, end = _bounds(customer, first, last)
    span = {"first": start, "last": end, "unit_id": unit.id}
    items = _items(customer, unit)
    metered = usage_reports.by_meter(
        customer.pk,
        measures=sorted({(item.meter_id, item.property) for item in items}),
        **span,  # type: ignore[arg-type]
    )
    spread = concentration.of(customer.pk, top=_USERS_TOLD, **span)  # type: ignore[arg-type]
    series = usage_reports.series(customer.pk, zone=customer.time_zone, **span)  # type: ignore[arg-type]
    months: dict[date, int] = {}
    for row in series:
        month = calendar.month_start(row.day)
        months[month] = months.get(month, 0) + row.credits
    return Statement(
        customer=customer,
        unit=unit,
        first=first,
        last=last,
        opening=_available(customer, unit, start - calendar.TICK, at),
        closing=_available(customer, unit, min(end - calendar.TICK, at), at),
        actions=[_used(row, items) for row in metered],
        users=_users(spread, customer.language),
        months=sorted(months.items()),
    )


def paper(statement: Statement, *, at: datetime) -> bytes:
    """The statement as PDF, rendered when it is asked for: no issued document.

    Raises Refusal `pdf_unavailable`.
    """
    vendor = seller.as_printed()
    return pdf.render(
        "documents/usage_statement.html",
        facts(statement, vendor, at=at),
        assets=rendering.assets(vendor),
    )


def facts(statement: Statement, vendor: dict[str, str], *, at: datetime) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    customer, language = statement.customer, statement.customer.language
    days = (printed.day(statement.first, language), printed.day(statement.last, language))
    figures = {
        "at_start": statement.opening,
        "used": statement.credits,
        "at_end": statement.closing,
    }
    return {
        "language": language,
        "w": languages.words(language),
        "created": at.isoformat(timespec="seconds"),
        "period": " – ".join(days),
        "seller": rendering.party(vendor, language),
        "buyer": {
            "code": customer.code,
            "name": customer.legal_name or customer.name,
            "address": printed.address(customer.address),
            "country": printed.country(customer.country, language),
        },
        "unit": statement.unit.name,
        "credits": printed.credits(statement.credits, language),
        "figures": [
            (languages.say(language, key), printed.credits(credits, language))
            for key, credits in figures.items()
        ],
        "actions": [_row(used, language) for used in statement.actions],
        "users": [(name, printed.credits(n, language)) for name, n in statement.users],
        "months": [
            (printed.month(month, language), printed.credits(n, language))
            for month, n in statement.months
        ],
    }


def events_csv(customer: Customer, *, first: date, last: date) -> bytes:
    """Every event of the time as CSV, oldest first, in the customer's zone."""
    # The mark at the front tells spreadsheets that the text is UTF-8.
    return spreadsheets.csv_text(_HEAD, _cells(customer, first, last)).encode("utf-8-sig")


def events_xlsx(customer: Customer, *, first: date, last: date) -> bytes:
    """The same as XLSX. Raises Refusal `table_too_long` or `statement_time_unfit`."""
    return spreadsheets.xlsx([("Usage", _HEAD, _cells(customer, first, last))])


def month_of(day: date) -> tuple[date, date]:
    """First and last day of a day's month."""
    first = calendar.month_start(day)
    return first, calendar.add_months(first, 1) - timedelta(days=1)


def _bounds(customer: Customer, first: date, last: date) -> tuple[datetime, datetime]:
    if not 0 <= (last - first).days < DAYS_MAX:
        raise Refusal(
            "statement_time_unfit",
            f"A statement covers 1 to {DAYS_MAX} days, and ends no earlier than it begins.",
        )
    zone = customer.time_zone
    return (
        calendar.local_midnight(first, zone),
        calendar.local_midnight(last + timedelta(days=1), zone),
    )


def _items(customer: Customer, unit: CreditUnit) -> list[RateItem]:
    """What the customer's rate cards price in the unit, each action in its newest words."""
    tariffs = Pool.objects.filter(customer=customer, unit=unit).values(
        "holder__tariffs__tariff_name"
    )
    rows = RateItem.objects.filter(version__card__code__in=tariffs, unit=unit)
    newest = rows.select_related("meter", "version").order_by("version__effective_from", "id")
    return list({(item.meter_id, item.property, item.item): item for item in newest}.values())


def _available(customer: Customer, unit: CreditUnit, when: datetime, at: datetime) -> int:
    pools = Pool.objects.filter(customer=customer, unit=unit).select_related(
        "unit", "holder", "customer"
    )
    found = balances.of_pools(list(pools), as_of=when, known_at=at)
    return sum(balance.available for balance in found)


def _used(row: Metered, items: Sequence[RateItem]) -> Used:
    """A meter in the words of its actions, and in what customers count."""
    mine = [item for item in items if item.meter_id == row.meter_id]
    names = dict.fromkeys(rate_words.item_name(item) for item in mine)
    counted = {item.property: item.customer_unit for item in mine if item.customer_unit}
    return Used(
        action=next(iter(names)) if len(names) == 1 else row.name,
        credits=row.credits,
        events=row.events,
        counted=[
            (row.quantities[measure], unit)
            for measure, unit in counted.items()
            if row.quantities.get(measure)
        ],
    )


def _users(spread: concentration.Spread, language: str) -> list[tuple[str, int]]:
    told = [(heavy.user, heavy.credits) for heavy in spread.top]
    rest = spread.credits - spread.top_credits + spread.nameless
    return [*told, (languages.say(language, "others"), rest)] if told and rest else told


def _row(used: Used, language: str) -> dict[str, Any]:
    return {
        "action": used.action,
        "events": printed.credits(used.events, language),
        "credits": printed.credits(used.credits, language),
        "counted": [
            f"{printed.percent(f'{quantity.normalize():f}', language)} {unit}"
            for quantity, unit in used.counted
        ],
    }


def _cells(customer: Customer, first: date, last: date) -> Iterator[spreadsheets.Row]:
    start, end = _bounds(customer, first, last)
    zone = ZoneInfo(customer.time_zone)
    rows = (
        UsageEvent.objects.filter(
            customer_id=customer.pk, event_time__gte=start, event_time__lt=end,
            status=UsageEvent.Status.APPLIED,
        )
        .select_related("meter", "user", "holder", "source")
        .order_by("event_time", "id")
    )  # fmt: skip
    chunk: list[UsageEvent] = []
    for event in rows.iterator(_CHUNK):
        chunk.append(event)
        if len(chunk) == _CHUNK:
            yield from _listed(customer, chunk, zone)
            chunk = []
    yield from _listed(customer, chunk, zone)


def _listed(
    customer: Customer, events: Sequence[UsageEvent], zone: ZoneInfo
) -> Iterator[spreadsheets.Row]:
    for listed in event_lists.as_corrected(customer.pk, events):
        yield _event(listed, zone)


def _event(listed: Listed, zone: ZoneInfo) -> spreadsheets.Row:
    event = listed.event
    return (
        event.event_time.astimezone(zone).isoformat(timespec="seconds"),
        event.holder.code,
        event.meter.name,
        (event.user.name or "") if event.user else "",
        f"{event.quantity.normalize():f}",
        listed.credits,
        "yes" if listed.corrected else "",
        event.key,
        event.source.name,
    )
