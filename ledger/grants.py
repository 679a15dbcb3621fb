"""Does the granting of blocks (L2, L14, X2) and the taking back of what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q

from creditops.lib import due, money
from creditops.lib.refusals import Refusal
from ledger import (
    books,
    breakage,
    daily_rules,
    expiry_marks,
    limits,
    moving,
    pool_books,
    recognition,
    respread,
    thresholds,
)
from ledger.line import Block as LineBlock
from ledger.line import Layer, Line
from ledger.models import Block, BlockChange, BlockLayer, BlockState, CostLayer, Pool, Term
from ledger.periods import Months

# Which class of credits is drawn first (L4).
PRIORITIES = {
    Block.Kind.DAILY: daily_rules.PRIORITY,
    Block.Kind.PROMO: 20,
    Block.Kind.COMPENSATION: 20,
    Block.Kind.PAID: 50,
    Block.Kind.BONUS: 50,
    Block.Kind.MIGRATION: 50,
}
RESPREAD = "RESPREAD"
LARGEST_GRANT = 9_007_199_254_740_991


@dataclass(frozen=True)
class Grant:
    """A block to be granted.

    Attributes:
        kind: of `Block.Kind`.
        credits: > 0.
        source: the act behind it, unique under the customer: the same source grants once.
        cost_minor, currency: what it cost, net, in minor units; 0 for free credits.
        cost_functional_minor: the same in the books' currency.
        effective_at: when it begins to pay.
        expires_at: its end, exclusive; None: never.
        term: the term it belongs to; None for credits without a contract.
        meters: ids of the meters that it pays for; None for all.
        priority: the class in the draw order; None: that of its kind.
        blended: its cost and what the pool's open paid blocks still defer become one, spread over the
            credits of all (V17).
        promo_policy: how the use of free credits is accounted for (V8); empty for others.
        promo_minor, promo_credits: where that values them: so many minor units of the books' currency
            for so many credits, exact.
    """

    kind: str
    credits: int
    source: str
    effective_at: datetime
    expires_at: datetime | None
    cost_minor: int = 0
    currency: str = ""
    cost_functional_minor: int = 0
    term: Term | None = None
    meters: Sequence[int] | None = None
    priority: int | None = None
    blended: bool = False
    promo_policy: str = ""
    promo_minor: int | None = None
    promo_credits: int | None = None
    by: str = ""
    reason: str = ""


def issue(pool: Pool, grants: Sequence[Grant], *, at: datetime) -> list[Block]:
    """Grant blocks to a pool, all of them or none; the pool is laid out anew.

    Args:
        pool: whose balance grows.
        grants: in the order of creation, which decides between equals.
        at: the instant of the act; a block may become effective later.

    Returns the blocks. Raises Refusal `already_granted`, `grant_not_positive`, `grant_too_large`,
    `grant_ends_before_it_begins`, or what re-spreading is refused with.

    Thresholds that a grant brings below are armed again (A2); daily credits count in no
    alert, so they arm none (X14).
    """
    for grant in grants:
        check(grant)
    with transaction.atomic():
        lines = pool_books.lock([(pool.customer_id, pool.id)], at)
        line = lines[pool.customer_id, pool.id]
        spreads = [number for number, g in enumerate(grants) if g.promo_policy == RESPREAD]
        blends = [number for number, g in enumerate(grants) if g.blended]
        shared = respread.sharing(pool) if spreads or blends else ()
        pool_books.add_detail([line], at, blocks=shared)
        made = [add(line, pool, grant, at) for grant in grants]
        if spreads:
            respread.spread(line, [line.blocks[made[number].id] for number in spreads], at)
        if blends:
            respread.blend(line, [line.blocks[made[number].id] for number in blends], at)
        measured = any(grant.kind != Block.Kind.DAILY for grant in grants)
        if measured:
            _measure_from_oldest(line, at)
        line.lay_out(at, "grant")
        armings = thresholds.rearm(line, at) if measured else []
        thresholds.write(thresholds.notice(line, at), armings)
        pool_books.save([line], batch_id=None, recorded_at=at)
    return made


def add(line: Line, pool: Pool, grant: Grant, at: datetime) -> Block:
    """Write one block and put it into its pool's line, which is locked and has its detail.

    `at` is the instant to record. The line has to be laid out anew before anything is drawn on it.
    """
    counted = line.measured(at)[0] + _base(line, at)
    block, layer = _create(pool, grant, counted, at)
    line.blocks[block.id] = in_line(block, grant.expires_at, layer, counted)
    line.granted += block.granted
    return block


def in_line(
    block: Block, expires_at: datetime | None, layer: CostLayer, counted: int = 0
) -> LineBlock:
    """A block that was just granted, as the line sees it."""
    return LineBlock(
        block.id,
        block.kind,
        block.granted,
        block.priority,
        block.effective_at,
        block.term_start,
        expires_at,
        expires_at,
        None if block.meters is None else frozenset(block.meters),
        Layer(layer.id, layer.quantity, layer.cost_minor),
        counted,
    )


@dataclass(frozen=True)
class Rest:
    """What is left of a block and could be taken back, and whether nothing of it ever left."""

    left: int
    untouched: bool


def rests(blocks: Sequence[Block], *, at: datetime) -> dict[int, Rest]:
    """What can be taken back of these blocks at `at`, by id; their pools stay locked meanwhile.

    Of a block whose life is over nothing can, whether its expiry has been swept or not (L11).
    """
    lines = pool_books.lock({(block.customer_id, block.pool_id) for block in blocks}, at)
    pool_books.add_detail(list(lines.values()), at, blocks=[block.id for block in blocks])
    found = {}
    for block in blocks:
        line = lines[block.customer_id, block.pool_id]
        known = line.blocks[block.id]
        left = 0 if known.expired_by(at) else line.left(known)
        found[block.id] = Rest(left, untouched=left == known.granted)
    return found


@dataclass(frozen=True)
class Revoked:
    """Credits that were taken back: the move that did it, and the value released, in minor units of
    the block's currency."""

    move_seq: int
    credits: int
    value_minor: int


