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
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from creditops.lib.binary import Integers
from ledger import columns, rating
from ledger.directory import Directory
from ledger.limits import HolderKey
from ledger.models import Meter
from ledger.remembered import HeldTerms, Price, Standing
from ledger.tariffs import CompiledRate

Flags = NDArray[np.bool_]

# One of a quantity costs at most so much: a batch's credits, summed up, stay far below what 64 bits hold.
LARGEST_CHARGE = 10**5
_LAST = int(np.iinfo(np.int64).max)
# Prices that a process keeps; more are found again when needed.
_PRICES_KEPT = 10_000


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
    """Who pays for each customer all along its events, and by which tariff: `standings`, in their order."""

    def __init__(
        self,
        codes: Sequence[str],
        spans: tuple[Sequence[int], Sequence[int]],
        known: Directory,
        waiting: Mapping[int, datetime],
    ) -> None:
        """Find them.

        Args:
            codes: of the customers.
            spans: the first and the last instant of each one's events, in microseconds since 1970.
            known: what the batch names.
            waiting: customers for whom work waits that decides what pays (`punctuality`).
        """
        self._known, self._last = known, spans[1]
        remembered = known.memory.standings
        self.standings: list[Standing] = []
        for code, first, last in zip(codes, *spans, strict=True):
            standing = remembered.get(code)
            if standing is None or first < standing.since or last >= standing.until:
                standing = _standing(code, first, last, known)
            if waiting and standing.root in waiting:
                standing = Standing()
            self.standings.append(standing)

    def column(self, name: str) -> Integers:
        """One of their numbers, of each."""
        values = map(attrgetter(name), self.standings)
        return np.fromiter(values, np.int64, len(self.standings))

    def price(self, customer: int, meter: Meter) -> Price | None:
        """What one of a meter's quantity costs a customer; None if that is no fixed number of whole
        credits."""
        standing, prices = self.standings[customer], self._known.memory.prices
        asked = (standing.alike, meter.code)
        if asked not in prices:
            prices[asked] = self._price(standing, columns.instant(self._last[customer]), meter)
        return prices[asked]

    def _price(self, standing: Standing, time: datetime, meter: Meter) -> Price | None:
        payer, tariff = standing.payer, standing.tariff
        if payer is None:
            return None
        if meter.rated_unit_id is not None:
            return _price(None, (), meter.code, meter.rated_unit_id)
        if tariff is None or not tariff.rates(meter.id, {}):
            return None
        rates = tuple(self._known.book.rates(payer.holder_id, tariff, (meter.id, {}), time))
        return _price(tariff.id if rates else None, rates, meter.code, None)

    def pools(self, units: Sequence[int]) -> Integers:
        """Per customer and unit the id of the pool, 0 where there is none."""
        rows = [[standing.pools.get(unit, 0) for unit in units] for standing in self.standings]
        return _numbers(rows).reshape(len(rows), len(units))


def of_pairs(
    payers: Payers, meters: Sequence[Meter | None], customer: Integers, meter: Integers
) -> tuple[Groups, Flags]:
    """The groups of pairs of customer and meter, and which pairs have one: the others are not plain."""
    alike, examples, terms = np.unique(
        payers.column("alike"), return_index=True, return_inverse=True
    )
    prices: list[Price] = []
    # Per terms and meter the number of the price; -1 for none.
    table = np.full((len(alike), len(meters)), -1)
    asked = np.zeros_like(table, dtype=bool)
    asked[terms[customer], meter] = True
    asked[alike < 0] = False
    for row, column in zip(*(found.tolist() for found in asked.nonzero()), strict=True):
        named = meters[column]
        price = None if named is None else payers.price(int(examples[row]), named)
        if price is not None:
            table[row, column] = len(prices)
            prices.append(price)
    price_of = table[terms[customer], meter]
    units = sorted({price.charge.unit_id for price in prices})
    unit_of = _numbers([units.index(price.charge.unit_id) for price in prices] + [0])
    pool = payers.pools(units)[customer, unit_of[price_of]] if units else np.zeros_like(customer)
    plain = (price_of >= 0) & (pool > 0)
    own, root = payers.column("id")[customer[plain]], payers.column("root")[customer[plain]]
    groups = Groups(
        customer=root,
        member=np.where(own == root, 0, own),
        pool=pool[plain],
        payer=customer[plain],
        meter=meter[plain],
        price=price_of[plain],
        payers=[standing.payer for standing in payers.standings],
        meters=meters,
        prices=prices,
    )
    return groups, plain


def _standing(code: str, first: int, last: int, known: Directory) -> Standing:
    """Who pays for a customer's events from `first` to `last`, for as long as that stays so."""
    id_, root = known.customers.get(code, (0, 0))
    since, until = columns.instant(first), columns.instant(last)
    found = _payer(known.memory.holders.get(root, ()), since, until)
    if found is None:
        return Standing(id_, root)
    holder, ends = found
    steady = known.book.steady(holder.key.holder_id, since, until)
    tariff = steady.tariff if steady else None
    kind = known.book.kind(holder.key.holder_id)
    begins = [columns.microseconds(at) for at in (ends[0], steady and steady.since) if at]
    stops = [columns.microseconds(at) for at in (ends[1], steady and steady.until) if at]
    begun = max(begins, default=-_LAST)
    # What a holder chose is the same all along its standing, and only then.
    told_apart = (kind, tariff.id if tariff else None, None if kind is None else begun)
    memory = known.memory
    standing = Standing(
        id_, root, holder.key, tariff, holder.pools, memory.number(told_apart), begun,
        min(stops, default=_LAST),
    )  # fmt: skip
    if steady is not None:
        memory.standings[code] = standing
    return standing


def _payer(
    candidates: Sequence[HeldTerms], since: datetime, until: datetime
) -> tuple[HeldTerms, tuple[datetime | None, datetime | None]] | None:
    """Who pays for a customer's events all along `[since, until]`, and between which ends that stays so; None
    if it takes a closer look.

    The one contract whose term covers them all where no other does for any; else the open contract.
    """
    near = [holder for holder in candidates if holder.touches(since, until)]
    if near:
        term = near[0].term_of(since, until)
        if len(near) > 1 or term is None:
            return None
        chosen, first, last = near[0], [term[0]], [term[1]]
    else:
        opened = [holder for holder in candidates if holder.key.kind == "open"]
        if not opened:
            return None
        chosen, first, last = opened[0], [], []
    for holder in candidates:
        for start, end in holder.terms if holder is not chosen else ():
            if end <= since:
                first.append(end)
            else:
                last.append(start)
    return chosen, (max(first, default=None), min(last, default=None))


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
