"""Answers who pays for plain usage and what it costs, per customer and meter instead of per event.

The rules are those of `resolving`, `tariffs` and `rating`; what a group of events can't be told to cost by
them without a look at each is not plain (`ledger/plain_usage.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from creditops.lib.binary import Integers
from ledger import rating
from ledger.directory import Directory
from ledger.limits import HolderKey
from ledger.models import Meter
from ledger.rating import Charge
from ledger.remembered import HeldTerms
from ledger.tariffs import CompiledRate

Flags = NDArray[np.bool_]

# One of a quantity costs at most so much: a batch's credits, summed up, stay far below what 64 bits hold.
LARGEST_CHARGE = 10**5
# Prices that a process keeps; more are found again when needed.
_PRICES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Price:
    """What one of a meter's quantity costs a holder: rates that ask for whole credits of one unit."""

    tariff_id: int | None
    charge: Charge
    credits: int


@dataclass(slots=True)
class Groups:
    """Plain events go in groups: those of one customer on one meter. Columns, an entry for each.

    Attributes:
        customer, member: ids of who pays, and of whose usage it is where that is another; else 0.
        pool: id of the pool that is drawn from.
        payer, meter, price: which of `payers`, `meters` and `prices`; None there belongs to no group.
        pool_number: which of `pools`, (customer id, pool id) each.
        pool_example: a group of each of `pools`.
    """

    customer: Integers
    member: Integers
    pool: Integers
    payer: Integers
    meter: Integers
    price: Integers
    payers: Sequence[HolderKey | None]
    meters: Sequence[Meter | None]
    prices: Sequence[Price]
    pools: Sequence[tuple[int, int]] = field(init=False)
    pool_number: Integers = field(init=False)
    pool_example: Integers = field(init=False)

    def __post_init__(self) -> None:
        _, first, self.pool_number = np.unique(self.pool, return_index=True, return_inverse=True)
        self.pool_example = first
        owners, pools = self.customer[first].tolist(), self.pool[first].tolist()
        self.pools = list(zip(owners, pools, strict=True))

    def holder_ids(self) -> Integers:
        """The id of the holder that pays, of each."""
        return _numbers([payer.holder_id if payer else 0 for payer in self.payers])[self.payer]

    def meter_ids(self) -> Integers:
        """The id of the meter, of each."""
        return _numbers([meter.id if meter else 0 for meter in self.meters])[self.meter]

    def credits(self) -> Integers:
        """What one of the quantity costs, of each."""
        return _numbers([price.credits for price in self.prices])[self.price]


class Payers:
    """Who pays for each customer all along its events, and by which tariff.

    Attributes:
        ids: (its own, its root's) of each customer; (0, 0) of one that is not known.
        holders: who pays; None where that takes a closer look.
        tariffs: which of them is in force for all of its events; None where that takes a closer look.
    """

    def __init__(
        self,
        codes: Sequence[str],
        spans: Sequence[tuple[datetime, datetime]],
        known: Directory,
        waiting: Mapping[int, datetime],
    ) -> None:
        self._book, self._spans = known.book, spans
        self._pools = {holder.key.holder_id: holder.pools for holder in known.holders}
        candidates = known.by_customer()
        self.ids = [known.customers.get(code, (0, 0)) for code in codes]
        self.holders = [
            None if root in waiting else _payer(candidates.get(root, ()), *span)
            for (_, root), span in zip(self.ids, spans, strict=True)
        ]
        self.tariffs = [
            None if payer is None else self._book.steady(payer.holder_id, *span)
            for payer, span in zip(self.holders, spans, strict=True)
        ]

    def terms(self) -> tuple[Integers, list[int]]:
        """Customers of whom one meter costs all the same have a number in common: the number of each, -1
        where nobody pays, and one customer of each number."""
        numbers: dict[object, int] = {}
        examples: list[int] = []
        found = np.full(len(self.holders), -1)
        for customer, (payer, tariff) in enumerate(zip(self.holders, self.tariffs, strict=True)):
            if payer is None:
                continue
            alike = (self._book.kind(payer.holder_id), tariff.id if tariff else None)
            number = numbers.setdefault(alike, len(numbers))
            if number == len(examples):
                examples.append(customer)
            found[customer] = number
        return found, examples

    def price(self, customer: int, meter: Meter) -> Price | None:
        """What one of a meter's quantity costs a customer; None if that is no fixed number of whole
        credits."""
        payer, tariff = self.holders[customer], self.tariffs[customer]
        if payer is None:
            return None
        if meter.rated_unit_id is not None:
            return _price(None, (), meter.code, meter.rated_unit_id)
        if tariff is None or not tariff.rates(meter.id, {}):
            return None
        time = self._spans[customer][1]
        rates = tuple(self._book.rates(payer.holder_id, tariff, (meter.id, {}), time))
        return _price(tariff.id if rates else None, rates, meter.code, None)

    def pools(self, units: Sequence[int]) -> Integers:
        """Per customer and unit the id of the pool, 0 where there is none."""
        rows = [
            [0 if payer is None else self._pools[payer.holder_id].get(unit, 0) for unit in units]
            for payer in self.holders
        ]
        return _numbers(rows).reshape(len(self.holders), len(units))


