"""Answers how the business grows, month by month (S74), and whether it fails (S75 to S77, Z6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from contracts import terms_of_sale
from contracts.models import Contract
from creditops.lib import calendar, money, sql
from ledger import books
from ledger.models import Block, Holder, PoolTerm, ThresholdCrossing

# Above these shares, in percent, a signal is raised (Z6); ours, not a law of nature.
HIT_THE_WALL_PCT = 60
LEAST_FREE_USE_PCT = 20
BY_HAND_PCT = 50


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


@dataclass(frozen=True)
class Signal:
    """A way to fail: what was measured, beside what would be too much. `raised` is None where there is
    nothing to measure yet."""

    code: str
    measured: str
    limit: str
    raised: bool | None


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


def signals(last: date, *, known_at: datetime) -> Sequence[Signal]:
    """The ways to fail, measured at the end of a day over the twelve months before."""
    zone = books.current(known_at).time_zone
    end = calendar.local_midnight(last + timedelta(days=1), zone)
    begin = calendar.local_midnight(calendar.add_months(last, -12) + timedelta(days=1), zone)
    return [*_not_generous(begin, end), _licence_in_disguise(end)]


def _not_generous(begin: datetime, end: datetime) -> list[Signal]:
    """Trials that used up their free credits and did not buy; free credits that hardly anybody touched."""
    free = Block.objects.filter(
        kind__in=(Block.Kind.PROMO, Block.Kind.DAILY), effective_at__range=(begin, end)
    )
    tried = set(free.order_by().values_list("customer_id", flat=True).distinct())
    bought = set(
        Block.objects.filter(customer_id__in=tried, kind=Block.Kind.PAID, effective_at__lt=end)
        .order_by()
        .values_list("customer_id", flat=True)
        .distinct()
    )
    hit = set(
        ThresholdCrossing.objects.filter(
            customer_id__in=tried, threshold="EXHAUSTED", crossed_at__range=(begin, end)
        )
        .order_by()
        .values_list("customer_id", flat=True)
        .distinct()
    )
    lost = _share(len(hit - bought), len(hit))
    used = set(
        free.filter(state__used__gt=0).order_by().values_list("customer_id", flat=True).distinct()
    )
    touched = _share(len(used), len(tried))
    return [
        Signal("NOT_GENEROUS", f"{_said(lost)} of {len(hit)} who used up their free credits did not buy",
               f"more than {HIT_THE_WALL_PCT} %", None if lost is None else lost > HIT_THE_WALL_PCT),
        Signal("NOT_GENEROUS", f"{_said(touched)} of {len(tried)} who got free credits used any",
               f"less than {LEAST_FREE_USE_PCT} %",
               None if touched is None else touched < LEAST_FREE_USE_PCT),
    ]  # fmt: skip


def _licence_in_disguise(end: datetime) -> Signal:
    """Contracts whose credits don't roll over and that do not renew by themselves."""
    running = list(
        Contract.objects.filter(signed_at__lt=end)
        .exclude(status=Contract.Status.ENDED)
        .select_related("holder__customer")
    )
    holders: list[Holder] = [contract.holder for contract in running]
    settings = terms_of_sale.in_force_of(holders, end)
    disguised = [
        c for c in running if settings[c.holder_id]["rollover"] == "NONE" and not c.auto_renew
    ]
    share = _share(len(disguised), len(running))
    return Signal(
        "LICENCE_IN_DISGUISE",
        f"{_said(share)} of {len(running)} contracts have no rollover and are renewed by hand",
        f"more than {BY_HAND_PCT} %",
        None if share is None else share > BY_HAND_PCT,
    )


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole else None


def _said(share: Fraction | None) -> str:
    return "None" if share is None else f"{money.fixed_text(share, 1)} %"
