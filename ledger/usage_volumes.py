"""Answers how much was used in a time, in groups that can be priced anew, without a row per event.

For studies of prices: a handful of statements over the events, whatever their number; nothing is written.
Applied events count, by their own time and as corrected; what was only observed or refused does not.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from creditops.lib import sql

# Exact: whole where it is whole, since that is quick to add up.
Amount = int | Fraction


@dataclass(frozen=True)
class Asked:
    """Which use is meant.

    Attributes:
        first, last: the time, the last instant not included.
        at: the running terms are those of this instant.
        recent: use since then is told apart, for what is used a day lately.
        narrowing: meter id -> properties that narrow some price of its use.
        priced: meter id -> properties whose amounts have a price.
        customer_id: only of one paying customer; None: of all.
    """

    first: datetime
    last: datetime
    at: datetime
    recent: datetime
    narrowing: Mapping[int, Collection[str]] = field(default_factory=dict)
    priced: Mapping[int, Collection[str]] = field(default_factory=dict)
    customer_id: int | None = None

    @property
    def time(self) -> dict[str, Any]:
        """Its instants and its customer, as the statements name them."""
        return {"first": self.first, "last": self.last, "at": self.at, "recent": self.recent,
                "customer": self.customer_id}  # fmt: skip

    @property
    def apart(self) -> list[int]:
        """The meters of which properties decide over prices."""
        return sorted({*self.narrowing, *self.priced})


class Place(NamedTuple):
    """Where use belongs: a holder's pool (None: no pool), lately or not, in the running term or not."""

    customer_id: int
    holder_id: int
    pool_id: int | None
    recent: bool
    in_term: bool


@dataclass(slots=True)
class Volume:
    """Use of one meter with the same properties.

    Attributes:
        data: the properties that narrow prices.
        archived: these properties lie in an archive file.
        events, quantity: how many, and their exact quantities together.
        odd: events whose quantity is no whole number.
        credits: drawn in the first unit, as corrected.
        share: of a corrected event how much of it still counts; 1 of others.
        counted: property -> its amounts together, and those times the events' quantities.
        without: property -> events that do not tell it.
    """

    place: Place
    meter_id: int
    events: int
    quantity: Amount
    odd: int
    credits: int
    data: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False
    share: Amount = 1
    counted: dict[str, tuple[Amount, Amount]] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """Credits drawn from a pool beside the first unit of its events."""

    place: Place
    credits: int


@dataclass(frozen=True)
class Usage:
    """All of it: what can be priced, and what was drawn in further units."""

    volumes: list[Volume]
    parts: list[Drawn]


def of(asked: Asked) -> Usage:
    """The use that is meant; six statements at most."""
    within = {holder for (holder,) in sql.rows("ledger", "running_terms", **asked.time)}
    corrected = sql.rows("ledger", "corrected_volumes", **asked.time)
    meant = {**asked.time, "apart": asked.apart, "corrected": [row[0] for row in corrected]}
    volumes = [_volume(row, within) for row in sql.rows("ledger", "usage_volumes", **meant)]
    if asked.apart:
        volumes += _narrowed(asked, meant, within)
    volumes += [_corrected(row, asked, within) for row in corrected]
    parts = [
        Drawn(_place(row[:5], within), row[5])
        for row in sql.rows("ledger", "part_volumes", **meant)
    ]
    return Usage(volumes, parts)


def _place(keys: Sequence[Any], within: Collection[int]) -> Place:
    customer, holder, pool, recent, in_term = keys
    return Place(customer, holder, pool if pool > 0 else None, recent, in_term or holder in within)


def _volume(row: Sequence[Any], within: Collection[int]) -> Volume:
    customer, holder, pool, meter, recent, in_term, events, quantity, odd, credits = row
    place = _place((customer, holder, pool, recent, in_term), within)
    return Volume(place, meter, events, _exact(quantity), odd, credits)


def _narrowed(asked: Asked, meant: Mapping[str, Any], within: Collection[int]) -> list[Volume]:
    """Use of the meters whose properties decide over prices, with what these counted."""
    names, priced = _all(asked.narrowing), _all(asked.priced)
    found: dict[tuple[Any, ...], Volume] = {}
    for row in sql.rows("ledger", "narrowed_volumes", **meant, names=names):
        volume = _volume(row[:10], within)
        volume.data, volume.archived = json.loads(row[10] or "{}"), row[11]
        _, _, pool, meter, recent, in_term = row[:6]
        found[pool, meter, recent, in_term, row[10], volume.archived] = volume
    for *key, name, amount, charged, without in (
        sql.rows("ledger", "property_volumes", **meant, names=names, priced=priced)
        if priced
        else ()
    ):
        volume = found[(*key, False)]
        volume.counted[name] = (_exact(amount), _exact(charged))
        volume.without[name] = without
    return list(found.values())


def _corrected(row: Sequence[Any], asked: Asked, within: Collection[int]) -> Volume:
    """A corrected event as a group of its own: so much of it counts as of its credits is left."""
    _, customer, holder, pool, meter, recent, in_term, quantity, first, now, data, archived = row
    told = json.loads(data or "{}", parse_float=Decimal)
    share = Fraction(now, first) if first else Fraction(0)
    made = Volume(
        _place((customer, holder, pool, recent, in_term), within), meter, 1, _exact(quantity),
        odd=0, credits=now, share=share, archived=archived and meter in asked.apart,
        data={n: str(told[n]) for n in asked.narrowing.get(meter, ()) if n in told},
    )  # fmt: skip
    for name in asked.priced.get(meter, ()):
        amount = _number(told.get(name))
        if amount is None:
            made.without[name] = 1
        else:
            made.counted[name] = (amount, amount * made.quantity)
    return made


def _all(by_meter: Mapping[int, Iterable[str]]) -> list[str]:
    return sorted({name for names in by_meter.values() for name in names})


def _exact(number: Decimal) -> Amount:
    whole = int(number)
    return whole if whole == number else Fraction(number)


def _number(value: object) -> Amount | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        found = Decimal(value)
    except ArithmeticError:
        return None
    return _exact(found) if found.is_finite() and found >= 0 else None
