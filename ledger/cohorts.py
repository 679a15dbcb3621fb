"""Does cohorts of credits: what is sold alike is used alike (V9, V10).

Credits that were paid, by plan, life and year of grant: how they were used and what expired, beside what
was expected; and estimates of whole cohorts.

A plan is the rate card that priced the credits when they were granted. An estimate of a cohort is an estimate
of each of its blocks that recognises in proportion to use, agreed to by a second person as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction

from creditops.lib import approvals, calendar, money
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import block_rolls, books, breakage, recognition
from ledger.block_rolls import BlockValue
from ledger.models import Block, BlockChange, BreakageEstimate, HolderTariff

# The kind of request by which an estimate of a cohort is asked for.
ESTIMATE = "breakage.cohort"
NO_PLAN = "no rate card"
# The kinds of credits that were sold; of others nobody expects anything.
SOLD = (Block.Kind.PAID, Block.Kind.BONUS, Block.Kind.MIGRATION)


@dataclass(frozen=True, order=True)
class Key:
    """What credits of a cohort have in common. `months` is their life when granted; 0: without an end."""

    plan: str
    months: int
    year: int

    def __str__(self) -> str:
        return f"{self.plan}:{self.months}:{self.year}"


@dataclass(frozen=True)
class Cohort:
    """Credits of one cohort at the end of a day.

    `expected` is what estimates expect to be used in the end, of the blocks that have one (`estimated` of the
    granted credits); `broken_minor` the breakage booked so far.
    """

    key: Key
    blocks: int
    granted: int
    used: int
    expired: int
    left: int
    proportional: int
    estimated: int
    expected: int
    broken_minor: int

    @property
    def used_pct(self) -> Fraction | None:
        """The share that was used."""
        return Fraction(100 * self.used, self.granted) if self.granted else None

    @property
    def expected_pct(self) -> Fraction | None:
        """The share that estimates expect to be used."""
        return Fraction(100 * self.expected, self.estimated) if self.estimated else None


def of(
    last: date, *, known_at: datetime, blocks: Sequence[BlockValue] | None = None
) -> list[Cohort]:
    """All cohorts at the end of a day, as known at `known_at`; a constant number of queries.

    Args:
        blocks: every block at that end, where the caller has them.
    """
    if blocks is None:
        blocks = block_rolls.at_end_of(last, known_at=known_at)
    estimates = {
        (row.customer_id, row.block_id): row.expected
        for row in BreakageEstimate.objects.filter(recorded_at__lte=known_at).order_by("no")
    }
    by: dict[Key, list[BlockValue]] = defaultdict(list)
    for key, block in _keyed(blocks, known_at):
        by[key].append(block)
    return [_cohort(key, by[key], estimates) for key in sorted(by)]


def request_estimate(
    key: str, *, expected_pct: str, by: str, reason: str, at: datetime
) -> Approval:
    """Ask that so many percent of a cohort's credits are expected to be used; another person has to agree.

    Raises NotFound, Refusal `estimate_unfit`, `estimate_too_high`, `reason_missing`.
    """
    pct = money.decimal(expected_pct)
    if not 0 <= pct <= 100:
        raise Refusal("estimate_too_high", "Between 0 and 100 percent of credits can be used.")
    if not reason.strip():
        raise Refusal("reason_missing", "Name the evidence: whose use of how many months.")
    blocks = _proportional(key, at)
    return approvals.request(
        kind=ESTIMATE,
        subject=key,
        summary=f"Expect {expected_pct} % of the credits of {len(blocks)} blocks of cohort {key} to be "
        "used in the end.",
        content={"cohort": key, "expected_pct": expected_pct, "evidence": reason},
        by=by,
        at=at,
    )


def carry_out_estimate(asked: Approval, *, by: str, at: datetime) -> list[BreakageEstimate]:
    """Make the estimates that were asked for, with the one who agreed; all of them or none."""
    content = asked.content
    pct = money.decimal(content["expected_pct"])
    with transaction.atomic():
        return [
            recognition.estimate(
                recognition.find(f"{block.customer_id}-{block.block_id}"),
                expected=-(-block.granted * pct.numerator // (100 * pct.denominator)),
                by=asked.requested_by,
                approved_by=by,
                reason=content["evidence"],
                at=at,
            )
            for block in _proportional(content["cohort"], at)
        ]


def _proportional(key: str, at: datetime) -> list[BlockValue]:
    """The blocks of a cohort that are estimated and not used up."""
    today = books.date_of(at, books.current(at))
    mine = [
        block
        for found, block in _keyed(block_rolls.at_end_of(today, known_at=at), at)
        if str(found) == key
    ]
    if not mine:
        raise NotFound("cohort", key)
    open_ = [b for b in mine if b.breakage == breakage.PROPORTIONAL and b.rest]
    if not open_:
        raise Refusal(
            "estimate_unfit",
            "No credits of this cohort are left that are earned in proportion to use.",
        )
    return sorted(open_, key=lambda block: (block.customer_id, block.block_id))


def _keyed(blocks: Iterable[BlockValue], known_at: datetime) -> list[tuple[Key, BlockValue]]:
    paid = [block for block in blocks if block.kind in SOLD]
    zone = books.current(known_at).time_zone
    ends = {
        (change.customer_id, change.block_id): change.expires_at
        for change in BlockChange.objects.filter(
            no=1, block_id__in=[block.block_id for block in paid]
        )
    }
    plans: dict[int, list[HolderTariff]] = defaultdict(list)
    for tariff in HolderTariff.objects.filter(holder_id__in={block.holder_id for block in paid}):
        plans[tariff.holder_id].append(tariff)
    found = []
    for block in paid:
        begun = calendar.local_date(block.effective_at, zone)
        end = ends.get((block.customer_id, block.block_id))
        months = (
            0 if end is None else calendar.months_between(begun, calendar.local_date(end, zone))
        )
        found.append((Key(_plan(plans[block.holder_id], block), months, begun.year), block))
    return found


def _plan(tariffs: Sequence[HolderTariff], block: BlockValue) -> str:
    names = [t.tariff_name for t in tariffs if t.starts_at <= block.effective_at] or [
        t.tariff_name for t in tariffs[:1]
    ]
    return names[-1] if names else NO_PLAN


def _cohort(
    key: Key,
    blocks: Sequence[BlockValue],
    estimates: dict[tuple[int, int], int],
) -> Cohort:
    named = [((block.customer_id, block.block_id), block) for block in blocks]
    return Cohort(
        key=key,
        blocks=len(blocks),
        granted=sum(block.granted - block.voided for block in blocks),
        used=sum(block.used for block in blocks),
        expired=sum(block.expired for block in blocks),
        left=sum(block.rest for block in blocks),
        proportional=sum(block.breakage == breakage.PROPORTIONAL for block in blocks),
        estimated=sum(block.granted for name, block in named if name in estimates),
        expected=sum(estimates[name] for name, _ in named if name in estimates),
        broken_minor=sum(block.broken_minor for block in blocks),
    )
