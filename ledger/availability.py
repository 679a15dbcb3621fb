"""Answers whether an action may go ahead: one read before expensive work (a check)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from creditops.lib import sql
from ledger import daily_credits, locked_pools, moving, pool_books, punctuality, resolving
from ledger.line import OBSERVE, Line
from ledger.messages import Message
from ledger.models import Holder, Pool, PoolState
from ledger.rating import Charge
from ledger.resolving import Event
from ledger.seats import SEAT_LIMIT, Seats, Use, seat_of


@dataclass(frozen=True)
class Verdict:
    """Whether usage would be accepted now. `credits` it would cost, `available` before it, both in
    the unit that decides; `reason` a code where it would not."""

    allowed: bool
    credits: int
    available: int
    reason: str = ""


@dataclass(frozen=True)
class Standing:
    """A pool as answers to events show it."""

    customer: str
    contract: str
    unit: str
    available: int
    overage: int


@dataclass(frozen=True)
class SeatStanding:
    """A user's seat in a pool, in the running month: of its allowance `used` and `held`.

    `available` is what the user may use: the smaller of what is left of the seat and of the pool.
    """

    user: str
    allowance: int
    used: int
    held: int
    available: int


def check(message: Message, at: datetime) -> Verdict:
    """What would become of a usage message if it came at `at`; nothing of it is written or held.

    What is due for its customer is done first, as usage would do it. A running sum's fraction is not
    looked at: a pack counts as its next whole credit.
    """
    waiting = punctuality.catch_up(message.named(), at)
    event = resolving.resolve_one(message, at, waiting=waiting)
    if event.status:
        return Verdict(False, 0, 0, event.code)
    verdict = Verdict(True, 0, 0)
    asked = needed(event)
    lines = _lines(event, asked, at)
    for unit_id, credits in asked.items():
        verdict = judge(event, lines.get(unit_id), credits, at)
        if not verdict.allowed:
            return verdict
    return verdict


def needed(event: Event) -> dict[int, int]:
    """The whole credits per unit that an event would cost at most."""
    found: dict[int, int] = {}
    for charge in event.charges:
        found[charge.unit_id] = found.get(charge.unit_id, 0) + _whole(charge)
    return found


def judge(event: Event, line: Line | None, credits: int, at: datetime) -> Verdict:
    """Whether an event that costs `credits` of a line may go ahead at `at`: for checks and holds alike.

    Args:
        event: resolved, of this instant.
        line: laid out for `at`, with detail where its counters don't tell; None: there is no pool yet.
    """
    if line is None:
        return _verdict(moving.INSUFFICIENT_CREDITS if credits else "", credits, 0)
    available = max(0, line.limit - line.consumed - line.held)
    if line.rules.enforcement == OBSERVE:
        return _verdict("", credits, available)
    left = _seat_left(event, line, at)
    if left is not None and credits > left:
        return _verdict(SEAT_LIMIT, credits, min(available, left))
    return _verdict(
        _shortage(event, line, credits, at),
        credits,
        available if left is None else min(available, left),
    )


def seats(pools: Sequence[Pool], user: str, at: datetime) -> dict[int, SeatStanding]:
    """The seats that a user has in these pools, by pool id; missing where everybody has the pool."""
    found = {}
    asked = {"customer_id__in": {p.customer_id for p in pools}, "pool__in": [p.id for p in pools]}
    states = PoolState.objects.filter(**asked).in_bulk()
    for pool in pools:
        line = _line(states[pool.id], pool.holder.time_zone, at)
        book, seat = Seats(at), seat_of(line, at, user, pool.holder.time_zone)
        book.read([(line, seat)])
        left, use = book.left(line, seat), book.uses.get(seat, Use())
        if left is not None and line.rules.seat_allowance is not None:
            own = min(left, max(0, line.limit - line.consumed - line.held))
            found[pool.id] = SeatStanding(user, line.rules.seat_allowance, use.used, use.held, own)
    return found


def standings(pools: list[tuple[int, int]]) -> list[Standing]:
    """These pools, (customer id, pool id) each, right after a batch; one query."""
    rows = sql.rows(
        "ledger",
        "pool_standings",
        customers=[customer for customer, _ in pools],
        pools=[pool for _, pool in pools],
    )
    return [Standing(*row) for row in rows]


def _verdict(refused: str, credits: int, available: int) -> Verdict:
    return Verdict(not refused, credits, available, refused)


def _shortage(event: Event, line: Line, credits: int, at: datetime) -> str:
    """Why a line can't give so many credits; empty if it can."""
    if line.scoped and line.detailed:
        use = moving.Use(0, event.time, event.meter_id, event.late, at.date(), "")
        planned = moving.plan(line, use, credits, at)
        return planned if isinstance(planned, str) else ""
    course = line.course_of(event.meter_id)
    if not credits or (course is not None and line.gives(course, credits)):
        return ""
    graced = event.holder is not None and event.holder.kind == Holder.Kind.SUBSCRIPTION
    capped = line.overage_cap is not None and not graced
    return moving.OVERAGE_CAP if capped else moving.INSUFFICIENT_CREDITS


def _seat_left(event: Event, line: Line, at: datetime) -> int | None:
    """What is left of the seat of the event's user; None where there are no seats."""
    # Without an allowance nothing limits a seat, so nothing need be read.
    if not event.message.user or event.holder is None or line.rules.seat_allowance is None:
        return None
    book, seat = Seats(at), seat_of(line, at, event.message.user, event.holder.time_zone)
    book.read([(line, seat)])
    return book.left(line, seat)


def _whole(charge: Charge) -> int:
    return -(-charge.exact.numerator // charge.exact.denominator)


def _lines(event: Event, asked: Mapping[int, int], at: datetime) -> dict[int, Line]:
    """The lines of the event's holder by unit, as they stand at `at`; one read of their states.

    Args:
        asked: how many credits of each unit.

    A scope that has less left than is asked for is paid for by several blocks, which takes all detail.
    """
    if event.holder is None:
        return {}
    states = PoolState.objects.filter(
        customer_id=event.holder.customer_id,
        pool__customer_id=event.holder.customer_id,
        pool__holder_id=event.holder.holder_id,
        pool__unit_id__in=list(asked),
    )
    zone, lines = event.holder.time_zone, {}
    for state in states.annotate(unit=F("pool__unit_id")):
        line = _line(state, zone, at)
        if line.scoped and not line.detailed:
            locked_pools.add_scopes(line)
            course, credits = line.course_of(event.meter_id), asked[state.unit]
            if course is None or (course is not line and not line.gives(course, credits)):
                line = _laid_out(line, zone, at)
        lines[state.unit] = line
    return lines


def _line(state: PoolState, zone: str, at: datetime) -> Line:
    """A pool's line; laid out in memory where its layout is stale, holds that are over given back."""
    line = locked_pools.line_of(state)
    lapsed = line.lapse_at is not None and line.lapse_at <= at
    uncounted = line.rules.seat_allowance is not None and line.seats_since is None
    return _laid_out(line, zone, at) if line.stale(at) or lapsed or uncounted else line


def _laid_out(line: Line, zone: str, at: datetime) -> Line:
    """The same line with all detail, laid out in memory for `at`."""
    with transaction.atomic():
        key = (line.customer_id, line.pool_id)
        line = pool_books.lock([key], at)[key]
        pool_books.add_detail([line], at)
        daily_credits.imagine([line], at)
        line.lay_out(at, "check")
        Seats(at).begin([line], zone, ())
    return line
