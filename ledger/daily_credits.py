"""Does daily credits: a block for every local day, made late or in time, as if at midnight (L15).

Nobody waits for a sweep: whoever draws, corrects or looks brings the pool up to date first. A day's
block is recorded at its midnight whenever it is written, so a balance of any instant reads the same
before and after. It costs nothing, ends with its day, rolls nowhere and counts in no alert (X14, X24).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from creditops.lib import calendar, due
from creditops.lib.refusals import Refusal
from ledger import daily_rules, grants, pool_books, thresholds
from ledger.daily_rules import DAY, Day
from ledger.grants import Grant
from ledger.line import Line
from ledger.models import Block, CostLayer, DailyGrant, Holder, Pool

_DUE = "ledger.daily"


def start(
    pool: Pool,
    *,
    credits: int,
    source: str,
    by: str,
    reason: str,
    at: datetime,
    last_day: date | None = None,
) -> Block:
    """Give `credits` for every local day of the pool's holder, from the day of `at` on.

    Args:
        pool: whose.
        source: the act behind it, unique under the customer.
        last_day: the last local day with credits; None: for ever.

    Returns today's block, usable from `at` on. Raises Refusal `already_granted`,
    `grant_not_positive`, `grant_too_large`, or `grant_ends_before_it_begins` for a last day that is
    past.
    """
    zone = pool.holder.time_zone
    today = calendar.local_date(at, zone)
    if last_day is not None and last_day < today:
        raise Refusal(
            "grant_ends_before_it_begins",
            f"The last day with credits would be {last_day}, which is past.",
        )
    rule = DailyGrant(
        customer_id=pool.customer_id,
        pool=pool,
        source=source,
        credits=credits,
        first_day=today,
        last_day=last_day,
        recorded_at=at,
        granted_by=by,
        reason=reason,
    )
    tomorrow = calendar.local_midnight(today + DAY, zone)
    first = _grant(Day(rule, daily_rules.source(rule, today), at, tomorrow))
    grants.check(first)
    with transaction.atomic():
        line = _locked(pool, at)
        bring_up_to_date([line], at)
        _write(rule)
        block = grants.add(line, pool, first, at)
        _expect_next(line, pool, daily_rules.of_pools([pool.id], pool.customer_id), today)
        line.lay_out(at, "daily credits")
        thresholds.write(thresholds.notice(line, at))
        pool_books.save([line], batch_id=None, recorded_at=at)
    return block


def end(rule: DailyGrant, last_day: date, *, at: datetime) -> None:
    """Let `last_day`, local to the pool's holder, be the last one with these credits.

    Earlier or later than before; today's credits stay as they are. Raises Refusal `daily_grant_over`
    where its last day has passed, `grant_ends_before_it_begins` for a last day that is past.
    """
    pool = Pool.objects.select_related("holder", "customer").get(
        customer_id=rule.customer_id, id=rule.pool_id
    )
    today = calendar.local_date(at, pool.holder.time_zone)
    if rule.last_day is not None and rule.last_day < today:
        raise Refusal("daily_grant_over", f"The last day with these credits was {rule.last_day}.")
    if last_day < today:
        raise Refusal(
            "grant_ends_before_it_begins",
            f"The last day with credits would be {last_day}, which is past.",
        )
    with transaction.atomic():
        line = _locked(pool, at)
        bring_up_to_date([line], at)
        rule.last_day = last_day
        rule.save(update_fields=["last_day"])
        _expect_next(line, pool, daily_rules.of_pools([pool.id], pool.customer_id), today)
        line.lay_out(at, "daily credits")
        pool_books.save([line], batch_id=None, recorded_at=at)


def stop_all(holder: Holder, *, at: datetime) -> None:
    """Let the last local day before `at` be the last one with credits; blocks that were made stay."""
    last_day = calendar.last_day(at, holder.time_zone)
    rules = DailyGrant.objects.filter(customer_id=holder.customer_id, pool__holder=holder)
    for rule in rules.filter(Q(last_day__isnull=True) | Q(last_day__gt=last_day)):
        rule.last_day = max(last_day, rule.first_day)
        rule.save(update_fields=["last_day"])


def bring_up_to_date(lines: Collection[Line], now: datetime) -> bool:
    """Make the blocks of every day begun by `now` that has none yet.

    The lines are locked, with their detail. Returns whether any was behind: those have to be laid
    out anew and saved.
    """
    behind = _behind(lines, now)
    for line, pool, rules in behind:
        for day in daily_rules.days(pool, rules, line.daily_at, now):
            grants.add(line, pool, _grant(day), day.begins)
        _expect_next(line, pool, rules, calendar.local_date(now, pool.holder.time_zone))
    return bool(behind)


def imagine(lines: Collection[Line], now: datetime) -> None:
    """As `bring_up_to_date`, in memory only: for looking, not for drawing."""
    for line, pool, rules in _behind(lines, now):
        for number, day in enumerate(daily_rules.days(pool, rules, line.daily_at, now), start=1):
            wanted = _grant(day)
            block = Block(
                id=-number, kind=wanted.kind, granted=wanted.credits, effective_at=day.begins,
                term_start=day.begins, priority=grants.PRIORITIES[Block.Kind.DAILY],
            )  # fmt: skip
            layer = CostLayer(id=-number, quantity=wanted.credits, cost_minor=0)
            line.blocks[block.id] = grants.in_line(block, day.ends, layer)


def grant_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: a day begins for pool `<customer>-<pool>`."""
    customer_id, pool_id = map(int, subject.split("-"))
    pool = Pool.objects.select_related("holder", "customer").get(
        customer_id=customer_id, id=pool_id
    )
    with transaction.atomic():
        line = _locked(pool, recorded_at)
        if bring_up_to_date([line], recorded_at):
            # A day's credits are not measured, so nothing is noticed now that was not before.
            line.lay_out(recorded_at, "daily credits")
            thresholds.watch(line, recorded_at)
            pool_books.save([line], batch_id=None, recorded_at=recorded_at)
        else:
            _plan(line, pool)


