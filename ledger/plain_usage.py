"""Answers which usage of a batch is plain: found, priced and late enough to be drawn without a closer look.

Plain is what names a customer and a meter, has a whole quantity and no properties, belongs to one holder
all along the batch, and costs a fixed number of whole credits of one unit. Everything is found out per
distinct value, not per event, by the rules of `resolving`, `tariffs` and `rating`; what is not plain, for
whatever reason, is theirs to judge (`ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from creditops.lib.binary import Integers
from ledger import columns, rating, resolving
from ledger.columns import NO_TIME, Columns
from ledger.directory import Directory, HeldTerms
from ledger.limits import HolderKey
from ledger.line import LATE_AFTER
from ledger.messages import Message
from ledger.models import Meter
from ledger.rating import Charge
from ledger.resolving import Event
from ledger.tariffs import CompiledRate

# A batch's credits, summed up, stay far below what 64 bits hold.
LARGEST_QUANTITY = 10**9
LARGEST_CHARGE = 10**5
# Prices that a process keeps; more are found again when needed.
_PRICES_KEPT = 10_000

Flags = NDArray[np.bool_]
Text = TypeVar("Text")


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

    def holder_ids(self) -> Integers:
        """The id of the holder that pays, of each."""
        return _numbers([payer.holder_id if payer else 0 for payer in self.payers])[self.payer]

    def meter_ids(self) -> Integers:
        """The id of the meter, of each."""
        return _numbers([meter.id if meter else 0 for meter in self.meters])[self.meter]

    def credits(self) -> Integers:
        """What one of the quantity costs, of each."""
        return _numbers([price.credits for price in self.prices])[self.price]


@dataclass(slots=True)
class Plain:
    """The plain events of a batch.

    Attributes:
        batch: all of it.
        at: when it was received.
        index: the plain ones' places in the batch, ascending; the columns below go with it.
        time: microseconds since 1970.
        quantity: whole.
        group: which of `groups` each belongs to.
    """

    batch: Columns
    at: datetime
    index: Integers
    time: Integers
    quantity: Integers
    group: Integers
    groups: Groups

    def __len__(self) -> int:
        return len(self.index)

    def only(self, chosen: Flags) -> Plain:
        """Some of them."""
        return Plain(
            self.batch,
            self.at,
            self.index[chosen],
            self.time[chosen],
            self.quantity[chosen],
            self.group[chosen],
            self.groups,
        )

    @property
    def pool(self) -> Integers:
        """The id of the pool of each."""
        return self.groups.pool[self.group]

    @property
    def customer(self) -> Integers:
        """The id of the customer of each, who pays."""
        return self.groups.customer[self.group]

    @property
    def credits(self) -> Integers:
        """What each costs."""
        return self.quantity * self.groups.credits()[self.group]

    def texts(self, column: Sequence[Text]) -> list[Text]:
        """Their part of a column of the batch."""
        if len(self) == len(column):
            return list(column)
        return [column[index] for index in self.index.tolist()]

    def sources(self, ids: Mapping[str, int]) -> Integers:
        """The id of the source of each; `ids` has them by name."""
        names = self.texts(self.batch.source)
        return np.fromiter(map(ids.__getitem__, names), dtype=np.int64, count=len(self))

    def others(self) -> list[tuple[int, Message]]:
        """The batch's messages that are not plain, with their places."""
        rest = np.ones(len(self.batch), dtype=bool)
        rest[self.index] = False
        return [(index, self.batch.message(index)) for index in np.flatnonzero(rest).tolist()]

    def events(self, chosen: Flags) -> list[Event]:
        """Some of them as objects, as `resolving.resolve` would have made them."""
        return [self._event(place) for place in np.flatnonzero(chosen).tolist()]

    def _event(self, place: int) -> Event:
        index, group = int(self.index[place]), int(self.group[place])
        groups = self.groups
        time = columns.instant(int(self.time[place]))
        message = self.batch.message(index)
        meter, price = groups.meters[groups.meter[group]], groups.prices[groups.price[group]]
        if meter is None:
            raise ValueError("plain usage has a meter")
        quantity = Decimal(1) if message.quantity is None else message.quantity
        exact = Fraction(int(self.quantity[place]) * price.credits)
        return Event(
            index,
            message,
            time,
            late=resolving.is_late(message, self.at),
            customer_id=int(groups.customer[group]),
            member_id=int(groups.member[group]) or None,
            meter=meter,
            holder=groups.payers[groups.payer[group]],
            quantity=quantity,
            tariff_id=price.tariff_id,
            charges=[replace(price.charge, exact=exact)],
        )


