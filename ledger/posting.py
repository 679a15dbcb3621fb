"""Does the posting of usage to the journal: what pools drew and moved beyond their marks, valued.

Set-based and once only: the marks (positions on the lines, number of the move) advance in the
transaction of the entries, under the pool's lock. Recipes JE-05, 07, 10, 11, 12, 15, 17, 20, 32, 33.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from creditops.lib import money, sql
from ledger import (
    books,
    chart,
    limits,
    open_items,
    pool_books,
    provider_costs,
    recognition,
)
from ledger.drawdown import AGENT, ENTITLED
from ledger.journal import Entry, Posting, post_all
from ledger.line import Line
from ledger.models import BookSettings, Move, Pool, PoolState, ScopeLine
from ledger.open_items import Foreign
from ledger.periods import Months

# Pools posted in one transaction; more would hold locks that usage waits for.
_POOLS_AT_ONCE = 200
# Free credits that are valued when used, by policy: recipe, what is debited, what is credited.
_FREE = {
    "MARKETING_EXPENSE": ("JE-10", chart.MARKETING, chart.COST_OF_REVENUE),
    "CONTRA_REVENUE": ("JE-11", chart.CONTRA, chart.USAGE),
}
# Where the value of a use goes that is no revenue at once, overage or not: to its provider, or over its
# days.
_REVENUE = {AGENT: chart.PAYABLES, ENTITLED: chart.ENTITLEMENTS}


@dataclass(frozen=True)
class Piece:
    """Credits and their value, of one pool, posting date and kind. `earlier_month`: some of them were used
    in a month before that of the posting date."""

    customer_id: int
    pool_id: int
    on: date
    type: str
    revenue_class: str
    promo_policy: str | None
    value: int
    credits: int
    earliest: datetime
    earlier_month: bool
    # Of overage that is valued in another currency: its term, that currency, and the value in it.
    foreign_term: int | None
    currency: str
    own_value: int
    # Of what expired: the block.
    lapsed_block: int | None


def waiting() -> QuerySet[PoolState]:
    """The states of the pools that have drawn or moved credits beyond their posting marks."""
    beyond = Q(posted_pos__lt=F("consumed"))
    scopes = ScopeLine.objects.filter(
        beyond, customer_id=OuterRef("customer_id"), pool_id=OuterRef("pool_id")
    )
    return PoolState.objects.filter(beyond | Q(posted_seq__lt=F("move_seq")) | Exists(scopes))


def run(at: datetime) -> int:
    """Post everything that waits. Returns the number of entries."""
    keys = list(waiting().order_by("customer_id", "pool_id").values_list("customer_id", "pool_id"))
    entries = 0
    for start in range(0, len(keys), _POOLS_AT_ONCE):
        with transaction.atomic():
            entries += post_pools(keys[start : start + _POOLS_AT_ONCE], at)
    return entries + provider_costs.post(at)


def post_pools(keys: Sequence[tuple[int, int]], at: datetime) -> int:
    """Post what these pools, (customer id, pool id) each, have drawn; inside a transaction."""
    current = books.current(at)
    months = Months.every_open(received_on=books.date_of(at, current))
    lines = pool_books.lock(keys, at)
    customers, pools = [c for c, _ in lines], [p for _, p in lines]
    found = sql.rows(
        "ledger", "unposted_usage", customers=customers, pools=pools, zone=current.time_zone
    )
    pieces = [Piece(*row) for row in found]
    by_pool = {
        pool.id: pool
        for pool in Pool.objects.filter(
            customer_id__in=customers, id__in={piece.pool_id for piece in pieces}
        ).select_related("holder", "customer")
    }
    marks = {key: _mark(line) for key, line in lines.items()}
    posted = post_all(
        (
            _entry(
                piece,
                by_pool[piece.pool_id],
                marks[piece.customer_id, piece.pool_id],
                months,
                current,
            )
            for piece in pieces
        ),
        currency=current.currency,
        at=at,
    )
    settled = recognition.settle(customers, pools, months, at)
    sql.run("ledger", "advance_posting_marks", customers=customers, pools=pools)
    return len(posted) + settled


def _mark(line: Line) -> str:
    """How far a pool's use is posted: its pool, the position on the general line, with the credits drawn on
    all lines of scopes where it has such, and the number of the newest move."""
    scopes = sum(scope.consumed for scope in line.scopes)
    return f"{line.pool_id}:{line.consumed}{f'+{scopes}' if scopes else ''}:{line.move_seq}"


def _entry(piece: Piece, pool: Pool, mark: str, months: Months, current: BookSettings) -> Entry:
    recipe, debit, credit, memo = _recipe(piece)
    earned = {credit: piece.value}
    if credit == chart.BREAKAGE:
        earned = _with_the_states_share(piece, pool, current.rounding)
    posting = Posting(
        on=months.posting_date(piece.on),
        recipe=recipe,
        memo=f"{memo}: {abs(piece.credits):,} credits of {pool.holder.code}",
        source=f"usage:{mark}:{piece.on}:{piece.type}:{piece.revenue_class}:{piece.promo_policy}"
        f"{':earlier' if piece.earlier_month else ''}"
        + ("" if piece.foreign_term is None else f":{piece.foreign_term}")
        + ("" if piece.lapsed_block is None else f":{piece.lapsed_block}"),
        customer_id=piece.customer_id,
        holder=pool.holder,
        prior_period=piece.earlier_month
        and months.is_closed(books.date_of(piece.earliest, current)),
    )
    return Entry(posting, {debit: piece.value}, earned, _foreign(piece))


def _foreign(piece: Piece) -> dict[str, Foreign]:
    """Overage in another currency than the books' is owed in that: valued anew until it is billed."""
    if piece.foreign_term is None:
        return {}
    item = open_items.of_overage(piece.customer_id, piece.foreign_term)
    return {chart.UNBILLED: Foreign(piece.currency, piece.own_value, item)}