def revoke(block: Block, *, credits: int, by: str, reason: str, at: datetime) -> Revoked:
    """Take back `credits` of what is left of a block, at its cost basis (M4, V13).

    Raises Refusal `credits_consumed` if less is left: what was used is never taken back (V13);
    `credits_held` if holds need them: work under way was promised them (L19).
    """
    with transaction.atomic():
        months = _months(at)
        line = pool_books.lock([(block.customer_id, block.pool_id)], at)[
            block.customer_id, block.pool_id
        ]
        pool_books.add_detail([line], at, blocks=[block.id])
        known = line.blocks[block.id]
        left = 0 if known.expired_by(at) else line.left(known)
        if credits > left:
            raise Refusal(
                "credits_consumed",
                f"Only {left:,} of the {known.granted:,} credits are left; "
                f"{credits:,} can't be taken back.",
            )
        free = max(0, line.balance(at) - line.held)
        if credits > free and known.usable_at(at):
            raise Refusal(
                "credits_held",
                f"Only {free:,} credits are not set aside for work under way; {credits:,} can't be "
                "taken back. Release the holds, or wait until they end.",
            )
        today = books.date_of(at, books.current(at))
        moving.revoke(
            line, known, credits, at, posting_date=months.posting_date(today),
            act=f"{reason} (by {by})"[:200],
        )  # fmt: skip
        line.lay_out(at, "revoked")
        thresholds.watch(line, at)
        pool_books.save([line], batch_id=None, recorded_at=at)
    move, cost, quantity = line.moves[-1], known.layer.cost, known.layer.quantity
    released = partial(money.released, cost, quantity, rounding=books.current(at).rounding)
    value = released(move.r0 + credits) - released(move.r0)
    return Revoked(move.seq, credits, value)


def plan_expiry(block: Block, expires_at: datetime, group: str, *, at: datetime) -> None:
    """Remember that the block's rest expires then; and to tell so before, from `at` on (F5)."""
    due.plan(
        "ledger.expire",
        f"{block.customer_id}-{block.id}",
        expires_at,
        rank=due.EXPIRY,
        group=group,
    )
    if block.kind != Block.Kind.DAILY:
        expiry_marks.plan(block.pool.holder.time_zone, expires_at, at=at)


