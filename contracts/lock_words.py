"""Answers by which rates and at which price a contract is served, and how long these are locked (R1, R7)."""

from __future__ import annotations

from datetime import datetime

from contracts import prices
from contracts.models import Contract
from creditops.lib import calendar, money, printed
from ledger.models import HolderTariff, Tariff
from ledger.tariffs import PriceBook


def rates(contract: Contract, at: datetime) -> str:
    """Which version of which rate card prices its use, and until when that is sure."""
    row = (
        HolderTariff.objects.filter(
            customer_id=contract.customer_id, holder=contract.holder, starts_at__lte=at
        )
        .exclude(ends_at__lte=at)
        .select_related("pinned")
        .first()
    )
    if row is None:
        return "Use is reported in credits already: no rate card prices it."
    if row.pinned is not None and row.ends_at is not None:
        last = printed.day(calendar.last_day(row.ends_at, contract.time_zone))
        return (
            f"Locked: version {row.pinned.version} of {row.tariff_name} until {last}, whatever is "
            "published meanwhile. After that, the version that is in force."
        )
    book = PriceBook.read([(contract.customer_id, contract.holder_id)])
    acting = book.tariff(contract.holder_id, at)
    coming = Tariff.objects.filter(name=row.tariff_name, effective_from__gt=at).first()
    said = f"Not locked: {row.tariff_name} as it is in force, version {acting.version if acting else '–'}"
    if coming is None:
        return f"{said}."
    begins = printed.day(calendar.local_date(coming.effective_from, contract.time_zone))
    return f"{said}; version {coming.version} from {begins} on."


def top_ups(contract: Contract, at: datetime) -> str:
    """How many credits money buys on top, and until when that is sure."""
    until = contract.price_lock_until
    locked = until is not None and at < until
    ratio = contract.locked_price if locked else prices.in_force(contract.currency, at)
    if ratio is None:
        return f"No price in {contract.currency} is published."
    one = money.for_people(10 ** money.exponent(contract.currency), contract.currency, short=True)
    said = f"{one} buys {ratio.credits_per_currency_unit:,} credits"
    if until is not None and locked:
        last = printed.day(calendar.last_day(until, contract.time_zone))
        return f"Locked: {said} until {last}, whatever is published meanwhile."
    return f"Not locked: {said}, the price in force."
