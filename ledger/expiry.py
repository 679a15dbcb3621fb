"""Does the ends of blocks: expiry, rollover, freeze (L11, L12, L13). Once per block and boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Max, Q

from creditops.lib import calendar
from creditops.lib.calendar import TICK
from ledger import books, grants, moving, pool_books, recognition, thresholds
from ledger.line import Block as LineBlock
from ledger.line import Line
from ledger.models import Block, BlockChange, Pool, Term
from ledger.periods import Months

# No credit of an annual contract lives longer than this from its anchor (L12, X5).
LONGEST_LIFE_MONTHS = 24
# Promotional, daily and compensation credits never roll over (L2, L12).
ROLLING_KINDS = (Block.Kind.PAID, Block.Kind.BONUS, Block.Kind.MIGRATION)


@dataclass(frozen=True)
class Carry:
    """How a term's rest rolls over: the share kept (0 to 1), into which term."""

    share: Fraction
    into: Term
    zone: str


def expire_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: let what is left of block `<customer>-<block>` expire, if its end is `due_at`."""
    customer_id, block_id = map(int, subject.split("-"))
    block = Block.objects.get(customer_id=customer_id, id=block_id)
    with transaction.atomic():
        months = _months(due_at, recorded_at)
        line = _locked(block.customer_id, block.pool_id, recorded_at, [block.id])
        known = line.blocks[block.id]
        left = line.left(known)
        if known.expires_at != due_at or left == 0:
            return
        moving.expire(
            line, known, left, posting_date=_posting_date(months, due_at, recorded_at), act="expiry"
        )
        _lay_out(line, recorded_at, "expiry")


def roll_over(
    pool: Pool, blocks: Sequence[Block], carry: Carry, *, at: datetime, recorded_at: datetime
) -> None:
    """Carry the rest of these blocks into the next term, once per block (L12).

    Args:
        pool: theirs.
        blocks: those that end at `at`, or are frozen since then, and may roll over.
        carry: the share kept, rounded down to a credit, and where to.
        at: the term's end.
        recorded_at: the instant to record.

    The kept part ends with the next term, at the latest 24 months after its start (counted from the
    contract's anchor for a block granted at a term's start); the rest expires at `at`.
    """
    with transaction.atomic():
        months = _months(at, recorded_at)
        line = _locked(pool.customer_id, pool.id, recorded_at, [block.id for block in blocks])
        for block in blocks:
            _roll_over_one(line, block, carry, months, at, recorded_at)
        _lay_out(line, recorded_at, "rollover")


def freeze(
    pool: Pool,
    blocks: Sequence[Block],
    share: Fraction,
    *,
    at: datetime,
    until: datetime,
    recorded_at: datetime,
) -> None:
    """Freeze the rest of these blocks at a term's end: a late renewal may still carry it over (L13).

    Args:
        pool: theirs.
        blocks: those that end at `at` and may roll over.
        share: what a renewal would keep (0 to 1), rounded down to a credit; the rest expires at `at`.
        at: the term's end; only use from before it may draw on them.
        until: the end of the grace; what nobody carried over expires then.
        recorded_at: the instant to record.
    """
    with transaction.atomic():
        months = _months(at, recorded_at)
        line = _locked(pool.customer_id, pool.id, recorded_at, [block.id for block in blocks])
        for block in blocks:
            known = line.blocks[block.id]
            if _let_lapse_beyond(line, known, share, months, at, recorded_at):
                _change(block, BlockChange.Act.FREEZE, until, at, recorded_at, frozen_from=at)
                known.expires_at = until
        _lay_out(line, recorded_at, "freeze")


def suspend(block: Block, *, at: datetime, reason: str) -> bool:
    """Let nothing more be drawn of a block from `at` on, until `resume`; its end stays what it was.

    What was used before `at` may still arrive. Returns whether there was something to suspend: a block
    that is empty, over, frozen or suspended already is left as it is.
    """
    with transaction.atomic():
        line = _locked(block.customer_id, block.pool_id, at, [block.id])
        known = line.blocks[block.id]
        newest = _newest(block)
        over = newest.frozen_from is not None or not line.left(known)
        if over or newest.expires_at is None or newest.expires_at <= at:
            return False
        _change(
            block, BlockChange.Act.FREEZE, newest.expires_at, at, at, frozen_from=at, reason=reason
        )
        known.until = at
        _lay_out(line, at, "suspended")
    return True


def resume(block: Block, *, at: datetime, reason: str) -> bool:
    """Let a suspended block be drawn again from `at` on; False if it is not, or has ended meanwhile."""
    with transaction.atomic():
        line = _locked(block.customer_id, block.pool_id, at, [block.id])
        known = line.blocks[block.id]
        newest = _newest(block)
        if newest.act != BlockChange.Act.FREEZE or newest.expires_at is None:
            return False
        if newest.expires_at <= at:
            return False
        _change(block, BlockChange.Act.REINSTATE, newest.expires_at, at, at, reason=reason)
        known.until = newest.expires_at
        _lay_out(line, at, "resumed")
    return True


def cut_short(pool: Pool, end: datetime, *, at: datetime, reason: str) -> None:
    """Let every block of a pool that would live longer end at `end`; the pool is laid out anew.

    Args:
        pool: of a holder whose term was cut short, in the same transaction.
        end: exclusive, not before `at`; what is left expires there when it is due.
        reason: kept with the change.
    """
    longer = Block.objects.filter(
        Q(state__until__isnull=True) | Q(state__until__gt=end),
        customer_id=pool.customer_id,
        pool=pool,
        state__customer_id=pool.customer_id,
    )
    with transaction.atomic():
        blocks = list(longer.select_related("customer").order_by("id"))
        line = _locked(pool.customer_id, pool.id, at, [block.id for block in blocks])
        for block in blocks:
            _change(block, BlockChange.Act.SHORTEN, end, at, at, reason=reason)
            known = line.blocks[block.id]
            known.expires_at = known.until = end
        _lay_out(line, at, "ended early")


def rollable(pool: Pool, at: datetime | None = None) -> list[Block]:
    """The pool's blocks that may roll over: of a kind that does, and not yet once.

    Those that end at `at`, or are frozen since then; of any end if it is None.
    """
    ending = {} if at is None else {"state__until": at}
    return list(
        Block.objects.filter(
            customer_id=pool.customer_id,
            pool=pool,
            kind__in=ROLLING_KINDS,
            state__customer_id=pool.customer_id,
            **ending,
        )
        .exclude(changes__act=BlockChange.Act.ROLLOVER)
        .order_by("id")
    )


def _roll_over_one(
    line: Line, block: Block, carry: Carry, months: Months, at: datetime, recorded_at: datetime
) -> None:
    known = line.blocks[block.id]
    if not _let_lapse_beyond(line, known, carry.share, months, at, recorded_at):
        return
    end = min(carry.into.ends_at, _longest_life(block, carry.zone))
    _change(block, BlockChange.Act.ROLLOVER, end, at, recorded_at)
    known.expires_at = known.until = end


def _let_lapse_beyond(
    line: Line,
    known: LineBlock,
    share: Fraction,
    months: Months,
    at: datetime,
    recorded_at: datetime,
) -> int:
    """Let expire what is beyond the share that is kept; returns the credits kept."""
    left = line.left(known)
    kept = int(left * share)
    if left - kept:
        moving.expire(
            line, known, left - kept, posting_date=_posting_date(months, at, recorded_at),
            act="expiry",
        )  # fmt: skip
    return kept


def _change(
    block: Block,
    act: BlockChange.Act,
    expires_at: datetime,
    at: datetime,
    recorded_at: datetime,
    *,
    frozen_from: datetime | None = None,
    reason: str = "",
) -> None:
    """Write what changes about a block's life at `at`, and plan its new end."""
    newest = BlockChange.objects.filter(customer_id=block.customer_id, block=block).aggregate(
        no=Max("no")
    )
    BlockChange.objects.create(
        customer_id=block.customer_id,
        block=block,
        no=newest["no"] + 1,
        act=act,
        expires_at=expires_at,
        frozen_from=frozen_from,
        effective_at=at,
        recorded_at=recorded_at,
        reason=reason or ("end of term" if frozen_from else "renewal"),
    )
    grants.plan_expiry(block, expires_at, block.customer.code, at=recorded_at)
    recognition.plan(block, at)


