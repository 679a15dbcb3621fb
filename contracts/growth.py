"""Answers how the business grows, month by month (S74), and whether it fails (S75 to S77, Z6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q

from contracts import fit_signals, terms_of_sale
from contracts.amendments import RENEWED_BY_ITSELF
from contracts.models import Amendment, Contract
from creditops.lib import calendar, money, policies, sql
from ledger import block_rolls, books
from ledger.models import Block, PoolTerm, Term, ThresholdCrossing

_FREE = (Block.Kind.PROMO, Block.Kind.DAILY)
_ENDS = (Amendment.Kind.CANCELLED, Amendment.Kind.TERMINATED)


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
    """The ways to fail, measured over the twelve months before the end of a day, as known at an instant."""
    zone = books.current(known_at).time_zone
    begin = calendar.add_months(last, -12) + timedelta(days=1)
    end = calendar.local_midnight(last + timedelta(days=1), zone)
    asked_of = min(end, known_at)
    limits = {
        name: money.decimal(policies.in_force([], asked_of)[name])
        for name in (fit_signals.WALL_PCT, fit_signals.ALLOWANCE_PCT, fit_signals.BY_HAND_PCT)
    }
    deals = fit_signals.too_complex(asked_of)
    return [
        Signal(deals.code, deals.evidence, deals.limit, deals.shows),
        *_not_generous(calendar.local_midnight(begin, zone), end, last, known_at, limits),
        _licence_in_disguise(end, known_at, limits[fit_signals.BY_HAND_PCT]),
    ]


def _not_generous(
    begin: datetime, end: datetime, last: date, known_at: datetime, limits: Mapping[str, Fraction]
) -> list[Signal]:
    """Trials that used up their free credits and did not buy; free credits that hardly anybody touched."""
    known = Block.objects.filter(recorded_at__lte=known_at, effective_at__lt=end).order_by()
    free = known.filter(kind__in=_FREE, effective_at__gte=begin)
    tried = set(free.values_list("customer_id", flat=True).distinct())
    paid = known.filter(customer_id__in=tried, kind=Block.Kind.PAID)
    bought = set(paid.values_list("customer_id", flat=True).distinct())
    hit = set(
        ThresholdCrossing.objects.filter(
            customer_id__in=tried, threshold="EXHAUSTED", crossed_at__gte=begin, crossed_at__lt=end
        )
        .order_by()
        .values_list("customer_id", flat=True)
        .distinct()
    )
    used = {
        block.customer_id
        for block in block_rolls.at_end_of(last, known_at=known_at)
        if block.kind in _FREE and block.used and block.effective_at >= begin
    }
    lost, touched = _share(len(hit - bought), len(hit)), _share(len(used), len(tried))
    most, least = limits[fit_signals.WALL_PCT], limits[fit_signals.ALLOWANCE_PCT]
    return [
        Signal("NOT_GENEROUS", f"{_said(lost)} of {len(hit)} who used up their free credits did not buy",
               f"more than {_plain(most)} %", None if lost is None else lost > most),
        Signal("NOT_GENEROUS", f"{_said(touched)} of {len(tried)} who got free credits used any",
               f"less than {_plain(least)} %", None if touched is None else touched < least),
    ]  # fmt: skip


def _licence_in_disguise(end: datetime, known_at: datetime, most: Fraction) -> Signal:
    """Contracts whose credits don't roll over and that do not renew by themselves, of those whose term had
    not ended; as they were before ends that were recorded since."""
    terms = Term.objects.filter(
        customer_id=OuterRef("customer_id"), holder_id=OuterRef("holder_id"), ends_at__gt=end
    )
    first_or_begun = Q(number=1) | Q(starts_at__lte=known_at)
    signed = Contract.objects.filter(signed_at__lt=end, signed_at__lte=known_at)
    running = list(
        signed.filter(Exists(terms.filter(first_or_begun))).select_related("holder__customer")
    )
    settings = terms_of_sale.in_force_of([contract.holder for contract in running], end)
    since = Amendment.objects.filter(kind__in=_ENDS, signed_at__gt=known_at).order_by("-no")
    by_itself = {row.contract_id: row.effect.get(RENEWED_BY_ITSELF, False) for row in since}
    disguised = [
        contract
        for contract in running
        if settings[contract.holder_id]["rollover"] == "NONE"
        and not by_itself.get(contract.pk, contract.auto_renew)
    ]
    share = _share(len(disguised), len(running))
    return Signal(
        "LICENCE_IN_DISGUISE",
        f"{_said(share)} of {len(running)} contracts have no rollover and are renewed by hand",
        f"more than {_plain(most)} %",
        None if share is None else share > most,
    )


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole else None


def _said(share: Fraction | None) -> str:
    return "None" if share is None else f"{money.fixed_text(share, 1)} %"


def _plain(limit: Fraction) -> str:
    return money.decimal_text(limit)
