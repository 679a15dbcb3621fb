"""Answers how long deferred credits may last: current within twelve months, or not (V21, Z3).

The amount is the account's own, holder by holder; blocks say how long it may last. What is deferred
before its credits are there lasts as long as the credits to come. A constant number of queries, however
many customers there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, Sum

from contracts import amendments, terms_of_sale
from creditops.lib import calendar
from ledger import block_rolls, books, chart, expiry, statements
from ledger.block_rolls import BlockValue
from ledger.models import Holder, Term

_CURRENT_MONTHS = 12


@dataclass(frozen=True)
class Maturity:
    """Deferred revenue by its time band, in minor units of the books' currency."""

    current: int = 0
    non_current: int = 0


@dataclass(frozen=True)
class Part:
    """A piece of deferred revenue: for whose credits, and until when they can be used at the latest.

    `block` is None for what is deferred for credits to come, less credits that are not billed yet.
    `ends_at` counts one more rollover where the policy allows it; None: they have no end.
    """

    customer_id: int | None
    holder_id: int | None
    block: BlockValue | None
    value_minor: int
    ends_at: datetime | None

    def ends_by(self, instant: datetime) -> bool:
        """Whether it can't be used from that instant on."""
        return self.ends_at is not None and self.ends_at <= instant


def of_all(as_of: date, *, at: datetime) -> Maturity:
    """The split of account 2100 at the end of the day `as_of`, as known at `at`; what waits is posted
    already. Credits without an end are not current."""
    bound = bound_of(as_of, _CURRENT_MONTHS, at)
    found = parts(as_of, at=at)
    current = sum(part.value_minor for part in found if part.ends_by(bound))
    return Maturity(current, sum(part.value_minor for part in found) - current)


def bound_of(as_of: date, months: int, at: datetime) -> datetime:
    """The instant that ends the day so many months after `as_of`, in the books' zone."""
    last = calendar.add_months(as_of, months)
    return calendar.local_midnight(last + timedelta(days=1), books.current(at).time_zone)


def parts(as_of: date, *, at: datetime, values: Sequence[BlockValue] | None = None) -> list[Part]:
    """All that is deferred at the end of a day, as known at `at`; the parts add up to account 2100.

    Args:
        values: the blocks at the end of that day, where they are known already.
    """
    midnight = bound_of(as_of, 0, at)
    deferred = _deferred(as_of, at)
    blocks: dict[int, list[BlockValue]] = defaultdict(list)
    for block in block_rolls.at_end_of(as_of, known_at=at) if values is None else values:
        blocks[block.holder_id].append(block)
    holders = {
        holder.id: holder
        for holder in Holder.objects.select_related("customer").filter(
            id__in={h for h in {*deferred, *blocks} if h is not None}
        )
    }
    settings = terms_of_sale.in_force_of(holders.values(), at)
    terms = _terms(holders, at)
    found = []
    for holder_id in sorted({*deferred, *blocks}, key=lambda h: h or 0):
        minor = deferred.get(holder_id, 0)
        if holder_id is None or holder_id not in holders:
            found.append(Part(None, holder_id, None, minor, None))
            continue
        rolls = settings[holder_id]["rollover"] != "NONE"
        mine = _Terms(holders[holder_id], terms[holder_id], rolls)
        found += _parts(mine, blocks[holder_id], minor, midnight)
    return [part for part in found if part.value_minor]


@dataclass(frozen=True)
class _Terms:
    """A holder, its terms, and whether what they leave over rolls."""

    holder: Holder
    terms: list[Term]
    rolls: bool

    def following(self, term: Term) -> datetime:
        """The end of the term that would follow one."""
        zone = self.holder.time_zone
        after = calendar.add_months(calendar.local_date(term.ends_at, zone), _CURRENT_MONTHS)
        return calendar.local_midnight(after, zone)

    def last_end(self, block: BlockValue) -> datetime | None:
        """When the block ends at the latest, with one more rollover where that is allowed."""
        may_roll = self.rolls and block.kind in expiry.ROLLING_KINDS and not block.rolled
        if block.expires_at is None or not may_roll:
            return block.expires_at
        term = next((term for term in self.terms if term.ends_at == block.expires_at), None)
        if term is None:
            return block.expires_at
        oldest = calendar.expires_at(
            block.effective_at, "ANNIVERSARY", expiry.LONGEST_LIFE_MONTHS, self.holder.time_zone
        )
        return max(block.expires_at, min(self.following(term), oldest))

    def next_end(self, at: datetime) -> datetime:
        """When credits of a term that is still to come end at the latest: they may roll over once."""
        term = next((term for term in self.terms if term.starts_at >= at), None)
        if term is None:
            return at
        return self.following(term) if self.rolls else term.ends_at


def _parts(
    mine: _Terms, blocks: Iterable[BlockValue], deferred: int, midnight: datetime
) -> list[Part]:
    """One holder's: its blocks, and what is deferred ahead of them, or behind."""
    customer, holder = mine.holder.customer_id, mine.holder.id
    found = [
        Part(customer, holder, block, block.value_minor, mine.last_end(block)) for block in blocks
    ]
    ahead = deferred - sum(part.value_minor for part in found)
    return [*found, Part(customer, holder, None, ahead, mine.next_end(midnight))]


def _deferred(as_of: date, at: datetime) -> dict[int | None, int]:
    """What is deferred at the end of a day, by the id of whose credits it is for."""
    lines = statements.lines(last=as_of, known_at=at).filter(account__code=chart.DEFERRED_CREDITS)
    rows = (
        lines.order_by()
        .values_list("entry__holder")
        .annotate(deferred=Sum(F("credit_minor") - F("debit_minor")))
    )
    return {holder: int(minor) for holder, minor in rows if minor}


def _terms(holders: Mapping[int, Holder], known_at: datetime) -> dict[int, list[Term]]:
    """The terms of holders, oldest first, as known then: a renewal from its begin on, and a term that was cut
    short since with the end that it had."""
    found: dict[int, list[Term]] = {holder: [] for holder in holders}
    known = Q(number=1) | Q(starts_at__lte=known_at)
    for term in Term.objects.filter(known, holder__in=list(holders)).order_by("starts_at"):
        found[term.holder_id].append(term)
    for holder_id, end in amendments.ends_before(holders, known_at).items():
        found[holder_id][-1].ends_at = end
    return found