def _newest(block: Block) -> BlockChange:
    rows = BlockChange.objects.filter(customer_id=block.customer_id, block=block)
    newest: BlockChange = rows.latest("no")
    return newest


def _longest_life(block: Block, zone: str) -> datetime:
    """24 months after the block began, by the anchor of its chain of terms where it began with one."""
    terms = Term.objects.filter(customer_id=block.customer_id, holder_id=block.pool.holder_id)
    if not terms.filter(starts_at=block.effective_at).exists():
        return calendar.expires_at(block.effective_at, "ANNIVERSARY", LONGEST_LIFE_MONTHS, zone)
    anchor = calendar.local_date(terms.earliest("number").starts_at, zone)
    age = calendar.months_between(anchor, calendar.local_date(block.effective_at, zone))
    return calendar.local_midnight(calendar.add_months(anchor, age + LONGEST_LIFE_MONTHS), zone)


def _locked(customer_id: int, pool_id: int, now: datetime, blocks: list[int]) -> Line:
    line = pool_books.lock([(customer_id, pool_id)], now)[customer_id, pool_id]
    pool_books.add_detail([line], now, blocks=blocks)
    return line


def _lay_out(line: Line, recorded_at: datetime, reason: str) -> None:
    line.lay_out(recorded_at, reason)
    thresholds.watch(line, recorded_at)
    pool_books.save([line], batch_id=None, recorded_at=recorded_at)


def _months(due_at: datetime, recorded_at: datetime) -> Months:
    current = books.current(recorded_at)
    return Months(
        [books.date_of(due_at - TICK, current)],
        received_on=books.date_of(recorded_at, current),
    )


def _posting_date(months: Months, due_at: datetime, recorded_at: datetime) -> date:
    """The last usable day in the books' zone, unless its month is closed (T7, X26)."""
    return months.posting_date(books.date_of(due_at - TICK, books.current(recorded_at)))
