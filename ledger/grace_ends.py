"""Answers when a grace began and ends, and leaves due work for its end (Q2, X21).

It begins with the first use that goes beyond the balance, and ends after the hours that were set then,
when all that it allows is used, or with the period, whichever comes first. The end of a period is due
work of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from creditops.lib import due
from ledger import balances, limits
from ledger.models import Holder, Pool, Term, ThresholdCrossing

BEGAN, USED_UP = "GRACE_BEGAN", "GRACE_USED"
NAMES = (BEGAN, USED_UP)

# Due work: a grace is told, a grace ends. The subject is `<customer id>-<id of the crossing>`.
TELL, END = "ledger.grace_began", "ledger.grace_end"


@dataclass(frozen=True)
class Grace:
    """A grace: the crossing with which it began, in which term of which pool, and when it ends at last."""

    crossing: ThresholdCrossing
    pool: Pool
    term: Term
    ends_at: datetime

    @property
    def began_at(self) -> datetime:
        """When the first use went beyond the balance."""
        began: datetime = self.crossing.crossed_at
        return began

    @property
    def credits(self) -> int:
        """What went beyond the balance in its period and is not settled, now."""
        return balances.overage_of(self.pool, self.term)


def leave(crossings: Iterable[ThresholdCrossing]) -> None:
    """Leave due work for the graces that begin with these crossings, or are used up by them."""
    for crossing in crossings:
        if crossing.threshold == BEGAN:
            grace = of_crossing(crossing)
            group = grace.pool.customer.code
            subject = _subject(crossing)
            due.plan(TELL, subject, crossing.crossed_at, rank=due.NOTICE, group=group)
            if grace.ends_at < grace.term.ends_at:
                due.plan(END, subject, grace.ends_at, rank=due.TERM_END, group=group)
        elif crossing.threshold == USED_UP:
            used_up = _newest(crossing)
            if used_up is not None:
                due.plan(
                    END, _subject(used_up.crossing), crossing.crossed_at, rank=due.TERM_END,
                    group=used_up.pool.customer.code,
                )  # fmt: skip


def find(subject: str) -> Grace:
    """The grace that due work names."""
    customer, _, crossing = subject.partition("-")
    return of_crossing(ThresholdCrossing.objects.get(customer_id=int(customer), id=int(crossing)))


def newest(pool: Pool, term: Term) -> Grace | None:
    """The last grace that began in a term of a pool, running or not."""
    crossing = (
        ThresholdCrossing.objects.filter(
            customer_id=pool.customer_id, pool=pool, term_id=term.id, threshold=BEGAN
        )
        .order_by("-arming")
        .first()
    )
    return None if crossing is None else of_crossing(crossing)


def of_crossing(crossing: ThresholdCrossing) -> Grace:
    """The grace that began with this crossing; by the settings of its beginning."""
    pool = Pool.objects.select_related("holder", "customer").get(
        customer_id=crossing.customer_id, id=crossing.pool_id
    )
    term = _term(crossing)
    holder: Holder = pool.holder
    key = limits.key_of(holder, pool.customer.code)
    hours = limits.of([key], crossing.crossed_at)[holder.id].grace
    return Grace(crossing, pool, term, min(crossing.crossed_at + hours, term.ends_at))


def _newest(crossing: ThresholdCrossing) -> Grace | None:
    pool = Pool.objects.get(customer_id=crossing.customer_id, id=crossing.pool_id)
    return newest(pool, _term(crossing))


def _term(crossing: ThresholdCrossing) -> Term:
    """The period in which it was crossed; a grace has one."""
    found: Term = Term.objects.get(customer_id=crossing.customer_id, id=crossing.term_id or 0)
    return found


def _subject(crossing: ThresholdCrossing) -> str:
    return f"{crossing.customer_id}-{crossing.id}"
