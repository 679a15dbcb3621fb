"""Answers whether an action may go ahead: one read before expensive work (a check)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from creditops.lib import sql
from ledger import moving, pool_books, punctuality, resolving
from ledger.line import OBSERVE, SOFT, Line
from ledger.messages import Message
from ledger.models import Pool, PoolState
from ledger.rating import Charge


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


def check(message: Message, at: datetime) -> Verdict:
    """What would become of a usage message if it came at `at`; nothing of it is written or held.

    What is due for its customer is done first, as usage would do it. A running sum's fraction is not
    looked at: a pack counts as its next whole credit.
    """
    waiting = punctuality.catch_up([message], at)
    event = resolving.resolve([message], at, waiting=waiting)[0]
    if event.status:
        return Verdict(False, 0, 0, event.code)
    needed: dict[int, int] = {}
    for charge in event.charges:
        needed[charge.unit_id] = needed.get(charge.unit_id, 0) + _whole(charge)
    verdict = Verdict(True, 0, 0)
    for unit_id, credits in needed.items():
        line = _line(event, unit_id, at)
        available = max(0, line.limit - line.consumed) - line.held if line else 0
        verdict = Verdict(True, credits, available)
        if line is not None and line.rules.enforcement == OBSERVE:
            continue
        if credits and (line is None or credits > line.room()):
            capped = line is not None and line.rules.enforcement == SOFT and line.term_id
            code = moving.OVERAGE_CAP if capped else moving.INSUFFICIENT_CREDITS
            return Verdict(False, credits, available, code)
    return verdict


def standings(pools: list[tuple[int, int]]) -> list[Standing]:
    """These pools, (customer id, pool id) each, right after a batch; one query."""
    rows = sql.rows(
        "ledger",
        "pool_standings",
        customers=[customer for customer, _ in pools],
        pools=[pool for _, pool in pools],
    )
    return [Standing(*row) for row in rows]


def _whole(charge: Charge) -> int:
    return -(-charge.exact.numerator // charge.exact.denominator)


def _line(event: resolving.Event, unit_id: int, at: datetime) -> Line | None:
    """The line of the event's holder in a unit; laid out in memory if its layout is stale."""
    if event.holder is None:
        return None
    where = {"customer_id": event.holder.customer_id, "unit_id": unit_id}
    pool = Pool.objects.filter(holder_id=event.holder.holder_id, **where).first()
    if pool is None:
        return None
    state = PoolState.objects.get(customer_id=pool.customer_id, pool_id=pool.id)
    line = pool_books.line_of(state)
    if not line.stale(at) and not line.scoped:
        return line
    with transaction.atomic():
        line = pool_books.lock([(pool.customer_id, pool.id)])[pool.customer_id, pool.id]
        pool_books.add_detail([line], at)
        line.lay_out(at, "check")
    return line
