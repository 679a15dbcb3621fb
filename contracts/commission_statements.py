"""Answers what a rep has earned, risks, was paid and owes, contract by contract; freezes it as told (C6).

A statement is of a rep and a calendar year of the books. It shows the contract years that touch the year,
as known at an instant, the events of the year behind them, and how the rep's account stands: what is open
for payment, and what is to be taken back. Frozen versions stay as they were told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Sum, When

from contracts import commission_standing, contract_years
from contracts.commission_standing import Figures, RepFigures
from contracts.contract_years import Year
from contracts.models import (
    CommissionDispute,
    CommissionEvent,
    CommissionPart,
    CommissionPayout,
    CommissionStatement,
    Contract,
)
from creditops.lib import calendar, locks, money
from ledger import books


@dataclass(frozen=True)
class Line:
    """A contract year in a rep's statement; amounts are the rep's, in minor units of `currency`.

    Attributes:
        first_day, last_day: in the contract's zone.
        consumed_minor: value consumed of the whole contract so far.
        paid_minor: at close.
        earned_minor: by what was consumed so far.
        at_risk_minor: paid and not earned yet, while the year runs (C6).
        to_come_minor: earned beyond what was paid at close, while the year runs: due at its end.
        held_back_minor: more to be earned if all that is committed is used, while the year runs.
        final_minor: what the year came to; None while it runs.
    """

    contract: str
    customer: str
    year: int
    starts_at: datetime
    ends_at: datetime
    first_day: date
    last_day: date
    currency: str
    price_minor: int
    consumed_minor: int
    paid_minor: int
    earned_minor: int
    at_risk_minor: int
    to_come_minor: int
    held_back_minor: int
    final_minor: int | None


@dataclass(frozen=True)
class Entry:
    """A commission event of the year, as far as it is the rep's; below zero is taken back.

    Attributes:
        due_minor: what is the rep's for the contract year with this event, in minor units.
        before_minor: what was by the events before it; the amount is the difference.
    """

    on: date
    contract: str
    year: int
    kind: str
    due_minor: int
    before_minor: int
    currency: str

    @property
    def amount_minor(self) -> int:
        """What the event changes."""
        return self.due_minor - self.before_minor


@dataclass(frozen=True)
class Account:
    """How a rep stands with the vendor in one currency, in minor units, at the end of the statement.

    Attributes:
        earned_minor, at_risk_minor, to_come_minor, held_back_minor: of the contract years shown.
        granted_minor, taken_back_minor: by the events of the year.
        paid_out_minor: what left to the rep in the year; `netted_minor` went against clawback.
        payable_minor: earned by all events ever and not paid out yet; `owed_minor`: to be taken back.
    """

    currency: str
    earned_minor: int = 0
    at_risk_minor: int = 0
    to_come_minor: int = 0
    held_back_minor: int = 0
    granted_minor: int = 0
    taken_back_minor: int = 0
    paid_out_minor: int = 0
    netted_minor: int = 0
    payable_minor: int = 0
    owed_minor: int = 0

    @property
    def next_payout_minor(self) -> int:
        """What the next payout would bring, clawback netted first."""
        return max(0, self.payable_minor - self.owed_minor)


@dataclass(frozen=True)
class Statement:
    """A rep's statement of a year, as known at an instant."""

    rep: str
    year: int
    as_of: datetime
    lines: list[Line] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)


def of_year(year: int, *, at: datetime, reps: Collection[str] | None = None) -> list[Statement]:
    """The statements of a year, one per rep who has something in it; by name. Few queries for all."""
    first, last = bounds(year, at)
    lines = _lines(first, last, at, reps)
    entries = _entries(year, reps)
    accounts = _accounts(year, lines, entries, reps)
    names = sorted({*lines, *entries, *accounts} if reps is None else reps)
    return [
        Statement(
            rep, year, at, lines.get(rep, []), entries.get(rep, []), accounts.get(rep, [])
        )
        for rep in names
    ]  # fmt: skip


def of_rep(rep: str, year: int, *, at: datetime) -> Statement:
    """One rep's statement of a year."""
    return of_year(year, at=at, reps=[rep])[0]


def freeze(rep: str, year: int, *, by: str, at: datetime) -> CommissionStatement:
    """Keep a rep's statement as it stands: the next version."""
    with transaction.atomic():
        locks.hold(f"commission:{rep}")
        told = of_rep(rep, year, at=at)
        last = CommissionStatement.objects.filter(rep=rep, year=year).aggregate(
            last=Max("version", default=0)
        )["last"]
        made: CommissionStatement = CommissionStatement.objects.create(
            rep=rep,
            year=year,
            version=last + 1,
            body=as_told(told),
            last_event=newest_event(rep),
            frozen_at=at,
            frozen_by=by,
        )
    return made