def find(
    batch: Columns,
    known: Directory,
    at: datetime,
    waiting: Mapping[int, datetime],
    *,
    unless: bool = False,
) -> Plain:
    """The plain events of a batch.

    Args:
        batch: all of it.
        known: what it names.
        at: when it was received.
        waiting: customers for whom work waits that decides what pays (`punctuality`).
        unless: nothing is plain in this batch.

    A constant number of queries.
    """
    received, late_after = columns.microseconds(at), LATE_AFTER // columns.MICROSECOND
    time = np.where(batch.time == NO_TIME, received, batch.time)
    quantity = _quantities(batch.quantity)
    chosen = (quantity >= 0) & (time - received <= late_after)
    if unless or batch.entitles:
        chosen[:] = False
    for place in _with_more(batch):
        chosen[place] = False
    index = np.flatnonzero(chosen)
    found = Plain(batch, at, index, time[index], quantity[index], index, _NO_GROUPS)
    if not len(index):
        return found
    codes, customer = _numbered(found.texts(batch.customer))
    meter_codes, meter = _numbered(found.texts(batch.meter))
    spans = _spans(found.time, customer, len(codes))
    payers = _Payers(codes, spans, known, waiting)
    meters = [known.meters.get(code) for code in meter_codes]
    pairs, group = np.unique(customer * len(meter_codes) + meter, return_inverse=True)
    groups, known_groups = _groups(payers, meters, *np.divmod(pairs, len(meter_codes)))
    found.groups = groups
    if not known_groups.all():
        found.group = group
        found = found.only(known_groups[group])
        group = (np.cumsum(known_groups) - 1)[found.group]
    found.group = group
    return _with_quantities(found)


def _with_quantities(plain: Plain) -> Plain:
    """Those that say their quantity, where it isn't 1 for all that say nothing: their meter's quantity is
    a property, which is not there."""
    counted = [meter is not None and bool(meter.quantity_property) for meter in plain.groups.meters]
    if not any(counted):
        return plain
    unset = [quantity is None for quantity in plain.texts(plain.batch.quantity)]
    of_group = np.array(counted, dtype=bool)[plain.groups.meter]
    return plain.only(~(np.array(unset, dtype=bool) & of_group[plain.group]))


def _with_more(batch: Columns) -> list[int]:
    """Places of messages that name a contract or an account, or have properties: those are looked at
    one by one."""
    found: set[int] = set()
    for column in (batch.contract, batch.account):
        if any(column):
            found.update(place for place, value in enumerate(column) if value is not None)
    if any(batch.data):
        found.update(place for place, value in enumerate(batch.data) if value)
    return sorted(found)


def _quantities(given: Sequence[int | Decimal | None]) -> Integers:
    """Quantities as whole numbers; -1 where it is none, or too large to be plain."""
    if set(map(type, given)) == {int} and max(given) <= LARGEST_QUANTITY:  # type: ignore[type-var, operator]
        found: Integers = np.array(given, dtype=np.int64)
        return np.maximum(found, -1)
    return np.fromiter(map(_whole, given), dtype=np.int64, count=len(given))


def _whole(quantity: int | Decimal | None) -> int:
    """The quantity as a whole number; -1 if it is none, or too large to be plain."""
    if quantity is None:
        return 1
    if not isinstance(quantity, int):
        if quantity.as_tuple().exponent != 0:
            return -1
        quantity = int(quantity)
    return quantity if 0 <= quantity <= LARGEST_QUANTITY else -1


def _numbered(values: Sequence[str]) -> tuple[list[str], Integers]:
    """The distinct values in the order of appearance, and which of them each one is."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return list(numbers), np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))


def _numbers(values: Sequence[int] | Sequence[Sequence[int]]) -> Integers:
    return np.array(values, dtype=np.int64)


_NOTHING = _numbers([])
_NO_GROUPS = Groups(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, (), (), ())


def _spans(time: Integers, customer: Integers, customers: int) -> list[tuple[datetime, datetime]]:
    """Per customer the first and the last instant of its events."""
    first = np.full(customers, np.iinfo(np.int64).max)
    last = np.full(customers, np.iinfo(np.int64).min)
    np.minimum.at(first, customer, time)
    np.maximum.at(last, customer, time)
    ends = zip(first.tolist(), last.tolist(), strict=True)
    return [(columns.instant(since), columns.instant(until)) for since, until in ends]


class _Payers:
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


def _groups(
    payers: _Payers, meters: Sequence[Meter | None], customer: Integers, meter: Integers
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
