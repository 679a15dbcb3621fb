"""Does the recognition of blocks whose breakage is earned in proportion to use (V9, V10, JE-13).

Draws of such a block post nothing. A run books what is earned up to a day, in one entry for use and
breakage, as the difference to the run before: at each month's end, at once where credits expired or
were taken back, and when a new estimate says so. A run counts by posting date, so one that comes late
books the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import QuerySet

from creditops.lib import approvals, calendar, due, sql
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, breakage, chart, journal, limits, pool_books
from ledger.breakage import Earned
from ledger.journal import Posting
from ledger.models import AccountingPeriod, Block, BreakageEstimate, CostLayer, Recognition
from ledger.periods import Months

_DUE = "ledger.recognise"
# The kind of request by which an estimate is asked for.
ESTIMATE = "breakage.estimate"


def find(name: str) -> Block:
    """The block `<customer>-<block>`. Raises NotFound."""
    customer, _, block = name.partition("-")
    known = Block.objects.select_related("customer", "pool__holder", "state")
    numbers = customer.isascii() and customer.isdecimal() and block.isascii() and block.isdecimal()
    found: Block | None = None
    if numbers:
        found = known.filter(customer_id=int(customer), id=int(block)).first()
    if found is None:
        raise NotFound("block", name)
    return found


def plan(block: Block, after: datetime) -> None:
    """Plan the block's next month end after an instant, if it recognises in proportion to use."""
    if block.breakage == breakage.PROPORTIONAL:
        zone = books.current(after).time_zone
        month = calendar.month_start(calendar.local_date(after, zone))
        due.plan(
            _DUE,
            f"{block.customer_id}-{block.id}",
            calendar.local_midnight(calendar.add_months(month, 1), zone),
            rank=due.MONTH_END,
            group=block.customer.code,
        )