def newest_event(rep: str) -> int:
    """The number of the newest commission event in which the rep has a part; 0 without any."""
    parts = CommissionPart.objects.filter(rep=rep)
    return int(parts.aggregate(last=Max("event_id", default=0))["last"])


def bounds(year: int, at: datetime) -> tuple[datetime, datetime]:
    """The instants between which a calendar year of the books lies."""
    zone = books.current(at).time_zone
    return (
        calendar.local_midnight(date(year, 1, 1), zone),
        calendar.local_midnight(date(year + 1, 1, 1), zone),
    )


def as_told(statement: Statement) -> dict[str, Any]:
    """A statement as plain values: money as text in its currency, instants as ISO 8601."""
    return {
        "rep": statement.rep,
        "year": statement.year,
        "as_of": statement.as_of.isoformat(),
        "contracts": [_told_line(line) for line in statement.lines],
        "events": [
            {
                "on": entry.on.isoformat(),
                "contract": entry.contract,
                "contract_year": entry.year,
                "kind": entry.kind,
                "due": money.text(entry.due_minor, entry.currency),
                "before": money.text(entry.before_minor, entry.currency),
                "amount": money.text(entry.amount_minor, entry.currency),
                "currency": entry.currency,
            }
            for entry in statement.entries
        ],
        "accounts": [_told_account(account) for account in statement.accounts],
    }


def _told_line(line: Line) -> dict[str, Any]:
    def text(minor: int | None) -> str | None:
        return None if minor is None else money.text(minor, line.currency)

    return {
        "contract": line.contract,
        "customer": line.customer,
        "contract_year": line.year,
        "starts_at": line.starts_at.isoformat(),
        "ends_at": line.ends_at.isoformat(),
        "first_day": line.first_day.isoformat(),
        "last_day": line.last_day.isoformat(),
        "currency": line.currency,
        "price": text(line.price_minor),
        "consumed": text(line.consumed_minor),
        "paid_at_close": text(line.paid_minor),
        "earned": text(line.earned_minor),
        "at_risk": text(line.at_risk_minor),
        "to_come": text(line.to_come_minor),
        "held_back": text(line.held_back_minor),
        "final": text(line.final_minor),
    }


def _told_account(account: Account) -> dict[str, Any]:
    names = (
        "earned", "at_risk", "to_come", "held_back", "granted", "taken_back", "paid_out", "netted",
        "payable", "owed", "next_payout",
    )  # fmt: skip
    told = {n: money.text(getattr(account, f"{n}_minor"), account.currency) for n in names}
    return {"currency": account.currency, **told}


def _lines(
    first: datetime, last: datetime, at: datetime, reps: Collection[str] | None
) -> dict[str, list[Line]]:
    """The contract years that touch `[first, last)`, per rep."""
    contracts = Contract.objects.filter(
        commission_plans__isnull=False, signed_at__lte=at
    ).distinct()
    if reps is not None:
        theirs = CommissionPart.objects.filter(rep__in=reps).values("event__contract")
        contracts = contracts.filter(assignments__shares__rep__in=reps) | contracts.filter(
            pk__in=theirs
        )
    found = [
        (contract, year)
        for contract in commission_standing.load(contracts.distinct().order_by("code"))
        for year in contract_years.of(contract)
        if year.starts_at < last
        and year.ends_at > first
        and commission_standing.pays(contract, year)
    ]
    lines: dict[str, list[Line]] = {}
    figures = commission_standing.of_all(found, at)
    for (contract, year), stands in zip(found, figures, strict=True):
        for rep in stands.reps:
            if reps is None or rep.rep in reps:
                lines.setdefault(rep.rep, []).append(_line(contract, year, stands, rep))
    return lines


def _line(contract: Contract, year: Year, stands: Figures, rep: RepFigures) -> Line:
    settled = stands.settled
    return Line(
        contract=contract.code,
        customer=contract.customer.name,
        year=year.number,
        starts_at=year.starts_at,
        ends_at=year.ends_at,
        first_day=calendar.local_date(year.starts_at, contract.time_zone),
        last_day=calendar.last_day(year.ends_at, contract.time_zone),
        currency=stands.currency,
        price_minor=stands.price_minor,
        consumed_minor=stands.base_minor,
        paid_minor=rep.upfront_minor,
        earned_minor=rep.earned_minor,
        at_risk_minor=0 if settled else max(0, rep.upfront_minor - rep.earned_minor),
        to_come_minor=0 if settled else max(0, rep.earned_minor - rep.upfront_minor),
        held_back_minor=rep.held_back_minor,
        final_minor=rep.final_minor if settled else None,
    )


