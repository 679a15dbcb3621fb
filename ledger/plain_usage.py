"""Answers which usage of a batch is plain: found, priced and late enough to be drawn without a closer look.

Plain is what names a customer and a meter, has a whole quantity and no properties, belongs to one holder
all along the batch, and costs a fixed number of whole credits of one unit. Everything is found out per
distinct value, not per event, by the rules of `resolving`, `tariffs` and `rating`; what is not plain, for
whatever reason, is theirs to judge (`ledger/resolving.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar, cast

import numpy as np

from creditops.lib.binary import Integers
from ledger import columns, end_users, plain_groups, resolving
from ledger.columns import NO_TIME, Columns
from ledger.directory import Directory
from ledger.line import LATE_AFTER
from ledger.messages import Message
from ledger.plain_groups import NO_GROUPS, Flags, Groups, Payers
from ledger.remembered import Memory
from ledger.resolving import Event

# A batch's credits, summed up, stay far below what 64 bits hold.
LARGEST_QUANTITY = 10**9

Text = TypeVar("Text")


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
        user: the number of the end user, 0 for nobody; empty until `name_users` was asked.
    """

    batch: Columns
    at: datetime
    index: Integers
    time: Integers
    quantity: Integers
    group: Integers
    groups: Groups
    user: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

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
            self.user[chosen] if len(self.user) else self.user,
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
    found = Plain(batch, at, index, time[index], quantity[index], index, NO_GROUPS)
    if not len(index):
        return found
    codes, customer = _numbered(found.texts(batch.customer))
    meter_codes, meter = _numbered(found.texts(batch.meter))
    spans = _spans(found.time, customer, len(codes))
    payers = Payers(codes, spans, known, waiting)
    meters = [known.meters.get(code) for code in meter_codes]
    pairs, group = np.unique(customer * len(meter_codes) + meter, return_inverse=True)
    groups, known_groups = plain_groups.of_pairs(
        payers, meters, *np.divmod(pairs, len(meter_codes))
    )
    found.groups = groups
    if not known_groups.all():
        found.group = group
        found = found.only(known_groups[group])
        group = (np.cumsum(known_groups) - 1)[found.group]
    found.group = group
    return _with_quantities(found)


def name_users(plain: Plain, memory: Memory) -> None:
    """Find the numbers of the end users, made where they are new; `memory` is this session's."""
    names = plain.texts(plain.batch.user)
    told, name = _numbered(names)
    pairs, pair = np.unique(plain.customer * max(1, len(told)) + name, return_inverse=True)
    owners, used = np.divmod(pairs, max(1, len(told)))
    found = end_users.numbers(owners.tolist(), [told[n] for n in used.tolist()], memory)
    plain.user = np.array(found, dtype=np.int64)[pair]


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
        if column.count(None) < len(column):
            found.update(place for place, value in enumerate(column) if value is not None)
    if any(batch.data):
        found.update(place for place, value in enumerate(batch.data) if value)
    return sorted(found)


def _quantities(given: Sequence[int | Decimal | None]) -> Integers:
    """Quantities as whole numbers; -1 where it is none, or too large to be plain."""
    if set(map(type, given)) == {int}:
        numbers = cast("Sequence[int]", given)
        if min(numbers) >= 0 and max(numbers) <= LARGEST_QUANTITY:
            return np.array(numbers, dtype=np.int64)
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


def _numbered(values: Sequence[Text]) -> tuple[list[Text], Integers]:
    """The distinct values in the order of appearance, and which of them each one is."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return list(numbers), np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))


def _spans(time: Integers, customer: Integers, customers: int) -> tuple[list[int], list[int]]:
    """Per customer the first and the last instant of its events."""
    first = np.full(customers, np.iinfo(np.int64).max)
    last = np.full(customers, np.iinfo(np.int64).min)
    np.minimum.at(first, customer, time)
    np.maximum.at(last, customer, time)
    return first.tolist(), last.tolist()
