"""Answers what happens beside the line: late draws, corrections, expiry, credits taken back. Pure.

Everything that is not ordinary consumption is a move (L1, L3 to L10). A move settles the line it
touches; whoever makes moves lays the line out again before anything is drawn on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ledger.line import DAILY, HARD, SOFT, Block, Expiry, Layer, Line, Move, Term, in_draw_order

INSUFFICIENT_CREDITS = "insufficient_credits"
OVERAGE_CAP = "overage_cap"
TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Use:
    """A use of credits that wants to be drawn: when it happened, by which meter, how late it came."""

    event_id: int
    time: datetime
    meter_id: int
    late: bool
    posting_date: date
    revenue_class: str
    # It was admitted when its hold was placed: no limit refuses it now (L19).
    captured: bool = False


@dataclass(slots=True)
class Draw:
    """Credits to take from one block, and which of its expiries have to be undone for it."""

    block: Block
    credits: int
    undo: list[tuple[Expiry, int]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """How a use would be paid: from blocks in draw order, the rest as overage of its term."""

    draws: list[Draw]
    overage: int
    term: Term | None


def plan(line: Line, use: Use, credits: int, now: datetime) -> Plan | str:
    """How `credits` of `use` would be paid at processing time `now`, or the code of its refusal.

    Changes nothing. Eligible is what L3 says: in effect at `now`, alive at the event's time, in its
    scope; what expired since, but was alive then, comes back for it (L9). A late use whose time lies
    in a term is never refused for lack of credits or cap: the rest is overage (L8).

    Holds decide whether a use is admitted, not who pays for it: they name no block (L19).
    """
    need = credits
    draws: list[Draw] = []
    for block in in_draw_order(
        (block for block in line.blocks.values() if eligible(block, use, now)),
        expiry_first=line.rules.expiry_first,
    ):
        draw = _draw_from(line, block, use.time, need)
        if draw.credits:
            draws.append(draw)
            need -= draw.credits
        if need == 0:
            break
    term = line.term_at(use.time)
    beyond = need if use.captured else credits - credits_beside_holds(line, use, now)
    if beyond > 0:
        refused = _overage_refused(line, use, term, beyond, now)
        if refused:
            return refused
    return Plan(draws, need, term)


def eligible(block: Block, use: Use, now: datetime) -> bool:
    """Whether `block` may pay for `use` (L3), credits left or not."""
    return (
        block.effective_at <= now
        and block.term_start <= use.time
        and (block.until is None or use.time < block.until)
        and (block.meters is None or use.meter_id in block.meters)
    )


def credits_beside_holds(line: Line, use: Use, now: datetime) -> int:
    """What `use` may take without touching credits on hold: holds count in every check (L19)."""
    total = held_back = 0
    for block in line.blocks.values():
        left = line.left(block)
        if eligible(block, use, now):
            total += left + sum(e.credits for e in block.expiries if e.at > use.time)
        elif block.usable_at(now):
            held_back += left
    return max(0, total - max(0, line.held - held_back))


def carry_out(
    line: Line, use: Use, plan: Plan, *, act: str, correction_no: int | None = None
) -> None:
    """Write the moves of a plan: undone expiries, draws, overage; a plan of nothing leaves the line
    as it is."""
    if not plan.draws and not plan.overage:
        return
    line.settle()
    for draw in plan.draws:
        for expiry, credits in draw.undo:
            _undo_expiry(line, draw.block, expiry, credits, use, act)
        _move(line, "CONSUME", draw.block, plan.term, draw.credits, use, act,
              correction_no=correction_no)  # fmt: skip
    if plan.overage:
        _move(line, "OVERAGE", None, plan.term, plan.overage, use, act,
              correction_no=correction_no)  # fmt: skip


@dataclass(slots=True)
class Drawn:
    """What an event drew and did not give back yet: from one block (None: overage), in one act.

    `of_seq` is the move that drew it, None for its part on the line.
    """

    block: Block | None
    term: Term | None
    credits: int
    of_seq: int | None


def give_back(
    line: Line,
    use: Use,
    drawn: list[Drawn],
    credits: int,
    now: datetime,
    *,
    act: str,
    correction_no: int,
) -> None:
    """Reverse `credits` of an event's draws, last recorded first (L10).

    Credits that come back to a block whose life is over lapse at once.
    """
    line.settle()
    for draw in reversed(drawn):
        if credits == 0:
            return
        back = min(credits, draw.credits)
        credits -= back
        kind = "OVERAGE_REVERSAL" if draw.block is None else "CONSUME_REVERSAL"
        _move(line, kind, draw.block, draw.term, -back, use, act, of_seq=draw.of_seq,
              correction_no=correction_no)  # fmt: skip
        if draw.block is not None and draw.block.expired_by(now):
            expire(line, draw.block, back, posting_date=use.posting_date, act=act)


def expire(line: Line, block: Block, credits: int, *, posting_date: date, act: str) -> None:
    """Let `credits` of `block` lapse at the end of its life (L11)."""
    line.settle()
    at = block.expires_at
    if at is None:
        raise ValueError(f"block {block.id} has no end, so nothing of it can expire")
    line.move_seq += 1
    line.moves.append(
        Move(line.move_seq, "EXPIRE", block, None, credits, at, posting_date, "usage",
             block.layer, block.layer.released, act)
    )  # fmt: skip
    block.expired += credits
    line.expired += credits
    block.layer.released += credits
    block.expiries.append(Expiry(line.move_seq, at, credits))


def revoke(
    line: Line, block: Block, credits: int, at: datetime, *, posting_date: date, act: str
) -> None:
    """Take `credits` of `block` back: void, refund or credit note (V13)."""
    line.settle()
    line.move_seq += 1
    line.moves.append(
        Move(line.move_seq, "REVOKE", block, None, credits, at, posting_date, "usage",
             block.layer, block.layer.released, act)
    )  # fmt: skip
    block.voided += credits
    line.voided += credits
    block.layer.released += credits


@dataclass(frozen=True, slots=True)
class Beyond:
    """What an event drew beyond the balance and has not given back, in one act.

    `of_seq` is the move that drew it, None for its part on the line; `posting_date` is that of the use.
    """

    event_id: int
    credits: int
    of_seq: int | None
    time: datetime
    posting_date: date
    revenue_class: str


def settle(
    line: Line,
    term: Term,
    block: Block,
    parts: Sequence[Beyond],
    at: datetime,
    *,
    posting_date: date,
    act: str,
) -> int:
    """Have `block` pay for overage of `term`, the oldest first, as far as it goes (O3, Q3); both sides
    are effective and posted now. What is left of the last one stays overage.

    Returns the credits that were paid.
    """
    line.settle()
    paid = 0
    for part in parts:
        taken = min(part.credits, line.left(block))
        if not taken:
            break
        use = Use(part.event_id, at, 0, True, posting_date, part.revenue_class)
        _move(line, "OVERAGE_REVERSAL", None, term, -part.credits, use, act, of_seq=part.of_seq)
        _move(line, "CONSUME", block, term, taken, use, act)
        if taken < part.credits:
            _move(line, "OVERAGE", None, term, part.credits - taken, use, act)
        paid += taken
    return paid


def value(line: Line, term: Term, layer: Layer, parts: Sequence[Beyond], *, act: str) -> None:
    """Have `layer` value overage of `term`, all of it and what comes (Q3, Q5), each as of its own use."""
    line.settle()
    dated = [
        (part, Use(part.event_id, part.time, 0, True, part.posting_date, part.revenue_class))
        for part in parts
    ]
    for part, use in dated:
        _move(line, "OVERAGE_REVERSAL", None, term, -part.credits, use, act, of_seq=part.of_seq)
    term.layer = layer
    for part, use in dated:
        _move(line, "OVERAGE", None, term, part.credits, use, act)


def _draw_from(line: Line, block: Block, time: datetime, wanted: int) -> Draw:
    """Take up to `wanted` from what is left, then from expiries after `time`, newest first."""
    taken = min(wanted, line.left(block))
    draw = Draw(block, taken)
    for expiry in reversed(block.expiries):
        if draw.credits == wanted:
            break
        if expiry.at > time and expiry.credits:
            undone = min(wanted - draw.credits, expiry.credits)
            draw.undo.append((expiry, undone))
            draw.credits += undone
    return draw


def _overage_refused(line: Line, use: Use, term: Term | None, need: int, now: datetime) -> str:
    """Why `need` credits beyond the balance and its holds can't be had; empty if they can (L5, L8, O1).

    Holds beyond the balance take their part of the room for overage (S9).
    """
    if term is None or term.layer is None:
        return INSUFFICIENT_CREDITS
    if use.captured:
        return ""
    if use.late:
        if line.rules.enforcement == HARD and not line.rules.late_is_overage:
            return TOO_LATE
        return ""
    if line.rules.enforcement != SOFT:
        return INSUFFICIENT_CREDITS
    held = max(0, line.held - line.balance(now))
    if line.overage(term) + held + need <= line.cap(term, now):
        return ""
    return INSUFFICIENT_CREDITS if term.graced else OVERAGE_CAP


def _undo_expiry(
    line: Line, block: Block, expiry: Expiry, credits: int, use: Use, act: str
) -> None:
    """Bring back expired credits for a use from before they expired; posted with that use (JE-32)."""
    line.move_seq += 1
    line.moves.append(
        Move(line.move_seq, "EXPIRE_REVERSAL", block, None, -credits, expiry.at, use.posting_date,
             use.revenue_class, block.layer, block.layer.released, act, use.event_id,
             of_seq=expiry.seq)
    )  # fmt: skip
    block.expired -= credits
    line.expired -= credits
    block.layer.released -= credits
    expiry.credits -= credits


def _move(
    line: Line,
    kind: str,
    block: Block | None,
    term: Term | None,
    credits: int,
    use: Use,
    act: str,
    *,
    of_seq: int | None = None,
    correction_no: int | None = None,
) -> None:
    """Write a move of usage and keep the counts of block, layer and term."""
    layer = block.layer if block is not None else term.layer if term is not None else None
    if layer is None:
        raise ValueError(f"{kind} of pool {line.pool_id} has neither block nor commitment")
    line.move_seq += 1
    line.moves.append(
        Move(line.move_seq, kind, block, term.id or None if term else None, credits, use.time,
             use.posting_date, use.revenue_class, layer, layer.released, act, use.event_id,
             correction_no, of_seq, use.late)
    )  # fmt: skip
    layer.released += credits
    if block is not None:
        block.used += credits
        line.used += credits
    elif term is not None:
        term.overage += credits
    if term is not None and (block is None or block.kind != DAILY):
        term.counted += credits