def _entries(year: int, reps: Collection[str] | None) -> dict[str, list[Entry]]:
    """The events posted in a year, per rep, in order."""
    parts = CommissionPart.objects.filter(event__posting_date__year=year)
    if reps is not None:
        parts = parts.filter(rep__in=reps)
    found: dict[str, list[Entry]] = {}
    for part in parts.select_related("event__contract").order_by("event__posting_date", "event_id"):
        event = part.event
        if part.amount_minor or event.kind == CommissionEvent.Kind.TRUE_UP:
            found.setdefault(part.rep, []).append(
                Entry(
                    event.posting_date, event.contract.code, event.year, event.kind,
                    part.total_minor, part.before_minor, event.currency,
                )
            )  # fmt: skip
    return found


def _accounts(
    year: int,
    lines: dict[str, list[Line]],
    entries: dict[str, list[Entry]],
    reps: Collection[str] | None,
) -> dict[str, list[Account]]:
    sums: dict[tuple[str, str], dict[str, int]] = {}

    def add(rep: str, currency: str, **amounts: int) -> None:
        totals = sums.setdefault((rep, currency), {})
        for name, minor in amounts.items():
            totals[name] = totals.get(name, 0) + minor

    for rep, theirs in lines.items():
        for line in theirs:
            add(
                rep, line.currency, earned_minor=line.earned_minor,
                at_risk_minor=line.at_risk_minor, to_come_minor=line.to_come_minor,
                held_back_minor=line.held_back_minor,
            )  # fmt: skip
    for rep, events in entries.items():
        for entry in events:
            back = max(0, -entry.amount_minor)
            add(rep, entry.currency, granted_minor=entry.amount_minor + back, taken_back_minor=back)
    for rep, currency, payable, owed in balances(reps):
        add(rep, currency, payable_minor=payable, owed_minor=owed)
    payouts = CommissionPayout.objects.filter(posting_date__year=year)
    if reps is not None:
        payouts = payouts.filter(rep__in=reps)
    for payout in payouts:
        add(
            payout.rep, payout.currency, paid_out_minor=payout.cash_minor,
            netted_minor=payout.netted_minor,
        )  # fmt: skip
    found: dict[str, list[Account]] = {}
    for (rep, currency), totals in sorted(sums.items()):
        found.setdefault(rep, []).append(Account(currency, **totals))
    return found


def balances(reps: Collection[str] | None = None) -> list[tuple[str, str, int, int]]:
    """What is open for payment and what is to be taken back, per rep and currency, by all events and
    payouts so far: (rep, currency, payable, owed) in minor units."""
    return [
        (rep, currency, payable, owed)
        for rep, currency, payable, owed, _, _ in balances_with_functional(reps)
    ]


def balances_with_functional(
    reps: Collection[str] | None = None,
) -> list[tuple[str, str, int, int, int, int]]:
    """The same, with both figures in the books' currency behind them."""
    change = F("total_minor") - F("before_minor")
    paid = When(total_minor__gt=F("before_minor"), then=1)
    parts = CommissionPart.objects.annotate(up=Case(paid, default=0), change=change)
    payouts = CommissionPayout.objects.all()
    if reps is not None:
        parts, payouts = parts.filter(rep__in=reps), payouts.filter(rep__in=reps)
    sums: dict[tuple[str, str], list[int]] = {}
    for rep, currency, up, minor, functional in (
        parts.order_by()
        .values_list("rep", "event__currency", "up")
        .annotate(minor=Sum("change"), functional=Sum("functional_minor"))
    ):
        row = sums.setdefault((rep, currency), [0, 0, 0, 0])
        row[0 if up else 1] += abs(int(minor))
        row[2 if up else 3] += int(functional)
    for rep, currency, gross, netted, gross_functional, netted_functional in (
        payouts.order_by()
        .values_list("rep", "currency")
        .annotate(
            Sum("gross_minor"), Sum("netted_minor"),
            Sum("gross_functional_minor"), Sum("netted_functional_minor"),
        )
    ):  # fmt: skip
        row = sums.setdefault((rep, currency), [0, 0, 0, 0])
        for n, minor in enumerate((gross, netted, gross_functional, netted_functional)):
            row[n] -= int(minor)
    return [(*key, *row) for key, row in sorted(sums.items())]  # type: ignore[misc]


def versions(rep: str, year: int) -> Sequence[CommissionStatement]:
    """The frozen versions of a rep's statement, newest first."""
    return list(CommissionStatement.objects.filter(rep=rep, year=year).prefetch_related("payouts"))


def disputes(rep: str, year: int) -> Sequence[CommissionDispute]:
    """What the rep objected to in a year, newest first."""
    return list(CommissionDispute.objects.filter(rep=rep, year=year).select_related("contract"))
