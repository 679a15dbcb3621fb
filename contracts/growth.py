"""Answers how the business grows, month by month (S74); whether it fails is told by `fit_signals`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from creditops.lib import calendar, sql
from ledger import books
from ledger.models import PoolTerm


@dataclass
class Month:
    """A month: credits used (of them overage), sold, given away, ended; terms that renewed, with what they
    commit to and what the terms before them did."""

    month: date
    used: int = 0
    overage: int = 0
    sold: int = 0
    given: int = 0
    ended: int = 0
    renewals: int = 0
    renewed: int = 0
    committed_before: int = 0
    new_contracts: int = 0

    @property
    def net_new(self) -> int:
        """Credits that came, less those that ended unused."""
        return self.sold + self.given - self.ended


def by_month(first: date, last: date, *, known_at: datetime) -> list[Month]:
    """Every month from that of `first` through that of `last`, oldest first."""
    start, zone = calendar.month_start(first), books.current(known_at).time_zone
    length = calendar.months_between(start, calendar.month_start(last)) + 1
    months = {m: Month(m) for m in (calendar.add_months(start, n) for n in range(length))}
    for month, what, credits in sql.rows(
        "ledger", "growth", first=start, last=last, known_at=known_at, zone=zone
    ):
        setattr(months[month], what, int(credits))
    _add_terms(months, last, zone, known_at)
    return list(months.values())


def _add_terms(months: dict[date, Month], last: date, zone: str, known_at: datetime) -> None:
    """Terms by the month in which they began: first ones, and renewals beside the term before."""
    before: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    rows = PoolTerm.objects.filter(recorded_at__lte=known_at).select_related("term")
    for row in rows.order_by("term__number"):
        known = before[row.customer_id, row.pool_id]
        known[row.term.number] = row.commitment
        begun = calendar.local_date(row.term.starts_at, zone)
        month = months.get(calendar.month_start(begun))
        if month is None or begun > last:
            continue
        if row.term.number == 1:
            month.new_contracts += 1
        else:
            month.renewals += 1
            month.renewed += row.commitment
            month.committed_before += known.get(row.term.number - 1, 0)
