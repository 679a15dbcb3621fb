"""Answers which usage of a batch is plain: found, priced and late enough to be drawn without a closer look.

Plain is what names a customer and a meter, has a whole quantity and no properties, belongs to one holder
all along the batch, and costs a fixed number of whole credits of one unit. Everything is found out per
distinct value, not per event, by the rules of `resolving`, `tariffs` and `rating`; what is not plain, for
whatever reason, is theirs to judge (`ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from creditops.lib.binary import Integers
from ledger import columns, pool_books, rating, resolving
from ledger.columns import NO_TIME, Columns
from ledger.limits import HolderKey
from ledger.line import LATE_AFTER
from ledger.messages import Message
from ledger.models import Meter
from ledger.rating import Charge
from ledger.resolving import Event, HeldTerms
from ledger.tariffs import CompiledRate, CompiledTariff, PriceBook

# A batch's credits, summed up, stay far below what 64 bits hold.
LARGEST_QUANTITY = 10**9
LARGEST_CHARGE = 10**5

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Price:
    """What one of a meter's quantity costs a holder: rates that ask for whole credits of one unit."""

    tariff_id: int | None
    charge: Charge
    rates: tuple[CompiledRate, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class Group:
    """The events of one customer on one meter, as far as they are plain."""

    customer_id: int
    member_id: int | None
    holder: HolderKey
    meter: Meter
    price: Price
    pool_id: int


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
    groups: list[Group]

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

    def of_group(self, values: Sequence[int]) -> Integers:
        """A column from one value per group."""
        return np.asarray(values, dtype=np.int64)[self.group]

    @property
    def pool(self) -> Integers:
        """The id of the pool of each."""
        return self.of_group([group.pool_id for group in self.groups])

    @property
    def customer(self) -> Integers:
        """The id of the customer of each, who pays."""
        return self.of_group([group.customer_id for group in self.groups])

    def sources(self, ids: Mapping[str, int]) -> Integers:
        """The id of the source of each; `ids` has them by name."""
        names = self.batch.source
        found = (ids[names[index]] for index in self.index.tolist())
        return np.fromiter(found, dtype=np.int64, count=len(self))

    def others(self) -> list[tuple[int, Message]]:
        """The batch's messages that are not plain, with their places."""
        rest = np.setdiff1d(np.arange(len(self.batch)), self.index, assume_unique=True)
        return [(index, self.batch.message(index)) for index in rest.tolist()]

    def events(self, chosen: Flags) -> list[Event]:
        """Some of them as objects, as `resolving.resolve` would have made them."""
        return [self._event(place) for place in np.flatnonzero(chosen).tolist()]

    def _event(self, place: int) -> Event:
        index = int(self.index[place])
        group = self.groups[int(self.group[place])]
        time = columns.instant(int(self.time[place]))
        message = self.batch.message(index)
        quantity = Decimal(1) if message.quantity is None else message.quantity
        charged = _charges(group.meter, group.price.rates, quantity)
        if isinstance(charged, str):
            raise ValueError(f"plain usage has a price, not {charged}")
        return Event(
            index,
            message,
            time,
            late=resolving.is_late(message, self.at),
            customer_id=group.customer_id,
            member_id=group.member_id,
            meter=group.meter,
            holder=group.holder,
            quantity=quantity,
            tariff_id=group.price.tariff_id,
            charges=charged,
        )


def find(
    batch: Columns, at: datetime, waiting: Mapping[int, datetime], *, unless: bool = False
) -> Plain:
    """The plain events of a batch.

    Args:
        batch: all of it.
        at: when it was received.
        waiting: customers for whom work waits that decides what pays (`punctuality`).
        unless: nothing is plain in this batch.

    A constant number of queries.
    """
    received, late_after = columns.microseconds(at), LATE_AFTER // columns.MICROSECOND
    time = np.where(batch.time == NO_TIME, received, batch.time)
    quantity = np.fromiter(map(_whole, batch.quantity), dtype=np.int64, count=len(batch))
    # What names a contract or an account, or has properties, is looked at one by one.
    bare = np.fromiter(
        (
            contract is None and account is None and not data
            for contract, account, data in zip(
                batch.contract, batch.account, batch.data, strict=True
            )
        ),
        dtype=bool,
        count=len(batch),
    )
    if unless or batch.entitles:
        bare[:] = False
    chosen = bare & (quantity >= 0) & (time - received <= late_after)
    index = np.flatnonzero(chosen)
    codes, customer = _numbered([batch.customer[i] for i in index.tolist()])
    meter_codes, meter = _numbered([batch.meter[i] for i in index.tolist()])
    pairs, group = np.unique(customer * max(len(meter_codes), 1) + meter, return_inverse=True)
    found = Plain(batch, at, index, time[index], quantity[index], group, [])
    if not len(index):
        return found
    groups = _groups(
        codes, meter_codes, [divmod(int(p), len(meter_codes)) for p in pairs],
        _spans(found.time, customer, len(codes)), waiting,
    )  # fmt: skip
    known = np.array([each is not None for each in groups])
    places = np.cumsum(known) - 1
    plain = found.only(known[group])
    plain.group = places[plain.group]
    plain.groups = [each for each in groups if each is not None]
    unset = np.fromiter((batch.quantity[i] is None for i in plain.index.tolist()), bool, len(plain))
    counted = np.array([bool(g.meter.quantity_property) for g in plain.groups], dtype=bool)
    if unset.any() and counted.any():
        # Such a meter's quantity is a property, which is not there.
        return plain.only(~(unset & counted[plain.group]))
    return plain


def _whole(quantity: int | Decimal | None) -> int:
    """The quantity as a whole number; -1 if it is none, or too large to be plain."""
    if quantity is None:
        return 1
    if not isinstance(quantity, int):
        if quantity.as_tuple().exponent != 0:
            return -1
        quantity = int(quantity)
    return quantity if 0 <= quantity <= LARGEST_QUANTITY else -1


def _numbered(values: list[str]) -> tuple[list[str], Integers]:
    """The distinct values in the order of appearance, and which of them each one is."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return list(numbers), np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))


def _spans(time: Integers, customer: Integers, customers: int) -> list[tuple[datetime, datetime]]:
    """Per customer the first and the last instant of its events."""
    first = np.full(customers, np.iinfo(np.int64).max)
    last = np.full(customers, np.iinfo(np.int64).min)
    np.minimum.at(first, customer, time)
    np.maximum.at(last, customer, time)
    ends = zip(first.tolist(), last.tolist(), strict=True)
    return [(columns.instant(since), columns.instant(until)) for since, until in ends]


def _groups(
    codes: Sequence[str],
    meter_codes: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    spans: Sequence[tuple[datetime, datetime]],
    waiting: Mapping[int, datetime],
) -> list[Group | None]:
    """The group of each pair of customer and meter; None where its events are not plain."""
    found = resolving.customers_of(codes)
    ids = {code: pair for code, pair in found.items() if pair[1] not in waiting}
    meters = {meter.code: meter for meter in Meter.objects.filter(code__in=meter_codes)}
    held = resolving.holders_of({root for _, root in ids.values()}, set())
    by_customer: dict[int, list[HeldTerms]] = {}
    for holder in held:
        by_customer.setdefault(holder.key.customer_id, []).append(holder)
    book = PriceBook((h.key.customer_id, h.key.holder_id) for h in held)
    payers = [
        _payer(by_customer.get(ids[code][1], ()), *span) if code in ids else None
        for code, span in zip(codes, spans, strict=True)
    ]
    tariffs = [
        None if payer is None else book.steady(payer.holder_id, *span)
        for payer, span in zip(payers, spans, strict=True)
    ]
    pools = _pools([payer for payer in payers if payer is not None])
    prices: dict[tuple[object, int | None, int], Price | None] = {}
    groups: list[Group | None] = []
    for customer, meter_number in pairs:
        payer, meter = payers[customer], meters.get(meter_codes[meter_number])
        if payer is None or meter is None:
            groups.append(None)
            continue
        tariff = tariffs[customer]
        asked = (book.kind(payer.holder_id), tariff.id if tariff else None, meter.id)
        if asked not in prices:
            prices[asked] = _price(book, payer, tariff, meter, spans[customer][1])
        price = prices[asked]
        pool = None if price is None else pools.get((payer.holder_id, price.charge.unit_id))
        if price is None or pool is None:
            groups.append(None)
            continue
        member, root = ids[codes[customer]]
        groups.append(Group(root, None if member == root else member, payer, meter, price, pool))
    return groups


def _payer(candidates: Sequence[HeldTerms], since: datetime, until: datetime) -> HolderKey | None:
    """Who pays for a customer's events all along `[since, until]`; None if that takes a closer look.

    The one contract whose term covers them all where no other does for any; else the open contract.
    """
    near = [holder for holder in candidates if holder.touches(since, until)]
    if len(near) == 1 and near[0].covers_all(since, until):
        return near[0].key
    if near:
        return None
    return next((holder.key for holder in candidates if holder.key.kind == "open"), None)


def _price(
    book: PriceBook, holder: HolderKey, tariff: CompiledTariff | None, meter: Meter, time: datetime
) -> Price | None:
    """What one of a meter's quantity costs; None if that is no fixed number of whole credits."""
    rates: list[CompiledRate] = []
    if meter.rated_unit_id is None:
        if tariff is None or not tariff.rates(meter.id, {}):
            return None
        rates = book.rates(holder.holder_id, tariff, (meter.id, {}), time)
        if any(rate.property or rate.per != 1 for rate in rates):
            return None
    charged = _charges(meter, rates, Decimal(1))
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
    return Price(tariff.id if rates and tariff else None, charge, tuple(rates), credits)


def _charges(meter: Meter, rates: Sequence[CompiledRate], quantity: Decimal) -> list[Charge] | str:
    if meter.rated_unit_id is not None:
        return rating.already_rated(quantity, meter.code, meter.rated_unit_id)
    return rating.charges(rates, quantity, {})


def _pools(payers: Sequence[HolderKey]) -> dict[tuple[int, int], int]:
    """The pools of these holders: (holder id, unit id) -> pool id."""
    keys = sorted({(payer.customer_id, payer.holder_id) for payer in payers})
    return {(holder, unit): pool for _, holder, unit, pool in pool_books.find(keys)}
