"""Does corrections: an event made smaller, larger or void, effective at its own time (L10).

What it drew is reversed last first; what it lacks is drawn as of its time. The event row stays as it
was: corrections stand beside it, and the draws that remain are computed (`ledger/explain.py`).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from creditops.lib.refusals import Refusal
from ledger import (
    books,
    closed_terms,
    daily_credits,
    explain,
    moving,
    pool_books,
    rating,
    seats,
    tariffs,
    thresholds,
)
from ledger.drawdown import ENTITLED, USAGE
from ledger.line import Line
from ledger.models import Correction, UsageEvent
from ledger.moving import Drawn, Use
from ledger.periods import Months
from ledger.tariffs import CompiledRate


def correct(
    event: UsageEvent, *, credits: int, by: str, reason: str, at: datetime, void: bool = False
) -> Correction:
    """Set an applied event to `credits` in its first unit.

    Args:
        event: as stored.
        credits: the new number, >= 0.
        void: the last word: an event that was voided can't be corrected again.

    Posted on the date of the act; effective at the event's time. Raises Refusal
    `correction_of_nothing` for an event that drew nothing, `event_void`, `entitlement_not_corrected` for
    a flat fee or licences (R6), or what a late use of the
    missing credits would be refused with.
    """
    if event.status != UsageEvent.Status.APPLIED or event.pool is None:
        raise Refusal(
            "correction_of_nothing",
            f"Event {event.key!r} was {event.get_status_display()}: it drew nothing that could be "
            "corrected.",
        )
    if _revenue_class(event) == ENTITLED:
        raise Refusal(
            "entitlement_not_corrected",
            f"Event {event.key!r} paid for access over time, which is not given back.",
        )
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        months = Months([today], received_on=today)
        key = (event.customer_id, event.pool.id)
        line = pool_books.lock([key], at)[key]
        number = _next_number(event)
        use = Use(
            event_id=event.id,
            time=event.event_time,
            meter_id=event.meter_id,
            late=True,
            posting_date=months.posting_date(today),
            revenue_class=_revenue_class(event),
        )
        _move(line, event, use, credits, number, at)
        made = Correction.objects.create(
            customer_id=event.customer_id,
            event_id=event.id,
            no=number,
            unit_id=event.pool.unit_id,
            credits=credits,
            void=void,
            effective_at=event.event_time,
            recorded_at=at,
            corrected_by=by,
            reason=reason,
        )
    return made


def correct_quantity(
    event: UsageEvent, *, quantity: Decimal, by: str, reason: str, at: datetime
) -> Correction:
    """Set an applied event to what `quantity` costs by the rates that priced it.

    Raises Refusal `correction_in_credits` for an event that has no price of its own: packs draw
    from a running sum, and priced properties have quantities each. Then as `correct`.
    """
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


def _move(line: Line, event: UsageEvent, use: Use, credits: int, number: int, at: datetime) -> None:
    """Give back or draw the difference, and lay the line out anew."""
    drawn = [draw for draw in explain.draws(event) if draw.pool_id == line.pool_id]
    pool_books.add_detail(
        [line],
        at,
        horizons={line.pool_id: event.event_time},
        blocks=[draw.block_id for draw in drawn if draw.block_id is not None],
    )
    renewed = daily_credits.bring_up_to_date([line], at)
    before = explain.credits(event)
    act = f"correction {number}"
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
            act=act,
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
        moving.carry_out(line, use, plan, act=act, correction_no=number)
    seats.correct(line, event, credits - before)
    if line.moved or renewed:
        line.lay_out(at, "correction")
        thresholds.write(thresholds.notice(line, at))
        pool_books.save([line], batch_id=None, recorded_at=at)
        closed_terms.announce([line], group=event.customer.code, at=at)


def _revenue_class(event: UsageEvent) -> str:
    posted = explain.posted_as(event)
    return USAGE if posted is None else posted[1]


def _cost(event: UsageEvent, quantity: Decimal) -> int | None:
    """The credits of an event of this quantity; None if they hang on more than it, or on others."""
    data, meter = event.data or {}, event.meter
    rates = _rates(event)
    if meter.rated_unit_id is not None:
        charged = rating.already_rated(quantity, meter.code, meter.rated_unit_id)
    else:
        charged = rating.charges(rates, quantity, data)
    if isinstance(charged, str) or len(charged) != 1 or charged[0].running:
        return None
    return None if any(rate.property for rate in rates) else int(charged[0].exact)


def _rates(event: UsageEvent) -> list[CompiledRate]:
    """The rates that priced the event, by the customer's choices too."""
    if event.tariff_id is None:
        return []
    book = tariffs.PriceBook([event.holder_id], [event.customer_id])
    asked = (event.meter_id, event.data or {})
    return book.rates(event.holder_id, tariffs.compiled(event.tariff_id), asked, event.event_time)


def _next_number(event: UsageEvent) -> int:
    """The number of the next correction; a void was the last one."""
    done = Correction.objects.filter(customer_id=event.customer_id, event_id=event.id)
    if done.filter(void=True).exists():
        raise Refusal("event_void", f"Event {event.key!r} was voided; that is final.")
    return (done.aggregate(no=Max("no"))["no"] or 0) + 1
