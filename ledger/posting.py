"""Does the posting of usage to the journal: what pools drew and moved beyond their marks, valued.

Set-based and once only: the marks (position on the line, number of the move) advance in the
transaction of the entries, under the pool's lock. Recipes JE-05, 07, 12, 15, 17, 20, 32, 33.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from creditops.lib import money, sql
from ledger import books, chart, limits, pool_books, provider_costs
from ledger.drawdown import AGENT, ENTITLED
from ledger.journal import Posting, post
from ledger.models import BookSettings, Move, Pool
from ledger.periods import Months

# Pools posted in one transaction; more would hold locks that usage waits for.
_POOLS_AT_ONCE = 200
# Where the value of a use goes that is no revenue at once: to its provider, or over its days.
_REVENUE = {AGENT: chart.PAYABLES, ENTITLED: chart.ENTITLEMENTS}


@dataclass(frozen=True)
class Piece:
    """Credits and their value, of one pool, posting date and kind."""

    customer_id: int
    pool_id: int
    on: date
    type: str
    revenue_class: str
    promo_policy: str | None
    value: int
    credits: int
    earliest: datetime


def run(at: datetime) -> int:
    """Post everything that waits. Returns the number of entries."""
    waiting = [(row[0], row[1]) for row in sql.rows("ledger", "pools_to_post")]
    entries = 0
    for start in range(0, len(waiting), _POOLS_AT_ONCE):
        with transaction.atomic():
            entries += post_pools(waiting[start : start + _POOLS_AT_ONCE], at)
    return entries + provider_costs.post(at)


def post_pools(keys: Sequence[tuple[int, int]], at: datetime) -> int:
    """Post what these pools, (customer id, pool id) each, have drawn; inside a transaction."""
    current = books.current(at)
    months = Months.every_open(received_on=books.date_of(at, current))
    lines = pool_books.lock(keys, at)
    customers, pools = [c for c, _ in lines], [p for _, p in lines]
    found = sql.rows("ledger", "unposted_usage", customers=customers, pools=pools)
    pieces = [Piece(*row) for row in found]
    by_pool = {
        pool.id: pool
        for pool in Pool.objects.filter(
            customer_id__in=customers, id__in={piece.pool_id for piece in pieces}
        ).select_related("holder", "customer")
    }
    entries = 0
    for piece in pieces:
        line = lines[piece.customer_id, piece.pool_id]
        mark = f"{line.pool_id}:{line.consumed}:{line.move_seq}"
        entries += _post(piece, by_pool[piece.pool_id], mark, months, current, at)
    sql.run("ledger", "advance_posting_marks", customers=customers, pools=pools)
    return entries


def _post(
    piece: Piece, pool: Pool, mark: str, months: Months, current: BookSettings, at: datetime
) -> int:
    recipe, debit, credit, memo = _recipe(piece)
    earned = {credit: piece.value}
    if credit == chart.BREAKAGE:
        earned = _with_the_states_share(piece, pool)
    posting = Posting(
        on=months.posting_date(piece.on),
        recipe=recipe,
        memo=f"{memo}: {abs(piece.credits):,} credits of {pool.holder.code}",
        source=f"usage:{mark}:{piece.on}:{piece.type}:{piece.revenue_class}:{piece.promo_policy}",
        customer_id=piece.customer_id,
        holder=pool.holder,
        prior_period=books.date_of(piece.earliest, current).replace(day=1)
        < piece.on.replace(day=1),
    )
    entry = post(
        posting,
        debit={debit: piece.value},
        credit=earned,
        currency=current.currency,
        at=at,
    )
    return 0 if entry is None else 1


def _with_the_states_share(piece: Piece, pool: Pool) -> dict[str, int]:
    """Who gets the value of what expired: the state its share, by the setting at the expiry, we the
    rest (F3); turned around where an expiry is undone."""
    key = limits.key_of(pool.holder, pool.customer.code)
    share = limits.of([key], piece.earliest)[pool.holder_id].escheat_pct
    state = money.round_half_up(piece.value * share / 100)
    return {chart.BREAKAGE: piece.value - state, chart.UNCLAIMED: state}


def _recipe(piece: Piece) -> tuple[str, str, str, str]:
    """(recipe, debit account, credit account, memo); a value below zero turns the sides around."""
    entitled = piece.revenue_class == ENTITLED
    revenue = _REVENUE.get(piece.revenue_class, chart.USAGE)
    kind = Move.Type(piece.type)
    if kind in (Move.Type.CONSUME, Move.Type.CONSUME_REVERSAL):
        usual = "JE-07" if entitled else "JE-05"
        recipe = usual if kind == Move.Type.CONSUME else "JE-33"
        return recipe, chart.DEFERRED_CREDITS, revenue, kind.label.capitalize()
    if kind in (Move.Type.OVERAGE, Move.Type.OVERAGE_REVERSAL):
        overage = chart.ENTITLEMENTS if entitled else chart.OVERAGE
        return "JE-15", chart.UNBILLED, overage, kind.label.capitalize()
    recipe = "JE-12" if kind == Move.Type.EXPIRE else "JE-32"
    return recipe, chart.DEFERRED_CREDITS, chart.BREAKAGE, kind.label.capitalize()
