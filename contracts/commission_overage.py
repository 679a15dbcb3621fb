"""Answers what of the commission that was granted at the ends of contract years overage earned (S59, C3).

Each event is read as it was made: by the use and the owners that it knew, without what was lost then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from django.db.models import QuerySet

from contracts import commission_figures, commission_plans, commission_standing
from contracts.models import CommissionEvent
from creditops.lib import money
from ledger import books, consumed_value
from ledger.consumed_value import Window

_Kind = CommissionEvent.Kind


def of(first: date, last: date, *, known_at: datetime) -> dict[tuple[str, int, int], int]:
    """(rep, plan id, contract id) -> minor units of the books' currency: of what the ends of years and
    restatements of the time granted. A constant number of queries."""
    rounding = books.current(known_at).rounding
    asked = set(
        _settled(known_at)
        .filter(posting_date__range=(first, last), parts__total_minor__gt=0)
        .values_list("contract_id", "year", "no")
    )
    events = {
        (event.contract_id, event.year, event.no): event
        for event in _settled(known_at)
        .filter(contract__in={contract for contract, _, _ in asked})
        .select_related("contract__holder", "version")
        .prefetch_related("parts", "contract__assignments__shares")
    }
    wanted = [key for key in events if key in asked or (key[0], key[1], key[2] + 1) in asked]
    earned = dict(zip(wanted, _by_overage([events[key] for key in wanted], rounding), strict=True))
    found: dict[tuple[str, int, int], int] = defaultdict(int)
    for contract, year, no in asked:
        event, before = events[contract, year, no], earned.get((contract, year, no - 1), {})
        for part in event.parts.all():
            if part.amount_minor <= 0:
                continue
            more = earned[contract, year, no].get(part.rep, 0) - before.get(part.rep, 0)
            share = Fraction(min(max(more, 0), part.amount_minor), part.amount_minor)
            key = (part.rep, event.version.plan_id, contract)
            found[key] += money.rounded(part.functional_minor * share, rounding)
    return dict(found)


def _settled(known_at: datetime) -> QuerySet[CommissionEvent]:
    return CommissionEvent.objects.exclude(kind=_Kind.CLOSE).filter(recorded_at__lte=known_at)


def _by_overage(events: Iterable[CommissionEvent], rounding: str) -> list[dict[str, int]]:
    """Per event rep -> what of all that is due to the rep with it overage earned."""
    owned = [
        (event, commission_plans.owned(
            event.contract, event.starts_at, event.ends_at, known_at=event.recorded_at))
        for event in events
    ]  # fmt: skip
    used = iter(
        consumed_value.in_windows(
            [
                Window(event.contract.holder, event.currency, part.first, part.last, event.known_at)
                for event, parts in owned
                for part in parts
            ]
        )
    )
    found = []
    for event, parts in owned:
        stretches = [commission_standing.stretch(part.shares, next(used)) for part in parts]
        lost = max(0, sum(stretch.value_minor for stretch in stretches) - event.base_minor)
        totals = {part.rep: part.total_minor for part in event.parts.all()}
        found.append(commission_figures.of_overage(totals, stretches, lost, rounding))
    return found