def check(grant: Grant) -> None:
    """Refuse what can't be granted to anybody."""
    if grant.credits <= 0:
        raise Refusal(
            "grant_not_positive", f"{grant.credits} credits can't be granted. Grant at least 1."
        )
    if grant.credits > LARGEST_GRANT:
        raise Refusal(
            "grant_too_large",
            f"{grant.credits:,} credits are too many for one block. "
            f"Grant at most {LARGEST_GRANT:,}.",
        )
    if grant.expires_at is not None and grant.expires_at <= grant.effective_at:
        raise Refusal(
            "grant_ends_before_it_begins",
            f"The credits would end at {grant.expires_at:%Y-%m-%d %H:%M}, before they begin.",
        )


def _create(pool: Pool, grant: Grant, counted: int, at: datetime) -> tuple[Block, CostLayer]:
    """Write the block with its first change, its cost layer and its state."""
    customer = pool.customer_id
    try:
        with transaction.atomic():
            block = Block.objects.create(
                customer_id=customer,
                pool=pool,
                term_id=grant.term.id if grant.term else None,
                kind=grant.kind,
                priority=_priority(grant),
                granted=grant.credits,
                effective_at=grant.effective_at,
                term_start=_term_start(grant),
                meters=None if grant.meters is None else sorted(grant.meters),
                source=grant.source,
                promo_policy=grant.promo_policy,
                promo_minor=grant.promo_minor,
                promo_credits=grant.promo_credits,
                breakage=_breakage(pool, grant, at),
                recorded_at=at,
                granted_by=grant.by,
                reason=grant.reason,
            )
    except IntegrityError as error:
        if "granted_once" not in str(error):
            raise
        raise Refusal(
            "already_granted", f"{grant.source!r} granted its credits already."
        ) from error
    BlockChange.objects.create(
        customer_id=customer,
        block=block,
        no=1,
        act=BlockChange.Act.GRANT,
        expires_at=grant.expires_at,
        effective_at=grant.effective_at,
        recorded_at=at,
        reason=grant.reason,
    )
    layer = CostLayer.objects.create(
        customer_id=customer,
        kind=CostLayer.Kind.BLOCK,
        quantity=grant.credits,
        cost_minor=grant.cost_minor,
        currency=grant.currency or books.current(at).currency,
        cost_functional_minor=grant.cost_functional_minor,
        recorded_at=at,
    )
    BlockLayer.objects.create(customer_id=customer, block=block, no=1, layer=layer, recorded_at=at)
    BlockState.objects.create(
        block=block,
        customer_id=customer,
        pool=pool,
        granted=grant.credits,
        until=grant.expires_at,
        counted_before=counted,
        open=True,
    )
    if grant.expires_at is not None:
        plan_expiry(block, grant.expires_at, pool.customer.code, at=at)
    recognition.plan(block, max(at, grant.effective_at))
    return block, layer


def _breakage(pool: Pool, grant: Grant, at: datetime) -> str:
    """When what is never used of the block becomes revenue, by the setting in force (V9)."""
    if not grant.cost_functional_minor:
        return breakage.AT_EXPIRY
    key = limits.key_of(pool.holder, pool.customer.code)
    return limits.of([key], at)[pool.holder_id].breakage


def _priority(grant: Grant) -> int:
    return PRIORITIES[Block.Kind(grant.kind)] if grant.priority is None else grant.priority


def _term_start(grant: Grant) -> datetime:
    """The earliest event time that the block may pay: its term's start, else its own (L3, L20)."""
    return grant.effective_at if grant.term is None else grant.term.starts_at


def _base(line: Line, at: datetime) -> int:
    use = line.term_at(at)
    return 0 if use is None else use.base


def _measure_from_oldest(line: Line, at: datetime) -> None:
    """A pool without terms measures from the grant of the oldest block alive at the last grant (A1).

    Used up or not: what decides is its end, so blocks are looked up that the line has no use for.
    Daily credits are not measured, so their blocks don't count here either.
    """
    use = line.term_at(at)
    if use is None or use.id != 0:
        return
    use.base = (
        BlockState.objects.filter(
            Q(until__isnull=True) | Q(until__gt=at),
            customer_id=line.customer_id,
            pool_id=line.pool_id,
            block__customer_id=line.customer_id,
        )
        .exclude(block__kind=Block.Kind.DAILY)
        .order_by("block__effective_at", "block_id")
        .values_list("counted_before", flat=True)
        .first()
    ) or 0


def _months(at: datetime) -> Months:
    today = books.date_of(at, books.current(at))
    return Months([today], received_on=today)
