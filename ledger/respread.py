"""Does re-spreading and blending: credits that change what is still to be delivered, and for what price.

The cost layers of the pool's open paid blocks close at what they still defer; one pooled layer takes
that value, and with it what new blocks cost, and spreads it over all their credits alike (V8, V17, L2).
Blocks, their order and their ends stay. From then on any of them releases from the shared layer, and so
do corrections of earlier use: a layer that was closed never moves again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max

from creditops.lib import money
from creditops.lib.calendar import TICK
from creditops.lib.refusals import Refusal
from ledger import books, breakage, moving
from ledger.line import Block, Layer, Line
from ledger.models import Block as Granted
from ledger.models import BlockLayer, CostLayer, Pool
from ledger.periods import Months


def sharing(pool: Pool) -> list[int]:
    """The ids of the pool's blocks that share a cost layer: `spread` needs them, over or used up too."""
    return list(
        BlockLayer.objects.filter(
            customer_id=pool.customer_id,
            block__customer_id=pool.customer_id,
            block__pool=pool,
            layer__customer_id=pool.customer_id,
            layer__kind=CostLayer.Kind.POOLED,
        ).values_list("block_id", flat=True)
    )


def spread(line: Line, free: Collection[Block], at: datetime) -> CostLayer:
    """Spread what the open paid blocks of a line still defer over them and `free`.

    Args:
        line: locked, with its detail and all blocks that share a layer (`sharing`).
        free: blocks just granted for this, of no cost, in the line already.
        at: the instant of the act; what ended before it expires first, at its old value.

    The line has to be laid out anew. Raises Refusal `respread_of_nothing` where no paid credits are
    left, `respread_in_another_currency`, `respread_of_estimated`.
    """
    paid = _paid(line, free, at)
    if not paid:
        raise Refusal(
            "respread_of_nothing",
            "No paid credits are left whose price could be spread over the free ones. "
            "Give them by another policy.",
        )
    return _pool(line, paid, free, at)


def blend(line: Line, added: Collection[Block], at: datetime) -> CostLayer | None:
    """Make one of what the open paid blocks of a line still defer and what `added` cost (V17).

    As `spread`, of blocks that were bought. Returns the pooled layer; None where nothing paid is left:
    then the added blocks simply keep their cost.
    """
    paid = _paid(line, added, at)
    return _pool(line, paid, added, at) if paid else None


def _paid(line: Line, given: Collection[Block], at: datetime) -> list[Block]:
    """The open blocks that carry money, but for those just given."""
    line.settle()
    new = {block.id for block in given}
    return [
        block
        for block in line.blocks.values()
        if block.id not in new and block.usable_at(at) and block.left and block.layer.cost
    ]


def _pool(line: Line, paid: Collection[Block], given: Collection[Block], at: datetime) -> CostLayer:
    """Close the layers of these blocks at what they defer, and open one for all of them."""
    new = {block.id for block in given}
    _not_estimated(line, [*paid, *given])
    closing = {b.layer.id: b.layer for b in [*paid, *given] if b.layer.cost}
    members = [b for b in line.blocks.values() if b.layer.id in closing or b.id in new]
    _let_lapse(line, members, at)
    rows = list(CostLayer.objects.filter(customer_id=line.customer_id, id__in=closing))
    _one_currency(rows)
    rounding = books.current(at).rounding
    pooled = CostLayer.objects.create(
        customer_id=line.customer_id,
        kind=CostLayer.Kind.POOLED,
        quantity=sum(block.left for block in members),
        cost_minor=sum(_deferred(row.cost_minor, row, closing, rounding) for row in rows),
        currency=rows[0].currency,
        cost_functional_minor=sum(
            _deferred(row.cost_functional_minor, row, closing, rounding) for row in rows
        ),
        recorded_at=at,
    )
    _move_to(pooled, members, at)
    return pooled


def _deferred(cost: int, row: CostLayer, closing: dict[int, Layer], rounding: str) -> int:
    """What is not released yet of a layer's cost, in its own currency or in the books'."""
    return cost - money.released(cost, row.quantity, closing[row.id].released, rounding)


def _let_lapse(line: Line, members: Collection[Block], at: datetime) -> None:
    """Expire what has ended on a layer before it closes, so that no sweep has to have run (L11)."""
    for block in members:
        if block.expires_at is not None and block.expired_by(at) and block.left:
            current = books.current(at)
            lapsed_on = books.date_of(block.expires_at - TICK, current)
            months = Months([lapsed_on], received_on=books.date_of(at, current))
            moving.expire(
                line, block, block.left, posting_date=months.posting_date(lapsed_on), act="expiry"
            )


def _not_estimated(line: Line, paid: Collection[Block]) -> None:
    """Refuse to blend blocks that recognise in proportion to use: each has an estimate of its own."""
    estimated = Granted.objects.filter(
        customer_id=line.customer_id,
        id__in=[block.id for block in paid],
        breakage=breakage.PROPORTIONAL,
    )
    if estimated.exists():
        raise Refusal(
            "respread_of_estimated",
            "What is left of the paid credits is earned in proportion to use, by an estimate of each "
            "block. Their price can't be spread anew: give or sell the new ones in another way.",
        )


def _one_currency(rows: Collection[CostLayer]) -> None:
    """Refuse to make one of what was paid in several currencies."""
    currencies = sorted({row.currency for row in rows})
    if len(currencies) > 1:
        raise Refusal(
            "respread_in_another_currency",
            f"Credits that are left were paid in {' and '.join(currencies)}: there is no one price of "
            "them. Give or sell the new ones in another way.",
        )


def _move_to(pooled: CostLayer, members: Collection[Block], at: datetime) -> None:
    """Have the blocks draw their values from the pooled layer from now on."""
    newest = dict(
        BlockLayer.objects.filter(
            customer_id=pooled.customer_id, block_id__in=[block.id for block in members]
        )
        .order_by()
        .values_list("block_id")
        .annotate(no=Max("no"))
    )
    BlockLayer.objects.bulk_create(
        BlockLayer(
            customer_id=pooled.customer_id,
            block_id=block.id,
            no=newest[block.id] + 1,
            layer=pooled,
            gone=block.gone,
            recorded_at=at,
        )
        for block in members
    )
    shared = Layer(pooled.id, pooled.quantity, pooled.cost_minor)
    for block in members:
        block.layer = shared
