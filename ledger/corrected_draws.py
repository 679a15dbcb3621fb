"""Does what corrections move: credits given back to who paid, or drawn as of the event's time (L10).

Many corrections go together: their pools are read and laid out anew once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib.refusals import Refusal
from ledger import (
    closed_terms,
    corrected_sums,
    daily_credits,
    explain,
    moving,
    pool_books,
    seats,
    thresholds,
)
from ledger.drawdown import AGENT, USAGE
from ledger.line import Line
from ledger.models import Rate, UsageEvent
from ledger.moving import Drawn, Use
from ledger.rating import Charge


@dataclass(frozen=True, slots=True)
class Act:
    """A correction on its way: of what, charged for what, its number among the event's, on which posting
    date, and when."""

    event: UsageEvent
    charged: Sequence[Charge]
    number: int
    posting_date: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What an act changes in one pool: who paid before, the credits of before and after, and whether that
    was never corrected yet."""

    act: Act
    line: Line
    drawn: Sequence[explain.Draw]
    unit_id: int
    before: int
    after: int
    first: bool


def carry_out(changes: Sequence[Change], at: datetime) -> None:
    """Carry changes out, one after the other, and write what they moved.

    Args:
        changes: in locked pools.
        at: when they are recorded.

    Raises Refusal where credits that an event lacks are not there.
    """
    renewed = _add_detail(changes, at)
    for change in changes:
        _move(change)
    _save(changes, renewed, at)


def _add_detail(changes: Sequence[Change], at: datetime) -> set[int]:
    """Read what the changed lines need; returns the pools whose daily credits were behind."""
    moved = [change for change in changes if change.before or change.after]
    horizons: dict[int, datetime] = {}
    for change in moved:
        pool, time = change.line.pool_id, change.act.event.event_time
        horizons[pool] = min(time, horizons.get(pool, time))
    blocks = {d.block_id for c in moved for d in c.drawn if d.block_id is not None}
    touched = {change.line.pool_id: change.line for change in moved}
    pool_books.add_detail(touched.values(), at, horizons=horizons, blocks=sorted(blocks))
    return {pool for pool, line in touched.items() if daily_credits.bring_up_to_date([line], at)}


def _move(change: Change) -> None:
    """Give back or draw the difference."""
    act, line, before, after = change.act, change.line, change.before, change.after
    corrected_sums.correct(
        act.event, act.charged, pool_id=line.pool_id, unit_id=change.unit_id, drew=before,
        credits=after, first=change.first, on=act.posting_date, at=act.at,
    )  # fmt: skip
    if before == after == 0:
        return
    use = Use(
        event_id=act.event.id,
        time=act.event.event_time,
        meter_id=act.event.meter_id,
        late=True,
        posting_date=act.posting_date,
        revenue_class=_revenue_class(act, change.unit_id),
    )
    if after < before:
        _give_back(change, use)
    elif after > before:
        _draw(change, use)
    seats.correct(line, act.event, after - before)


def _give_back(change: Change, use: Use) -> None:
    line = change.line
    drawn = [
        Drawn(
            None if draw.block_id is None else line.blocks[draw.block_id],
            next((t for t in line.terms if t.id == (draw.term_id or 0)), None),
            draw.credits,
            draw.of_seq,
        )
        for draw in change.drawn
    ]
    number = change.act.number
    moving.give_back(
        line, use, drawn, change.before - change.after, change.act.at,
        act=_name(number), correction_no=number,
    )  # fmt: skip


def _draw(change: Change, use: Use) -> None:
    number = change.act.number
    plan = moving.plan(change.line, use, change.after - change.before, change.act.at)
    if isinstance(plan, str):
        raise Refusal(
            plan,
            f"Only part of the {change.after - change.before:,} missing credits is there; "
            "nothing was corrected.",
        )
    moving.carry_out(change.line, use, plan, act=_name(number), correction_no=number)


def _name(number: int) -> str:
    return f"correction {number}"


def _save(changes: Sequence[Change], renewed: Collection[int], at: datetime) -> None:
    """Lay the lines out anew of which something changed, and write them; `renewed` pools got daily
    credits."""
    touched = {change.line.pool_id: change.line for change in changes}
    lines = {pool: line for pool, line in touched.items() if line.moved or line.pool_id in renewed}
    moved = [line for line in lines.values() if line.moved]
    crossings = []
    for line in lines.values():
        line.lay_out(at, "correction")
        thresholds.watch(line, at)
    for line in moved:
        crossings += thresholds.notice(line, at)
    thresholds.write(crossings)
    if lines:
        pool_books.save(lines.values(), batch_id=None, recorded_at=at)
    codes = {change.line.customer_id: change.act.event.customer.code for change in changes}
    for line in lines.values():
        closed_terms.announce([line], group=codes[line.customer_id], at=at)


def _revenue_class(act: Act, unit_id: int) -> str:
    """The class of the event's use of a unit, by what it is: where it drew nothing no row tells it."""
    agents = (c.role == Rate.Role.AGENT for c in act.charged if c.unit_id == unit_id)
    return AGENT if any(agents) else USAGE