def _behind(lines: Collection[Line], now: datetime) -> list[tuple[Line, Pool, list[DailyGrant]]]:
    behind = {
        line.pool_id: line for line in lines if line.daily_at is not None and line.daily_at <= now
    }
    if not behind:
        return []
    customers = {line.customer_id for line in behind.values()}
    pools = Pool.objects.filter(customer_id__in=customers, id__in=list(behind))
    rules = list(DailyGrant.objects.filter(customer_id__in=customers, pool__in=list(behind)))
    return [
        (behind[pool.id], pool, [rule for rule in rules if rule.pool_id == pool.id])
        for pool in pools.select_related("holder", "customer").order_by("customer_id", "id")
    ]


def _expect_next(line: Line, pool: Pool, rules: Sequence[DailyGrant], today: date) -> None:
    """Remember when the next day with credits begins, and plan it."""
    tomorrow = today + DAY
    goes_on = any(rule.last_day is None or tomorrow <= rule.last_day for rule in rules)
    line.daily_at = calendar.local_midnight(tomorrow, pool.holder.time_zone) if goes_on else None
    _plan(line, pool)


def _plan(line: Line, pool: Pool) -> None:
    if line.daily_at is not None:
        due.plan(
            _DUE, f"{pool.customer_id}-{pool.id}", line.daily_at, rank=due.START,
            group=pool.customer.code,
        )  # fmt: skip


def _grant(day: Day) -> Grant:
    return Grant(
        kind=Block.Kind.DAILY,
        credits=day.rule.credits,
        source=day.source,
        effective_at=day.begins,
        expires_at=day.ends,
        by=day.rule.granted_by,
        reason=day.rule.reason,
    )


def _write(rule: DailyGrant) -> None:
    try:
        with transaction.atomic():
            rule.save(force_insert=True)
    except IntegrityError as error:
        if "granted_once" not in str(error):
            raise
        raise Refusal("already_granted", f"{rule.source!r} granted its credits already.") from error


def _locked(pool: Pool, now: datetime) -> Line:
    line = pool_books.lock([(pool.customer_id, pool.id)], now)[pool.customer_id, pool.id]
    pool_books.add_detail([line], now)
    return line