def of_pairs(
    payers: Payers, meters: Sequence[Meter | None], customer: Integers, meter: Integers
) -> tuple[Groups, Flags]:
    """The groups of pairs of customer and meter, and which pairs have one: the others are not plain."""
    terms, examples = payers.terms()
    prices: list[Price] = []
    # Per terms and meter the number of the price; -1 for none, as the last row has it for no terms.
    table = np.full((len(examples) + 1, len(meters)), -1)
    for row, column in np.unique(np.stack((terms[customer], meter), axis=1), axis=0).tolist():
        asked = meters[column]
        price = payers.price(examples[row], asked) if row >= 0 and asked is not None else None
        if price is not None:
            table[row, column] = len(prices)
            prices.append(price)
    price_of = table[terms[customer], meter]
    units = sorted({price.charge.unit_id for price in prices})
    unit_of = _numbers([units.index(price.charge.unit_id) for price in prices] + [0])
    pool = payers.pools(units)[customer, unit_of[price_of]] if units else np.zeros_like(customer)
    plain = (price_of >= 0) & (pool > 0)
    ids = _numbers(payers.ids)[customer[plain]]
    groups = Groups(
        customer=ids[:, 1],
        member=np.where(ids[:, 0] == ids[:, 1], 0, ids[:, 0]),
        pool=pool[plain],
        payer=customer[plain],
        meter=meter[plain],
        price=price_of[plain],
        payers=payers.holders,
        meters=meters,
        prices=prices,
    )
    return groups, plain


def _payer(candidates: Sequence[HeldTerms], since: datetime, until: datetime) -> HolderKey | None:
    """Who pays for a customer's events all along `[since, until]`; None if that takes a closer look.

    The one contract whose term covers them all where no other does for any; else the open contract.
    """
    if len(candidates) == 1 and candidates[0].covers_all(since, until):
        return candidates[0].key
    near = [holder for holder in candidates if holder.touches(since, until)]
    if len(near) == 1 and near[0].covers_all(since, until):
        return near[0].key
    if near:
        return None
    return next((holder.key for holder in candidates if holder.key.kind == "open"), None)


@lru_cache(maxsize=_PRICES_KEPT)
def _price(
    tariff_id: int | None, rates: tuple[CompiledRate, ...], meter: str, rated_unit: int | None
) -> Price | None:
    """What one of a meter's quantity costs by these rates, or as it is rated already; None if that is no
    fixed number of whole credits. Pure, so a process keeps what it found."""
    if any(rate.property or rate.per != 1 for rate in rates):
        return None
    if rated_unit is not None:
        charged = rating.already_rated(Decimal(1), meter, rated_unit)
    else:
        charged = rating.charges(rates, Decimal(1), {})
    if isinstance(charged, str) or len(charged) != 1:
        return None
    charge = charged[0]
    credits = int(charge.exact)
    if (
        charge.running
        or charge.provider_cost
        or credits != charge.exact
        or credits > LARGEST_CHARGE
    ):
        return None
    return Price(tariff_id, charge, credits)


def _numbers(values: Sequence[int] | Sequence[Sequence[int]]) -> Integers:
    return np.array(values, dtype=np.int64)


_NOTHING = _numbers([])
NO_GROUPS = Groups(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, (), (), ())
