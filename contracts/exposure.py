"""Answers how far running terms may still go beyond what was paid, and who has not committed (S8, S9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Exists, OuterRef

from accounts.models import Customer
from creditops.lib import calendar, money
from ledger import books, earnings, limits
from ledger.models import CapLift, PoolState, PoolTerm, UsageEvent


@dataclass(frozen=True)
class Exposure:
    """A running term: credits committed, the cap, overage so far; its value and that of what is left to the
    cap, in minor units."""

    customer_id: int
    holder_id: int
    commitment: int
    cap: int
    overage: int
    value_minor: int
    exposure_minor: int


def of_running_terms(last: date, *, known_at: datetime) -> list[Exposure]:
    """The terms that run at the end of a day; a constant number of queries."""
    current = books.current(known_at)
    end = calendar.local_midnight(last + timedelta(days=1), current.time_zone)
    at = min(end, known_at)
    terms = list(
        PoolTerm.objects.filter(
            term__starts_at__lt=end, term__ends_at__gte=end, recorded_at__lte=known_at
        ).select_related("term__holder", "customer")
    )
    keys = [limits.key_of(t.term.holder, t.customer.code) for t in terms]
    settings = limits.of({key.holder_id: key for key in keys}.values(), at)
    lifts = {
        (lift.pool_id, lift.term_id): lift.cap
        for lift in CapLift.objects.filter(
            pool__in=[t.pool_id for t in terms], effective_at__lt=end, recorded_at__lte=known_at
        ).order_by("id")
    }
    # Of all that is available a cap can't be told from the commitment: the pool keeps it.
    kept = dict(
        PoolState.objects.filter(pool__in=[t.pool_id for t in terms]).values_list(
            "pool", "overage_cap"
        )
    )
    used = {
        (each.holder_id, each.term_id): each
        for each in earnings.of_overage(last, known_at=known_at)
    }
    found = []
    for term in terms:
        mine = settings[term.term.holder_id]
        own = mine.cap(term.commitment) if mine.cap_share is None else kept.get(term.pool_id) or 0
        cap = lifts.get((term.pool_id, term.term_id), own)
        overage = used.get((term.term.holder_id, term.term_id))
        credits = overage.credits if overage else 0
        price = Fraction(term.price_minor, term.commitment)
        found.append(
            Exposure(
                term.customer_id, term.term.holder_id, term.commitment, cap, credits,
                overage.value_minor if overage else 0,
                money.rounded(max(cap - credits, 0) * price, current.rounding),
            )
        )  # fmt: skip
    return sorted(found, key=lambda e: (-e.overage, e.customer_id, e.holder_id))


def without_commitment(last: date, committed: set[int], *, known_at: datetime) -> dict[str, int]:
    """How many customers committed to nothing, by what they do: pay as they go, or only try.

    Whether somebody used anything is one look into an index per customer, however much was used.
    """
    zone = books.current(known_at).time_zone
    end = calendar.local_midnight(last + timedelta(days=1), zone)
    use = UsageEvent.objects.filter(
        customer_id=OuterRef("pk"), event_time__lt=end, recorded_at__lte=known_at
    )
    others = (
        Customer.objects.filter(created_at__lt=end, created_at__lte=known_at, parent__isnull=True)
        .exclude(id__in=committed)
        .annotate(uses=Exists(use))
    )
    kinds = Counter(
        f"{customer.get_segment_display()}, {'with' if customer.uses else 'without'} usage"
        for customer in others
    )
    return dict(sorted(kinds.items()))
