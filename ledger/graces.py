"""Does the settling of a grace: what went beyond the balance is paid by a block, or gets a price (Q3, Q5).

Grace use is overage of its period that nothing values yet. Who decides what becomes of it stands on the
floors above. Whatever changes how overage of a term goes on is a row of its own (`OverageBasis`), and the
line is laid out anew with it. Once it has a price, no more may go beyond the balance in that term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from creditops.lib import money, sql
from ledger import books, exchange, messages, moving, pool_books, thresholds
from ledger.line import Layer, Line
from ledger.line import Term as LineTerm
from ledger.models import (
    Block,
    CostLayer,
    Move,
    OverageBasis,
    Pool,
    PoolTerm,
    Term,
    UsageEvent,
)
from ledger.moving import Beyond
from ledger.periods import Months

# The act of the moves that have a block pay for what went beyond the balance.
SETTLED = "grace settled"


@dataclass(frozen=True)
class Owed:
    """Overage of a term, in credits, and what it comes to in minor units."""

    credits: int
    minor: int


def settle(pool: Pool, term: Term, block: Block, *, base: int, at: datetime) -> int:
    """Have a block that was bought pay for the grace use of a term, the oldest first.

    Args:
        block: of the same pool, usable at `at`.
        base: the credits of which the next grace is a share.
        at: the settlement: both sides are effective and posted then.

    Returns the credits that are still beyond the balance.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        on = Months([today], received_on=today).posting_date(today)
        line, running = _locked(pool, term, at, [block.id])
        parts = _parts(pool, term)
        moving.settle(line, running, line.blocks[block.id], parts, at, posting_date=on, act=SETTLED)
        newest = _basis(pool, term)
        _write(line, term, newest, base, newest.layer_id, at, SETTLED)
        running.cap = _cap(line, base, at)
        _lay_out(line, at, SETTLED)
        return running.overage


def settled(event: UsageEvent) -> int:
    """Credits of an event that went beyond the balance and were paid by a block later."""
    moves = Move.objects.filter(customer_id=event.customer_id, event_id=event.id)
    paid = moves.filter(type=Move.Type.CONSUME, act=SETTLED)
    back = moves.filter(type=Move.Type.CONSUME_REVERSAL, of_seq__in=paid.values("seq"))
    moved = [*paid.values_list("credits", flat=True), *back.values_list("credits", flat=True)]
    return int(sum(moved))


def stop(pool: Pool, term: Term, *, reason: str, at: datetime) -> int:
    """Let nothing more go beyond the balance in a term. Returns the credits that did."""
    with transaction.atomic():
        line, running = _locked(pool, term, at, [])
        newest = _basis(pool, term)
        if newest.base:
            _write(line, term, newest, 0, newest.layer_id, at, reason)
            running.cap = 0
            _lay_out(line, at, reason)
        return line.overage(running)


def renew(pool: Pool, *, at: datetime) -> None:
    """Let the next use beyond the balance begin a grace of its own: nothing is left of the last one."""
    with transaction.atomic():
        key = (pool.customer_id, pool.id)
        line = pool_books.lock([key], at)[key]
        pool_books.add_detail([line], at)
        _lay_out(line, at, "grace over")


def value(
    pool: Pool, term: Term, *, credits: int, price_minor: int, currency: str, at: datetime
) -> Owed:
    """Value all overage of a term at the unit price of a plan, each use on its own day, and let nothing
    more go beyond the balance (Q3, Q5).

    Args:
        credits, price_minor, currency: the plan's, per period: a credit costs price / credits.
        at: the instant of the act; a use whose month is closed posts then.

    Returns all overage of the term and what it is worth, however often this is asked.
    """
    with transaction.atomic():
        current = books.current(at)
        months = Months.every_open(received_on=books.date_of(at, current))
        line, running = _locked(pool, term, at, [])
        newest = _basis(pool, term)
        layer = CostLayer.objects.get(customer_id=pool.customer_id, id=newest.layer_id)
        if not layer.cost_minor and price_minor and line.overage(running):
            layer = _priced(pool, credits, price_minor, currency, at)
            line.settle()
            parts = [
                replace(part, posting_date=months.posting_date(part.posting_date))
                for part in _parts(pool, term)
            ]
            moving.value(
                line, running, Layer(layer.id, credits, price_minor), parts, act="grace valued"
            )
        if newest.base or newest.layer_id != layer.id:
            _write(line, term, newest, 0, layer.id, at, "grace valued")
            running.cap = 0
            _lay_out(line, at, "grace valued")
        worth = money.released(
            layer.cost_minor, layer.quantity, line.overage(running), current.rounding
        )
        return Owed(line.overage(running), worth)


def _locked(pool: Pool, term: Term, at: datetime, blocks: list[int]) -> tuple[Line, LineTerm]:
    """The pool's line under its lock, with detail, and its term."""
    key = (pool.customer_id, pool.id)
    line = pool_books.lock([key], at)[key]
    pool_books.add_detail([line], at, blocks=blocks)
    return line, next(known for known in line.terms if known.id == term.id)


@dataclass(frozen=True)
class _Basis:
    no: int
    base: int
    layer_id: int


def _basis(pool: Pool, term: Term) -> _Basis:
    """By what overage of the term goes now: the newest row, else as the period began."""
    rows = OverageBasis.objects.filter(customer_id=pool.customer_id, pool=pool, term=term)
    newest = rows.order_by("-no").first()
    if newest is not None:
        return _Basis(newest.no, newest.base, newest.layer_id)
    begun = PoolTerm.objects.get(customer_id=pool.customer_id, pool=pool, term=term)
    return _Basis(0, begun.commitment, begun.overage_layer_id)


def _parts(pool: Pool, term: Term) -> Sequence[Beyond]:
    """What events drew beyond the balance in the term and did not give back, the oldest first."""
    rows = sql.rows(
        "ledger", "overage_parts", customer=pool.customer_id, pool=pool.id, term=term.id,
        index_bits=messages.INDEX_BITS,
    )  # fmt: skip
    return [Beyond(*row) for row in rows]


def _priced(pool: Pool, credits: int, price_minor: int, currency: str, at: datetime) -> CostLayer:
    made: CostLayer = CostLayer.objects.create(
        customer_id=pool.customer_id,
        kind=CostLayer.Kind.OVERAGE,
        quantity=credits,
        cost_minor=price_minor,
        currency=currency,
        cost_functional_minor=exchange.functional(price_minor, currency, at),
        recorded_at=at,
    )
    return made


def _write(
    line: Line, term: Term, newest: _Basis, base: int, layer_id: int, at: datetime, reason: str
) -> None:
    OverageBasis.objects.create(
        customer_id=line.customer_id,
        pool_id=line.pool_id,
        term=term,
        no=newest.no + 1,
        base=base,
        layer_id=layer_id,
        recorded_at=at,
        reason=reason,
    )


def _cap(line: Line, base: int, at: datetime) -> int:
    """How far use may go beyond the balance on this base, by the settings in force."""
    return pool_books.limits_of([line], at)[line.pool_id].cap(base)


def _lay_out(line: Line, at: datetime, reason: str) -> None:
    line.lay_out(at, reason)
    armings = thresholds.rearm(line, at)
    thresholds.write(thresholds.notice(line, at), armings)
    pool_books.save([line], batch_id=None, recorded_at=at)