def _with_the_states_share(piece: Piece, pool: Pool, rounding: str) -> dict[str, int]:
    """Who gets the value of what expired: the state its share, by the setting at the expiry, we the
    rest (F3); turned around where an expiry is undone."""
    key = limits.key_of(pool.holder, pool.customer.code)
    settings = limits.of([key], piece.earliest)[pool.holder_id]
    share = settings.state_share(pool.customer.country, pool.customer.region)
    state = money.rounded(piece.value * share / 100, rounding)
    return {chart.BREAKAGE: piece.value - state, chart.UNCLAIMED: state}


def _free_use(piece: Piece, kind: Move.Type) -> tuple[str, str, str, str]:
    """Free credits that their policy values (V8); deferred revenue has no part in it.

    At list price they are revenue and its reduction, in the same moment also where paid credits would
    be earned by day. At standard cost they leave the cost of revenue for marketing. Where a provider is
    only passed through, what is given away is what we owe it.
    """
    recipe, debit, usual = _FREE[piece.promo_policy or ""]
    credit = chart.PAYABLES if piece.revenue_class == AGENT else usual
    return recipe, debit, credit, f"Free credits {kind.label}"


def _recipe(piece: Piece) -> tuple[str, str, str, str]:
    """(recipe, debit account, credit account, memo); a value below zero turns the sides around."""
    entitled = piece.revenue_class == ENTITLED
    revenue = _REVENUE.get(piece.revenue_class, chart.USAGE)
    kind = Move.Type(piece.type)
    if kind in (Move.Type.CONSUME, Move.Type.CONSUME_REVERSAL):
        if piece.promo_policy in _FREE:
            return _free_use(piece, kind)
        usual = "JE-07" if entitled else "JE-05"
        recipe = usual if kind == Move.Type.CONSUME else "JE-33"
        return recipe, chart.DEFERRED_CREDITS, revenue, kind.label.capitalize()
    if kind in (Move.Type.OVERAGE, Move.Type.OVERAGE_REVERSAL):
        overage = _REVENUE.get(piece.revenue_class, chart.OVERAGE)
        return "JE-15", chart.UNBILLED, overage, kind.label.capitalize()
    recipe = "JE-12" if kind == Move.Type.EXPIRE else "JE-32"
    return recipe, chart.DEFERRED_CREDITS, chart.BREAKAGE, kind.label.capitalize()
