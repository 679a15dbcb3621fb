"""Answers what a credit costs, in sentences (S20, S21, R7)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from contracts import prices, standing
from contracts.models import Contract
from creditops.lib import money
from creditops.portal.amounts import Amount, price
from ledger.models import PoolTerm


def under_contract(contract: Contract, committed: PoolTerm, at: datetime) -> list[str]:
    """What a credit costs, in sentences: under the contract, and when more is bought (S21, R7)."""
    each = price(standing.unit_price(committed), committed.currency)
    whole = Amount(committed.price_minor, committed.currency)
    return [
        f"A credit costs {each} under this contract: {committed.commitment:,} for {whole}.",
        *_top_up_price(contract, at),
    ]


def on_purchase(currency: str, at: datetime) -> list[str]:
    """What a credit costs without a contract."""
    ratio = prices.in_force(currency, at)
    if ratio is None:
        return []
    return [_buys(currency, ratio.credits_per_currency_unit)]


def _top_up_price(contract: Contract, at: datetime) -> list[str]:
    locked_until = contract.price_lock_until
    locked = locked_until is not None and at < locked_until
    ratio = contract.locked_price if locked else prices.in_force(contract.currency, at)
    if ratio is None:
        return []
    said = f"Topping up: {_buys(contract.currency, ratio.credits_per_currency_unit)}"
    if locked_until is not None and locked:
        said += f" This price is locked until {locked_until:%-d %b %Y}."
    return [said]


def _buys(currency: str, credits: int) -> str:
    one = money.for_people(10 ** money.exponent(currency), currency, short=True)
    each = price(Fraction(1, credits), currency)
    return f"{one} buys {credits:,} credits, so one costs {each}."
