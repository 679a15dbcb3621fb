"""Does holds: credits set aside before work begins, captured as an event or given back (L19).

A hold takes no block; it lowers what its pool has available, for every check, hold and draw. It ends
once: captured, released, or lapsed at its own end, whenever that is recorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Customer
from creditops.lib import due
from creditops.lib.refusals import NotFound, Refusal
from ledger import (
    availability,
    daily_credits,
    end_users,
    hold_ends,
    holders,
    limits,
    messages,
    metering,
    moving,
    pool_books,
    punctuality,
    resolving,
    seats,
    thresholds,
)
from ledger.line import Line
from ledger.messages import Message
from ledger.models import CreditUnit, Hold, HoldEnd, Holder, Pool, UserName
from ledger.resolving import Event

LAPSE = "ledger.lapse_holds"
LONGEST = timedelta(days=1)

OPEN = "open"
_REASONS = {
    moving.INSUFFICIENT_CREDITS: "there are only {available:,} credits",
    moving.OVERAGE_CAP: "with them the overage cap would be passed",
    seats.SEAT_LIMIT: "there are only {available:,} left for this user this month",
}


def place(message: Message, *, code: str, lasts: timedelta, by: str, at: datetime) -> Hold:
    """Set aside what a usage message would cost.

    Args:
        message: the work that is to come: whose, which meter (or credits), how much, for which user.
        code: the hold's name, unique under the customer; the same hold again is returned as it is.
        lasts: until it lapses; a second to a day.
        by: who asks, for the record.
        at: the hold's instant; a capture counts as used then.

    Admission is that of an event of this instant, overage included (S9, L18, L19). Raises Refusal
    with the code that such an event would get, `hold_of_nothing`, `hold_in_two_units`,
    `hold_length`, or `hold_conflict` where the code names another hold.
    """
    if not timedelta(seconds=1) <= lasts <= LONGEST:
        raise Refusal("hold_length", "A hold lasts from 1 to 86,400 seconds.", unreadable=True)
    waiting = punctuality.catch_up(message.named(), at)
    try:
        with transaction.atomic():
            return _place(message, waiting, code, lasts, by, at)
    except IntegrityError as error:
        if "ledger_hold_code_once" not in str(error):
            raise
        raise _conflict(code) from error


def capture(hold: Hold, message: Message, *, origin: str, at: datetime) -> Hold:
    """Turn a hold into the usage event that it was placed for, as of the hold's instant.

    Args:
        hold: open; what it held beyond the event is free again.
        message: the work that was done; customer, contract, user and time are the hold's.
        origin: who reports it, for the record.

    The event is not refused within what was held plus `hold_over_pct`; more is, and so is a hold
    that ended: Refusal `hold_exceeded`, `hold_ended`. The same capture again changes nothing; an
    event under this id that is another one: `capture_conflict`. Raises `capture_refused` where the
    event can't be rated, or credits without a contract went with a block that ended.
    """
    message = _as_of(hold, message)
    punctuality.catch_up(message.named(), at)
    with transaction.atomic():
        outcome = metering.accept([message], at=at, origin=origin, hold=hold).outcomes[0]
        ended = hold_ends.of(hold)
        repeated = outcome.status == messages.DUPLICATE and ended is not None
        if repeated and outcome.uid == event_by(ended):
            return hold
        if outcome.status in (messages.DUPLICATE, messages.CONFLICT):
            raise Refusal(
                "capture_conflict",
                f"Event {outcome.key!r} of source {outcome.source!r} was reported already, and not "
                "by this capture. Give the event an id of its own.",
            )
        hold_ends.must_be_open(hold, at)
        if outcome.status not in (messages.APPLIED, messages.RECORDED):
            raise Refusal(
                "capture_refused",
                f"Hold {hold.code!r} can't be captured so: {outcome.code or outcome.status}.",
            )
        _check_size(hold, outcome.credits or 0, at)
        _, _, event = outcome.uid.partition("-")
        _end(hold, HoldEnd.Act.CAPTURE, at, event_id=int(event))
    return hold


def release(hold: Hold, *, at: datetime) -> Hold:
    """Give a hold's credits back. One that was released or has lapsed stays as it is.

    Raises Refusal `hold_ended` for one that was captured.
    """
    with transaction.atomic():
        lines = pool_books.lock([(hold.customer_id, hold.pool_id)], at)
        ended = hold_ends.of(hold)
        if ended is None or ended.act == HoldEnd.Act.CAPTURE:
            hold_ends.give_back(hold, lines, at)
            _end(hold, HoldEnd.Act.RELEASE, at)
    return hold


def lapse_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: end the holds of pool `<customer>-<pool>` that are over."""
    customer, pool = map(int, subject.split("-"))
    with transaction.atomic():
        pool_books.lock([(customer, pool)], recorded_at)


