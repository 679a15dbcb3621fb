"""Does entitlements: a flat fee unlocks a feature for a term, licences are charged per user (S26, S27).

Credits leave the pool at once, by an event like any other (2100 / 2120); revenue runs over the days of
the entitlement (2120 / 4000, JE-07), posted at month ends and at its own end (V7, X16).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from creditops.lib import calendar, due, money
from creditops.lib.refusals import Refusal
from ledger import books, chart, explain, journal, messages, metering, tariffs
from ledger.journal import Posting
from ledger.messages import Message
from ledger.models import BookSettings, Entitlement, EntitlementRelease, Holder, Rate
from ledger.periods import Months

_DUE = "ledger.entitlement"


def unlock(
    holder: Holder,
    *,
    item: str,
    source: str,
    by: str,
    at: datetime,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Entitlement:
    """Unlock a feature for its flat fee.

    Args:
        holder: whose credits pay.
        item: a flat fee on the holder's rate card.
        source: the act behind it, unique under the customer.
        starts_on: None: the holder's local day of `at`.
        ends_on: exclusive; None: after the item's period.

    Raises Refusal `item_not_sold`, `entitlement_ends_before_it_begins`, `already_granted`, or what
    usage is refused with; nothing is drawn then.
    """
    first = starts_on or calendar.local_date(at, holder.time_zone)
    rate = _rate(holder, item, Rate.Kind.FLAT, at)
    return _draw(holder, rate, 1, first, ends_on, source=source, by=by, at=at)


def charge_licences(
    holder: Holder,
    *,
    item: str,
    users: int,
    source: str,
    by: str,
    at: datetime,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Entitlement:
    """Charge `users` licences for a period, in full, whenever in it they are added (R6).

    Args:
        starts_on: None: the first day of the holder's local month.

    The rest as `unlock`; raises also Refusal `users_not_positive`.
    """
    if users <= 0:
        raise Refusal("users_not_positive", "Charge the licences of at least one user.")
    today = calendar.local_date(at, holder.time_zone)
    rate = _rate(holder, item, Rate.Kind.LICENCE, at)
    first = starts_on or calendar.month_start(today)
    return _draw(holder, rate, users, first, ends_on, source=source, by=by, at=at)


def release_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: post the revenue of entitlement `<customer>-<id>` up to `due_at`, plan what comes."""
    customer_id, id_ = map(int, subject.split("-"))
    found = Entitlement.objects.select_related("holder", "customer").get(
        customer_id=customer_id, id=id_
    )
    current = books.current(recorded_at)
    through = min(calendar.last_day(due_at, current.time_zone), calendar.day_before(found.ends_on))
    with transaction.atomic():
        months = Months([through], received_on=books.date_of(recorded_at, current))
        _post(found, through, months.posting_date(through), current, recorded_at)
        if through < calendar.day_before(found.ends_on):
            _plan(found, due_at, current.time_zone)


def value_minor(entitlement: Entitlement) -> int:
    """What the credits that paid were worth, in minor units of the books' currency: one amount over
    all blocks of one call."""
    event = explain.find(messages.uid(entitlement.customer_id, entitlement.event_id))
    return sum(draw.functional for draw in explain.draws(event))


def offered(holder: Holder, kind: str, at: datetime) -> list[Rate]:
    """The flat fees, or the licences, on the card that prices the holder at `at`, in its order."""
    tariff = tariffs.PriceBook.read([(holder.customer_id, holder.id)]).tariff(holder.id, at)
    if tariff is None:
        return []
    rates = Rate.objects.select_related("meter").filter(tariff_id=tariff.id, kind=kind)
    return list(rates.order_by("id"))


def _rate(holder: Holder, item: str, kind: str, at: datetime) -> Rate:
    """The rate of an item of this kind on the card that prices the holder."""
    found = next((rate for rate in offered(holder, kind, at) if rate.item == item), None)
    if found is None:
        raise Refusal(
            "item_not_sold",
            f"{item!r} is no {Entitlement.Kind(kind).label} on the rate card of {holder.code}.",
        )
    return found


def _draw(
    holder: Holder,
    rate: Rate,
    users: int,
    starts_on: date,
    ends_on: date | None,
    *,
    source: str,
    by: str,
    at: datetime,
) -> Entitlement:
    end = ends_on or calendar.add_months(starts_on, rate.period_months or 12)
    if end <= starts_on:
        raise Refusal(
            "entitlement_ends_before_it_begins",
            f"It would end on {end}, before it begins on {starts_on}.",
        )
    with transaction.atomic():
        made = Entitlement.objects.create(
            customer_id=holder.customer_id,
            holder=holder,
            source=source,
            kind=rate.kind,
            item=rate.item,
            users=users,
            starts_on=starts_on,
            ends_on=end,
            event_id=_spend(holder, rate, users, source, at),
            recorded_at=at,
            granted_by=by,
        )
        _plan(made, at, books.current(at).time_zone)
    return made


def _spend(holder: Holder, rate: Rate, users: int, source: str, at: datetime) -> int:
    """Draw the credits as an event; returns its id."""
    message = Message(
        source=messages.ENTITLEMENTS,
        key=source,
        customer=holder.customer.code,
        contract=holder.code,
        meter=rate.meter.code,
        quantity=Decimal(users),
        entitles=True,
    )
    outcome = metering.accept([message], at=at, origin=messages.ENTITLEMENTS).outcomes[0]
    if outcome.status in (messages.DUPLICATE, messages.CONFLICT):
        raise Refusal("already_granted", f"{source!r} was charged already.")
    if outcome.status not in (messages.APPLIED, messages.RECORDED):
        raise Refusal(
            outcome.code,
            f"{rate.credits * users:,} credits for {rate.item} can't be drawn from {holder.code}; "
            "nothing was.",
        )
    return int(outcome.uid.partition("-")[2])


def _plan(entitlement: Entitlement, after: datetime, zone: str) -> None:
    """Plan the next posting: the next month end of the books, or the end of the entitlement."""
    month = calendar.month_start(calendar.local_date(after, zone))
    month_end = calendar.local_midnight(calendar.add_months(month, 1), zone)
    end = calendar.local_midnight(entitlement.ends_on, zone)
    due.plan(
        _DUE,
        f"{entitlement.customer_id}-{entitlement.id}",
        max(after, min(month_end, end)),
        rank=due.MONTH_END,
        group=entitlement.customer.code,
    )


def _post(
    entitlement: Entitlement, through: date, on: date, current: BookSettings, at: datetime
) -> None:
    days = (entitlement.ends_on - entitlement.starts_on).days
    passed = calendar.days_passed(entitlement.starts_on, entitlement.ends_on, through)
    cumulative = money.released(value_minor(entitlement), days, passed, current.rounding)
    last = entitlement.releases.filter(customer_id=entitlement.customer_id).last()
    amount = cumulative - (0 if last is None else last.cumulative_minor)
    EntitlementRelease.objects.create(
        customer_id=entitlement.customer_id,
        entitlement=entitlement,
        through=through,
        cumulative_minor=cumulative,
        recorded_at=at,
    )
    journal.post(
        Posting(
            on=on,
            recipe="JE-07",
            memo=f"{entitlement.item} through {through}",
            source=f"entitlement:{entitlement.customer_id}:{entitlement.id}:{through}",
            customer_id=entitlement.customer_id,
            holder=entitlement.holder,
            prior_period=on != through,
        ),
        debit={chart.ENTITLEMENTS: amount},
        credit={chart.USAGE: amount},
        currency=current.currency,
        at=at,
    )
