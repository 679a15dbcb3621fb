"""Answers what happened to a contract: who did what, when, and with which effect, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.models import Amendment, Contract
from creditops.lib import calendar, money, policies
from creditops.lib.models import PolicySetting
from ledger.models import CapLift, PoolTerm, RateChoice


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, who did it, what it was, and its effect in words."""

    at: datetime
    who: str
    what: str
    effect: str


def of(contract: Contract) -> list[Happening]:
    """Everything that happened to the contract, newest first; a constant number of queries."""
    found = [
        *_signed(contract),
        *_terms(contract),
        *_amended(contract),
        *_settings(contract),
        *_caps(contract),
        *_choices(contract),
        *_proposed(contract),
    ]
    return sorted(found, key=lambda happening: happening.at, reverse=True)


def _signed(contract: Contract) -> Iterator[Happening]:
    price = money.for_people(contract.price_minor, contract.currency)
    yield Happening(
        contract.signed_at,
        contract.signed_by,
        "Signed",
        f"{contract.commitment:,} credits for {price}, from {contract.starts_on}, "
        f"{contract.term_months} months",
    )
    if contract.renewal_signed_at is not None:
        yield Happening(contract.renewal_signed_at, "", "Renewal signed", "acts at the term's end")


def _terms(contract: Contract) -> Iterator[Happening]:
    rows = PoolTerm.objects.filter(
        customer_id=contract.customer_id, term__holder=contract.holder
    ).select_related("term")
    for row in rows:
        price = money.for_people(row.price_minor, row.currency)
        yield Happening(
            row.recorded_at,
            "the program",
            f"Term {row.term.number} began",
            f"{row.commitment:,} credits for {price}, "
            f"{calendar.local_date(row.term.starts_at, contract.time_zone)} to "
            f"{calendar.last_day(row.term.ends_at, contract.time_zone)}",
        )


def _amended(contract: Contract) -> Iterator[Happening]:
    for row in contract.amendments.all():
        yield Happening(
            row.signed_at,
            row.signed_by,
            f"Amendment {row.no}: {row.get_kind_display()}",
            f"{_change(row)}{f' ({row.reason})' if row.reason else ''}",
        )


def _change(row: Amendment) -> str:
    before, after = row.effect.get("before", {}), row.effect.get("after", {})
    stood = f"{_stands(before, row.currency)}"
    if not row.credits:
        return f"left then: {stood}"
    price = money.for_people(row.price_minor, row.currency)
    return f"{row.credits:,} credits, {price}; left: {stood}, then {_stands(after, row.currency)}"


def _stands(found: dict[str, Any], currency: str) -> str:
    if not found:
        return "nothing"
    return f"{found['credits_left']:,} credits worth {_amount(found['deferred'], currency)}"


def _amount(text: str, currency: str) -> str:
    return money.for_people(money.minor_units(text, currency), currency)


def _settings(contract: Contract) -> Iterator[Happening]:
    rows = PolicySetting.objects.filter(scope=policies.contract_scope(contract.code))
    for row in rows:
        agreed = f", agreed by {row.approved_by}" if row.approved_by else ""
        yield Happening(
            row.recorded_at,
            row.set_by,
            f"Setting {row.name.replace('_', ' ')}",
            f"{row.value} from {row.effective_at:%Y-%m-%d %H:%M} UTC on{agreed}",
        )


def _caps(contract: Contract) -> Iterator[Happening]:
    rows = CapLift.objects.filter(
        customer_id=contract.customer_id, term__holder=contract.holder
    ).select_related("term")
    for row in rows:
        yield Happening(
            row.recorded_at,
            row.approved_by,
            "Overage cap set",
            f"{row.cap:,} credits in term {row.term.number}: {row.reason}",
        )


def _choices(contract: Contract) -> Iterator[Happening]:
    rows = RateChoice.objects.filter(customer_id=contract.customer_id, holder=contract.holder)
    for row in rows:
        yield Happening(
            row.recorded_at,
            row.chosen_by,
            "Rate chosen",
            f"{row.item} is rated as {row.chosen_item} from {row.effective_at:%Y-%m-%d %H:%M} UTC",
        )


def _proposed(contract: Contract) -> Iterator[Happening]:
    for row in contract.proposals.all():
        price = money.for_people(row.price_minor, row.currency)
        yield Happening(
            row.proposed_at,
            "the program",
            "Renewal proposed",
            f"{row.credits:,} credits for {price}",
        )