def find(uid: str) -> Hold:
    """The hold of this name, `<customer>-<hold>`. Raises NotFound."""
    customer, _, number = uid.partition("-")
    found = None
    if all(part.isdecimal() and part.isascii() and len(part) < 19 for part in (customer, number)):
        found = _stored().filter(customer_id=int(customer), id=int(number)).first()
    if found is None:
        raise NotFound("hold", uid)
    return found


def uid(hold: Hold) -> str:
    """The name by which a hold is asked for: `<customer>-<hold>`."""
    return messages.uid(hold.customer_id, hold.id)


def state(hold: Hold, at: datetime) -> str:
    """`open`, or how it ended: `captured`, `released`, `lapsed`."""
    return state_by(hold, hold_ends.of(hold), at)


def state_by(hold: Hold, ended: HoldEnd | None, at: datetime) -> str:
    """The same, where its end was read already."""
    if ended is not None:
        return str(ended.get_act_display())
    return OPEN if at < hold.expires_at else str(HoldEnd.Act.LAPSE.label)


def event_of(hold: Hold) -> str | None:
    """The uid of the event that captured it."""
    return event_by(hold_ends.of(hold))


def customer_of(hold: Hold) -> Customer:
    """Who asked for it: a child of the family, or its root."""
    if hold.member_id is None:
        root: Customer = hold.customer
        return root
    return Customer.objects.get(id=hold.member_id)


def of_customer(customer: Customer, *, at: datetime, state: str | None = None) -> QuerySet[Hold]:
    """A customer's holds; of a child its own, of a root those of its whole family.

    Args:
        state: only those that are in it at `at`, as `state` says it; a hold that is over has lapsed,
            whether that is recorded or not.
    """
    rows = _stored().filter(customer_id=customer.root_id)
    if customer.parent_id:
        rows = rows.filter(member_id=customer.pk)
    if state is None:
        return rows
    ended = HoldEnd.objects.filter(customer_id=OuterRef("customer_id"), hold_id=OuterRef("id"))
    if state == OPEN:
        return rows.filter(~Exists(ended), expires_at__gt=at)
    acts = {str(label): value for value, label in HoldEnd.Act.choices}
    so = Q(Exists(ended.filter(act=acts[state])))
    if acts[state] == HoldEnd.Act.LAPSE:
        so |= Q(~Exists(ended), expires_at__lte=at)
    return rows.filter(so)


def open_in(customer_id: int, pool_ids: Collection[int], at: datetime) -> list[Hold]:
    """The open holds of pools of one customer, by their end."""
    over = HoldEnd.objects.filter(customer_id=customer_id).values("hold_id")
    return list(
        _stored()
        .filter(customer_id=customer_id, pool_id__in=list(pool_ids), expires_at__gt=at)
        .exclude(id__in=over)
        .order_by("expires_at", "id")
    )


