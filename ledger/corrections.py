"""Does corrections: an event made smaller, larger or void, effective at its own time (L10).

What it drew is reversed last first; what it lacks is drawn as of its time. The event row stays as it
was: corrections stand beside it, and the draws that remain are computed (`ledger/explain.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from creditops.lib.refusals import Refusal
from ledger import archiving, books, corrected_draws, corrected_sums, explain, pool_books, rating
from ledger.corrected_draws import Act, Change
from ledger.line import Line
from ledger.messages import ENTITLEMENTS
from ledger.models import Correction, UsageEvent, UsagePart
from ledger.periods import Months


def correct(
    event: UsageEvent, *, credits: int, by: str, reason: str, at: datetime, void: bool = False
) -> Correction:
    """Set an applied event to `credits` in its first unit; a void gives every unit back.

    Args:
        event: as stored.
        credits: the new number, >= 0.
        void: the last word: an event that was voided can't be corrected again. It takes back what
            the event drew in further units too.

    Posted on the date of the act; effective at the event's time. Returns the correction of the first
    unit, the last one. Raises Refusal `correction_of_nothing` for an event that drew nothing,
    `event_void`, `entitlement_not_corrected` for a flat fee or licences (R6), `event_archived` while its
    data lies in a file, or what a late use of the missing credits would be refused with.
    """
    return _set_to([event], credits, void=void, by=by, reason=reason, at=at)[0]


def correct_quantity(
    event: UsageEvent, *, quantity: Decimal, by: str, reason: str, at: datetime
) -> Correction:
    """Set an applied event to what `quantity` costs by the rates that priced it.

    Raises Refusal `correction_in_credits` for an event that has no price of its own: packs draw
    from a running sum, and priced properties have quantities each. Then as `correct`.
    """
    archiving.require_data(event)
    credits, before = _cost(event, quantity), _cost(event, event.quantity)
    if credits is None or before != event.credits:
        raise Refusal(
            "correction_in_credits",
            f"What {quantity} would cost can't be told for event {event.key!r} alone. "
            "Give the right number of credits instead.",
        )
    return correct(event, credits=credits, by=by, reason=reason, at=at)


def void(event: UsageEvent, *, by: str, reason: str, at: datetime) -> Correction:
    """Correct an event to nothing, for good."""
    return void_all([event], by=by, reason=reason, at=at)[0]


def void_all(
    events: Sequence[UsageEvent], *, by: str, reason: str, at: datetime
) -> list[Correction]:
    """Void many events in one transaction, in their order, each as `correct` does it.

    Their pools are laid out anew once. Returns the correction of each. One that is refused refuses all.
    """
    return _set_to(events, 0, void=True, by=by, reason=reason, at=at)


def _set_to(
    events: Sequence[UsageEvent], credits: int, *, void: bool, by: str, reason: str, at: datetime
) -> list[Correction]:
    """Set events to `credits` in their first unit, one after the other; a constant number of queries, but
    for those of fractional items and of seats."""
    for event in events:
        _require_drawn(event)
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        on = Months([today], received_on=today).posting_date(today)
        parts = _parts(events if void else ())
        keys = {(event.customer_id, _first(event)[0]) for event in events}
        keys |= {(part.customer_id, part.pool_id) for own in parts.values() for part in own}
        lines = pool_books.lock(keys, at)
        done, charged = _done(events), corrected_sums.charges(events)
        acts = [Act(e, charged[e.id], _next_number(e, done[e.id]), on, at) for e in events]
        corrected_draws.carry_out(list(_changes(acts, credits, done, parts, lines)), at)
        return Correction.objects.bulk_create(
            _row(act, credits, void=void, by=by, reason=reason) for act in acts
        )


def _require_drawn(event: UsageEvent) -> None:
    """Refuse what drew nothing, is never given back, or hangs on data that is not here."""
    if event.status != UsageEvent.Status.APPLIED or event.pool is None:
        raise Refusal(
            "correction_of_nothing",
            f"Event {event.key!r} was {event.get_status_display()}: it drew nothing that could be "
            "corrected.",
        )
    if event.source.name == ENTITLEMENTS:
        raise Refusal(
            "entitlement_not_corrected",
            f"Event {event.key!r} paid for access over time, which is not given back. If it was a "
            "mistake of ours, give as many goodwill credits.",
        )
    archiving.require_data(event)


def _changes(
    acts: Sequence[Act],
    credits: int,
    done: Mapping[int, Sequence[Correction]],
    parts: Mapping[int, Sequence[UsagePart]],
    lines: Mapping[pool_books.Key, Line],
) -> Iterator[Change]:
    """What acts change, in further units before the first; `done` are the corrections of before."""
    draws = explain.draws_of([act.event for act in acts])
    for act in acts:
        event = act.event
        pool, unit = _first(event)
        before = [row.credits for row in done[event.id] if row.unit_id == unit]
        had = before[-1] if before else event.credits
        wanted = [(part.pool_id, part.unit_id, part.credits, 0, True) for part in parts[event.id]]
        wanted.append((pool, unit, had, credits, act.number == 1))
        for of_pool, of_unit, drew, costs, first in wanted:
            paid = [draw for draw in draws[event.id] if draw.pool_id == of_pool]
            line = lines[event.customer_id, of_pool]
            yield Change(act, line, paid, of_unit, drew, costs, first)


def _first(event: UsageEvent) -> tuple[int, int]:
    """The ids of the pool that it drew from first, and of its unit."""
    if event.pool is None:
        raise ValueError("what is corrected was drawn")
    return event.pool.id, event.pool.unit_id


def _row(act: Act, credits: int, *, void: bool, by: str, reason: str) -> Correction:
    event = act.event
    return Correction(
        customer_id=event.customer_id,
        event_id=event.id,
        no=act.number,
        unit_id=_first(event)[1],
        credits=credits,
        void=void,
        effective_at=event.event_time,
        recorded_at=act.at,
        corrected_by=by,
        reason=reason,
    )


def _parts(events: Sequence[UsageEvent]) -> dict[int, list[UsagePart]]:
    """What they drew in further units, by their ids; only a void gives that back."""
    found: dict[int, list[UsagePart]] = defaultdict(list)
    for part in UsagePart.objects.filter(**_of(events)).order_by("unit_id"):
        found[part.event_id].append(part)
    return found


def _of(events: Sequence[UsageEvent]) -> dict[str, Any]:
    """The fields of what stands beside these events."""
    return {
        "customer_id__in": {event.customer_id for event in events},
        "event_id__in": [event.id for event in events],
    }


def _cost(event: UsageEvent, quantity: Decimal) -> int | None:
    """The credits of an event of this quantity; None if they hang on more than it, or on others."""
    meter = event.meter
    if meter.rated_unit_id is not None:
        rated = rating.already_rated(quantity, meter.code, meter.rated_unit_id)
        return None if isinstance(rated, str) else int(rated[0].exact)
    rates = corrected_sums.rates(event, corrected_sums.price_book([event]))
    asked = rating.charges(rates, quantity, event.data or {})
    if isinstance(asked, str) or len(asked) != 1 or asked[0].running:
        return None
    return None if any(rate.property for rate in rates) else int(asked[0].exact)


def _done(events: Sequence[UsageEvent]) -> dict[int, list[Correction]]:
    """The corrections of these events, in their order, by the events' ids."""
    found: dict[int, list[Correction]] = defaultdict(list)
    for row in Correction.objects.filter(**_of(events)).order_by("no"):
        found[row.event_id].append(row)
    return found


def _next_number(event: UsageEvent, done: Sequence[Correction]) -> int:
    """The number of the next correction; a void was the last one."""
    if any(row.void for row in done):
        raise Refusal("event_void", f"Event {event.key!r} was voided; that is final.")
    return max((row.no for row in done), default=0) + 1
