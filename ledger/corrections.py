"""Does corrections: an event made smaller, larger or void, effective at its own time (L10).

What it drew is reversed last first; what it lacks is drawn as of its time. The event row stays as it
was: corrections stand beside it, and the draws that remain are computed (`ledger/explain.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, QuerySet

from creditops.lib.refusals import Refusal
from ledger import (
    archiving,
    books,
    closed_terms,
    corrected_sums,
    daily_credits,
    explain,
    moving,
    pool_books,
    rating,
    seats,
    thresholds,
)
from ledger.drawdown import AGENT, USAGE
from ledger.line import Line
from ledger.messages import ENTITLEMENTS
from ledger.models import Correction, Rate, UsageEvent, UsagePart
from ledger.moving import Drawn, Use
from ledger.periods import Months
from ledger.rating import Charge


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
    others = list(_parts(event)) if void else []
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        on = Months([today], received_on=today).posting_date(today)
        pools = [event.pool.id, *(part.pool_id for part in others)]
        lines = pool_books.lock([(event.customer_id, pool) for pool in pools], at)
        number = _next_number(event)
        first = number == 1
        act = _Act(event, corrected_sums.charges(event), by, reason, on, at)
        for part in others:
            line = lines[event.customer_id, part.pool_id]
            _move(act, line, part.unit_id, part.credits, 0, number=number, first=True)
        line, unit_id = lines[event.customer_id, event.pool.id], event.pool.unit_id
        before = explain.credits(event)
        _move(act, line, unit_id, before, credits, number=number, first=first)
        return _write(act, unit_id, credits=credits, number=number, void=void)


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
    return correct(event, credits=0, by=by, reason=reason, at=at, void=True)


@dataclass(frozen=True)
class _Act:
    """A correction on its way: of what, charged for what, by whom, why, posted on which date, when."""

    event: UsageEvent
    charged: Sequence[Charge]
    by: str
    reason: str
    posting_date: date
    at: datetime


def _move(
    act: _Act, line: Line, unit_id: int, before: int, credits: int, *, number: int, first: bool
) -> None:
    """Give back or draw the difference in one unit, and lay its line out anew."""
    event, at, name = act.event, act.at, f"correction {number}"
    corrected_sums.correct(
        event, act.charged, pool_id=line.pool_id, unit_id=unit_id, drew=before, credits=credits,
        first=first, on=act.posting_date, at=at,
    )  # fmt: skip
    if before == credits == 0:
        return
    drawn = [draw for draw in explain.draws(event) if draw.pool_id == line.pool_id]
    pool_books.add_detail(
        [line],
        at,
        horizons={line.pool_id: event.event_time},
        blocks=[draw.block_id for draw in drawn if draw.block_id is not None],
    )
    renewed = daily_credits.bring_up_to_date([line], at)
    use = Use(
        event_id=event.id,
        time=event.event_time,
        meter_id=event.meter_id,
        late=True,
        posting_date=act.posting_date,
        revenue_class=_revenue_class(act, unit_id),
    )
    if credits < before:
        moving.give_back(
            line,
            use,
            [
                Drawn(
                    None if draw.block_id is None else line.blocks[draw.block_id],
                    next((t for t in line.terms if t.id == (draw.term_id or 0)), None),
                    draw.credits,
                    draw.of_seq,
                )
                for draw in drawn
            ],
            before - credits,
            at,
            act=name,
            correction_no=number,
        )
    elif credits > before:
        plan = moving.plan(line, use, credits - before, at)
        if isinstance(plan, str):
            raise Refusal(
                plan,
                f"Only part of the {credits - before:,} missing credits is there; "
                "nothing was corrected.",
            )
        moving.carry_out(line, use, plan, act=name, correction_no=number)
    seats.correct(line, event, credits - before)
    _save(line, event, at, renewed=renewed)


def _save(line: Line, event: UsageEvent, at: datetime, *, renewed: bool) -> None:
    moved = line.moved
    if moved or renewed:
        line.lay_out(at, "correction")
        thresholds.watch(line, at)
        if moved:
            thresholds.write(thresholds.notice(line, at))
        pool_books.save([line], batch_id=None, recorded_at=at)
        closed_terms.announce([line], group=event.customer.code, at=at)


def _write(act: _Act, unit_id: int, *, credits: int, number: int, void: bool = False) -> Correction:
    return Correction.objects.create(
        customer_id=act.event.customer_id,
        event_id=act.event.id,
        no=number,
        unit_id=unit_id,
        credits=credits,
        void=void,
        effective_at=act.event.event_time,
        recorded_at=act.at,
        corrected_by=act.by,
        reason=act.reason,
    )


def _parts(event: UsageEvent) -> QuerySet[UsagePart]:
    """What it drew in further units; only a void gives that back."""
    parts = UsagePart.objects.filter(customer_id=event.customer_id, event_id=event.id)
    return parts.order_by("unit_id")


def _revenue_class(act: _Act, unit_id: int) -> str:
    """The class of the event's use of a unit, by what it is: where it drew nothing no row tells it."""
    agents = (c.role == Rate.Role.AGENT for c in act.charged if c.unit_id == unit_id)
    return AGENT if any(agents) else USAGE


def _cost(event: UsageEvent, quantity: Decimal) -> int | None:
    """The credits of an event of this quantity; None if they hang on more than it, or on others."""
    meter = event.meter
    if meter.rated_unit_id is not None:
        rated = rating.already_rated(quantity, meter.code, meter.rated_unit_id)
        return None if isinstance(rated, str) else int(rated[0].exact)
    rates = corrected_sums.rates(event)
    asked = rating.charges(rates, quantity, event.data or {})
    if isinstance(asked, str) or len(asked) != 1 or asked[0].running:
        return None
    return None if any(rate.property for rate in rates) else int(asked[0].exact)


def _next_number(event: UsageEvent) -> int:
    """The number of the next correction; a void was the last one."""
    done = Correction.objects.filter(customer_id=event.customer_id, event_id=event.id)
    if done.filter(void=True).exists():
        raise Refusal("event_void", f"Event {event.key!r} was voided; that is final.")
    return (done.aggregate(no=Max("no"))["no"] or 0) + 1