def _place(
    message: Message,
    waiting: Mapping[int, datetime],
    code: str,
    lasts: timedelta,
    by: str,
    at: datetime,
) -> Hold:
    event = resolving.resolve_one(message, at, waiting=waiting)
    pool, credits = _asked(event, at)
    line = pool_books.lock([(pool.customer_id, pool.id)], at)[pool.customer_id, pool.id]
    known = _stored().filter(customer_id=pool.customer_id, code=code).first()
    if known is not None:
        return _same(known, pool, credits, lasts)
    _bring_up_to_date(line, pool, at)
    verdict = availability.judge(event, line, credits, at)
    if not verdict.allowed:
        reason = _REASONS[verdict.reason].format(available=verdict.available)
        raise Refusal(verdict.reason, f"{credits:,} credits can't be held: {reason}.")
    line.held += credits
    line.lapse_at = min(line.lapse_at or at + lasts, at + lasts)
    pool_books.save([line], batch_id=None, recorded_at=at)
    held = Hold.objects.create(
        customer_id=pool.customer_id,
        pool=pool,
        code=code,
        credits=credits,
        member_id=event.member_id,
        user_id=end_users.number(pool.customer_id, message.user),
        held_at=at,
        expires_at=at + lasts,
        recorded_at=at,
        placed_by=by,
    )
    due.plan(
        LAPSE,
        f"{pool.customer_id}-{pool.id}",
        held.expires_at,
        rank=due.EXPIRY,
        group=pool.customer.code,
    )
    return held


def _asked(event: Event, at: datetime) -> tuple[Pool, int]:
    """The pool and the credits that the work to come asks for; the pool is made if it is new."""
    holder = event.holder
    if event.status or holder is None:
        raise Refusal(event.code, f"What is to be held can't be rated: {event.code}.")
    asked = {unit: credits for unit, credits in availability.needed(event).items() if credits}
    if not asked:
        raise Refusal("hold_of_nothing", "This costs nothing, so there is nothing to hold.")
    if len(asked) > 1:
        raise Refusal(
            "hold_in_two_units",
            "This draws several credit units. Place a hold for each, in credits.",
        )
    [(unit, credits)] = asked.items()
    row = Holder.objects.get(customer_id=holder.customer_id, id=holder.holder_id)
    return holders.pool(row, CreditUnit.objects.get(id=unit), at), credits


def _same(known: Hold, pool: Pool, credits: int, lasts: timedelta) -> Hold:
    """The hold that a code names already, if it is the same one."""
    if (known.pool_id, known.credits, known.expires_at - known.held_at) != (
        pool.id,
        credits,
        lasts,
    ):
        raise _conflict(known.code)
    return known


def _conflict(code: str) -> Refusal:
    return Refusal("hold_conflict", f"There is another hold {code!r} already. Choose another id.")


def _bring_up_to_date(line: Line, pool: Pool, at: datetime) -> None:
    """Lay the line out where its layout is not the right one any more."""
    if line.stale(at) or line.scoped:
        pool_books.add_detail([line], at)
    if line.stale(at):
        daily_credits.bring_up_to_date([line], at)
        line.lay_out(at, "due")
        thresholds.watch(line, at)
    seats.Seats(at).begin([line], pool.holder.time_zone, ())


def _as_of(hold: Hold, message: Message) -> Message:
    """The message of a capture: the hold's customer, holder, user and instant."""
    holder = hold.pool.holder
    user = UserName.objects.filter(customer_id=hold.customer_id, id=hold.user_id or 0).first()
    return dataclasses.replace(
        message,
        customer=customer_of(hold).code,
        contract=holder.code,
        account=None,
        time=hold.held_at,
        user=None if user is None else user.name,
    )


def _check_size(hold: Hold, credits: int, at: datetime) -> None:
    holder = hold.pool.holder
    key = limits.key_of(holder, holder.customer.code)
    allowed = limits.of([key], at)[holder.id].largest_capture(hold.credits)
    if credits > allowed:
        raise Refusal(
            "hold_exceeded",
            f"{credits:,} credits were used, but at most {allowed:,} can be captured by a hold of "
            f"{hold.credits:,}. Capture those, and report the rest as an event of its own.",
        )


def _end(hold: Hold, act: HoldEnd.Act, at: datetime, *, event_id: int | None = None) -> None:
    HoldEnd.objects.create(
        customer_id=hold.customer_id,
        hold_id=hold.id,
        act=act,
        captured_event_id=event_id,
        recorded_at=at,
    )


def event_by(ended: HoldEnd | None) -> str | None:
    """The uid of the event that ended a hold so."""
    if ended is None or ended.captured_event_id is None:
        return None
    return messages.uid(ended.customer_id, ended.captured_event_id)


def _stored() -> QuerySet[Hold]:
    return Hold.objects.select_related("pool__holder__customer", "pool__unit", "customer")