def recognise_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: book the month that ended at `due_at` for block `<customer>-<block>`; plan the next."""
    block = find(subject)
    current = books.current(recorded_at)
    through = calendar.last_day(due_at, current.time_zone)
    with transaction.atomic():
        months = Months.every_open(received_on=books.date_of(recorded_at, current))
        pool_books.lock([(block.customer_id, block.pool_id)], recorded_at)
        book(block, through, months, at=recorded_at)
        ends = block.state.until
        if ends is None or due_at < ends:
            plan(block, due_at)


def estimate(
    block: Block,
    *,
    expected: int,
    by: str,
    approved_by: str,
    reason: str,
    at: datetime,
    post_on: date | None = None,
) -> BreakageEstimate:
    """Estimate how many credits of a block will be used in the end (V9); by two persons.

    Args:
        block: one that recognises in proportion to use.
        expected: 0 to its credits. Where fewer are expected than are used, those used count; 0 says
            that the rest is remote: everything is earned.
        reason: the evidence.
        post_on: book the difference at once, on this day; None: at the next month's end.

    Raises Refusal `estimate_unfit`, `estimate_too_high`, `approval_own`, `period_closed`.
    """
    _check(block, expected)
    if by == approved_by:
        raise Refusal("approval_own", "An estimate needs two persons.")
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([] if post_on is None else [post_on], received_on=today)
        pool_books.lock([(block.customer_id, block.pool_id)], at)
        last = _estimates(block).last()
        made: BreakageEstimate = BreakageEstimate.objects.create(
            customer_id=block.customer_id,
            block=block,
            no=1 if last is None else last.no + 1,
            expected=expected,
            recorded_at=at,
            estimated_by=by,
            approved_by=approved_by,
            reason=reason,
        )
        if post_on is not None:
            if months.posting_date(post_on) != post_on:
                period = AccountingPeriod.objects.get(month=calendar.month_start(post_on))
                raise Refusal("period_closed", f"{period} is closed already. Post on a later day.")
            book(block, post_on, months, at=at)
    return made


def request_estimate(
    block: Block, *, expected: int, by: str, reason: str, at: datetime, post_on: date | None = None
) -> Approval:
    """Ask for an estimate, which a second person has to agree to; as `estimate`, and refused alike."""
    _check(block, expected)
    day = "" if post_on is None else f", booked on {post_on}"
    return approvals.request(
        kind=ESTIMATE,
        subject=f"{block.customer_id}-{block.id}",
        summary=f"Expect {expected:,} of {block.granted:,} credits of {block.customer.name} to be "
        f"used in the end{day}.",
        content={
            "block": f"{block.customer_id}-{block.id}",
            "expected": expected,
            "post_on": None if post_on is None else post_on.isoformat(),
            "evidence": reason,
        },
        by=by,
        at=at,
    )


def carry_out_estimate(asked: Approval, *, by: str, at: datetime) -> BreakageEstimate:
    """Make the estimate that was asked for, with the one who agreed; as `estimate`."""
    content = asked.content
    return estimate(
        find(content["block"]),
        expected=content["expected"],
        by=asked.requested_by,
        approved_by=by,
        reason=content["evidence"],
        at=at,
        post_on=None if content["post_on"] is None else date.fromisoformat(content["post_on"]),
    )


def outlook(block: Block, expected: int | None, at: datetime) -> Earned:
    """What would be earned of a block by now, by its newest estimate or by another one."""
    newest = _estimates(block).last()
    guess = expected if expected is not None else newest.expected if newest else None
    today = books.date_of(at, books.current(at))
    use = _use(block, today, on=today, counted=None)
    return breakage.earned(use, guess, _state_share(block, at))


def settle(customers: list[int], pools: list[int], months: Months, at: datetime) -> int:
    """Book at once what doesn't wait for a month's end: expiry, credits taken back, late use after it.

    Months that ended since are booked as their own runs would: such a run found nothing to book as long as
    this waited, and left no mark behind; what was drawn in its month would be forgotten.

    Inside the posting run, under the pools' locks, before their marks advance. Returns the entries.
    """
    entries = 0
    rows = sql.rows("ledger", "blocks_to_settle", customers=customers, pools=pools, now=at)
    known = {
        block.id: block
        for block in Block.objects.select_related("customer", "pool__holder", "state").filter(
            customer_id__in=customers, id__in={block_id for block_id, _ in rows}
        )
    }
    days: dict[int, set[date]] = defaultdict(set)
    for block_id, on in rows:
        days[block_id].add(on)
    zone = books.current(at).time_zone
    for block_id, mine in days.items():
        mine |= set(_month_ends(known[block_id], min(mine), at, zone))
        for day in sorted(mine):
            entries += book(known[block_id], day, months, at=at)
    return entries


def _month_ends(block: Block, since: date, at: datetime, zone: str) -> Iterator[date]:
    """The last days of the months from that of `since` on which have ended by `at`, through that in which
    the block ends."""
    end = at if block.state.until is None else min(at, block.state.until)
    month = calendar.month_start(since)
    while True:
        after = calendar.add_months(month, 1)
        over = calendar.local_midnight(after, zone)
        if over > at:
            return
        yield calendar.day_before(after)
        if over >= end:
            return
        month = after


def book(block: Block, through: date, months: Months, *, at: datetime) -> int:
    """Book what is earned of a block through a day, less what was booked. Returns the entries made.

    Under the pool's lock. Runs go forward: for a day before that of the last run, what that counted stays
    counted, and what has come since counts up to the day. The entry is of the day, or of today if its month
    is closed.
    """
    last = Recognition.objects.filter(customer_id=block.customer_id, block=block).last()
    until = through if last is None else max(through, last.through)
    use = _use(block, until, on=through, counted=None if last is None else last.recorded_at)
    newest = _estimates(block).last()
    guess = None if newest is None else newest.expected
    now = breakage.earned(use, guess, _state_share(block, at), books.current(at).rounding)
    before = _booked(last)
    if now == before and use.used == (0 if last is None else last.used):
        return 0
    row = Recognition.objects.create(
        customer_id=block.customer_id,
        block=block,
        no=1 if last is None else last.no + 1,
        through=until,
        used=use.used,
        expected=breakage.expected(use, guess),
        deferred_minor=use.cost_minor - now.total,
        usage_minor=now.usage,
        agent_minor=now.agent,
        breakage_minor=now.breakage,
        state_minor=now.state,
        recorded_at=at,
    )
    return _post(row, now, before, months.posting_date(through), at)


def _check(block: Block, expected: int) -> None:
    if block.breakage != breakage.PROPORTIONAL:
        raise Refusal(
            "estimate_unfit",
            "What is left of these credits is earned when they expire; that was fixed when they were "
            "granted. There is nothing to estimate.",
        )
    if not 0 <= expected <= block.granted:
        raise Refusal(
            "estimate_too_high",
            f"Between 0 and {block.granted:,} of the block's credits can be used, not {expected:,}.",
        )


def _use(block: Block, until: date, *, on: date, counted: datetime | None) -> breakage.Use:
    [(used, as_agent, expired, voided, taken_back)] = sql.rows(
        "ledger", "recognisable_use", customer=block.customer_id, block=block.id, until=until, on=on,
        counted=counted,
    )  # fmt: skip
    layer = CostLayer.objects.get(
        customer_id=block.customer_id, id=block.layers.get(customer_id=block.customer_id, no=1).layer_id
    )  # fmt: skip
    quantity = block.granted - voided
    return breakage.Use(
        layer.cost_functional_minor - taken_back,
        quantity,
        used,
        as_agent,
        quantity - used - expired,
    )


def _state_share(block: Block, at: datetime) -> Fraction:
    key = limits.key_of(block.pool.holder, block.customer.code)
    settings = limits.of([key], at)[block.pool.holder_id]
    return settings.state_share(block.customer.country, block.customer.region) / 100


def _booked(last: Recognition | None) -> Earned:
    if last is None:
        return Earned()
    return Earned(last.usage_minor, last.agent_minor, last.breakage_minor, last.state_minor)


def _post(row: Recognition, now: Earned, before: Earned, on: date, at: datetime) -> int:
    block = row.block
    agent = now.agent - before.agent
    entry = journal.post(
        Posting(
            on=on,
            recipe="JE-13",
            memo=f"Use and breakage through {row.through}: {row.used:,} of {row.expected:,} credits "
            f"expected of {block.pool.holder.code}",
            source=f"recognition:{row.customer_id}:{row.block_id}:{row.no}",
            customer_id=row.customer_id,
            holder=block.pool.holder,
            prior_period=on.replace(day=1) > row.through.replace(day=1),
        ),
        debit={chart.DEFERRED_CREDITS: now.total - before.total},
        credit={
            chart.USAGE: now.usage - before.usage - agent,
            chart.PAYABLES: agent,
            chart.BREAKAGE: now.breakage - before.breakage,
            chart.UNCLAIMED: now.state - before.state,
        },
        currency=books.current(at).currency,
        at=at,
    )
    return 0 if entry is None else 1


def _estimates(block: Block) -> QuerySet[BreakageEstimate]:
    found: QuerySet[BreakageEstimate] = BreakageEstimate.objects.filter(
        customer_id=block.customer_id, block=block
    )
    return found
