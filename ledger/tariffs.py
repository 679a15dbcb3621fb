"""Answers what an action costs: tariffs published from rate cards, and which one prices a holder.

A tariff never changes, so each process keeps the compiled ones in memory (R1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar

from django.db import connection, transaction
from django.db.models import Q

from creditops.lib import binary
from creditops.lib.refusals import Refusal
from ledger.models import CreditUnit, Holder, HolderTariff, Meter, Rate, Tariff

# Compiled tariffs that a process keeps; more are compiled again when needed.
_KEPT = 1_000
# What is bought for a time, not used.
ENTITLING = (Rate.Kind.FLAT, Rate.Kind.LICENCE)


@dataclass(frozen=True)
class Price:
    """One line of a tariff: `credits` of `unit` per `per` of a meter's quantity or property."""

    item: str
    kind: str
    meter: Meter
    property: str
    match: Mapping[str, str]
    unit: CreditUnit
    credits: int
    per: int = 1
    role: str = Rate.Role.PRINCIPAL
    period_months: int | None = None


@dataclass(frozen=True)
class CompiledRate:
    """A rate as rating uses it: ids instead of rows."""

    item: str
    kind: str
    property: str
    match: tuple[tuple[str, str], ...]
    unit_id: int
    credits: int
    per: int
    role: str


Priced = TypeVar("Priced", CompiledRate, Rate)


@dataclass(frozen=True)
class CompiledTariff:
    """A tariff in memory: its rates by meter."""

    id: int
    name: str
    version: str
    by_meter: Mapping[int, tuple[CompiledRate, ...]]

    def rates(
        self, meter_id: int, data: Mapping[str, object], *, entitling: bool = False
    ) -> list[CompiledRate]:
        """The rates that price an event of `meter_id` with these properties; [] if none does.

        `entitling`: those of flat fees and licences, which usage never draws (V7).
        Of several for one property and unit the one that names most properties prices (S3, S12).
        """
        return narrowest(
            rate
            for rate in self.by_meter.get(meter_id, ())
            if (rate.kind in ENTITLING) == entitling
            and all(str(data.get(name)) == value for name, value in rate.match)
        )

    def all_rates(self) -> list[CompiledRate]:
        """Every rate, whatever its meter: a customer's choice may name another meter's item."""
        return [rate for rates in self.by_meter.values() for rate in rates]


def publish(
    *, name: str, version: str, prices: Sequence[Price], effective_from: datetime, at: datetime
) -> Tariff:
    """Publish a version: from `effective_from` on it prices everyone who follows `name`.

    Raises Refusal `tariff_in_the_past` or `tariff_exists`. Balances, contracts and blocks are not
    touched (R2, S24).
    """
    if effective_from < at:
        raise Refusal(
            "tariff_in_the_past",
            f"Version {version} of {name} can't act from {effective_from:%Y-%m-%d %H:%M}: "
            "that is past.",
        )
    clash = Tariff.objects.filter(Q(version=version) | Q(effective_from=effective_from), name=name)
    if clash.exists():
        raise Refusal(
            "tariff_exists",
            f"{name} has a version {version}, or one from the same instant, already.",
        )
    with transaction.atomic():
        tariff = Tariff.objects.create(
            name=name, version=version, effective_from=effective_from, published_at=at
        )
        Rate.objects.bulk_create(
            Rate(
                tariff=tariff,
                item=price.item,
                kind=price.kind,
                meter=price.meter,
                property=price.property,
                match=dict(price.match),
                unit=price.unit,
                credits=price.credits,
                per=price.per,
                role=price.role,
                period_months=price.period_months,
            )
            for price in prices
        )
    return tariff


def assign(
    holder: Holder,
    *,
    name: str,
    starts_at: datetime,
    source: str,
    pinned: Tariff | None = None,
    locked_until: datetime | None = None,
) -> None:
    """Let the card `name` price a holder's usage from `starts_at` on.

    Args:
        holder: whose usage.
        pinned, locked_until: keep this version until then (exclusive), a rate lock (R1).
        source: the document or act behind it.
    """
    rows = [
        HolderTariff(
            customer_id=holder.customer_id,
            holder=holder,
            tariff_name=name,
            pinned=pinned,
            starts_at=starts_at,
            ends_at=locked_until,
            source=source,
        )
    ]
    if locked_until is not None:
        rows.append(
            HolderTariff(
                customer_id=holder.customer_id,
                holder=holder,
                tariff_name=name,
                starts_at=locked_until,
                source=source,
            )
        )
    HolderTariff.objects.bulk_create(rows)


def current(name: str, at: datetime) -> Tariff | None:
    """The version of `name` in force at `at`."""
    return Tariff.objects.filter(name=name, effective_from__lte=at).last()


def compiled(tariff_id: int) -> CompiledTariff:
    """The tariff in memory form."""
    return _compiled(connection.settings_dict["NAME"], tariff_id)


def forget() -> None:
    """Forget all compiled tariffs: in a database that was made anew their ids stand for others."""
    _compiled.cache_clear()


@lru_cache(maxsize=_KEPT)
def _compiled(database: str, tariff_id: int) -> CompiledTariff:
    """A tariff of a database: a process may work on several, one after the other."""
    tariff = Tariff.objects.get(id=tariff_id)
    by_meter: dict[int, list[CompiledRate]] = {}
    for rate in tariff.rates.order_by("id"):
        by_meter.setdefault(rate.meter_id, []).append(
            CompiledRate(
                rate.item,
                rate.kind,
                rate.property,
                tuple(sorted(rate.match.items())),
                rate.unit_id,
                rate.credits,
                rate.per,
                rate.role,
            )
        )
    return CompiledTariff(
        tariff.id,
        tariff.name,
        tariff.version,
        {meter: tuple(rates) for meter, rates in by_meter.items()},
    )


def narrowest(matching: Iterable[Priced]) -> list[Priced]:
    """Of rates that match an event, one per property and unit: the narrowest, in the card's order."""
    found: dict[tuple[str, int], Priced] = {}
    for rate in matching:
        key = (rate.property, rate.unit_id)
        if key not in found or len(rate.match) > len(found[key].match):
            found[key] = rate
    return list(found.values())


def _acting(versions: Sequence[Tariff], time: datetime) -> Tariff | None:
    """The version in force at `time`; before the first one nothing else was, so it acts too: usage
    from before a late signature has a price."""
    acting = [version for version in versions if version.effective_from <= time]
    return acting[-1] if acting else next(iter(versions), None)


class Assigned(NamedTuple):
    """Which card prices a holder's usage in `[starts_at, ends_at)`; `pinned_id`: always this version."""

    tariff_name: str
    pinned_id: int | None
    starts_at: datetime
    ends_at: datetime | None


class Chosen(NamedTuple):
    """As which item a holder has `item` rated from `effective_at` on."""

    item: str
    chosen_item: str
    effective_at: datetime


def _choices_of(holders: Iterable[tuple[int, int]]) -> dict[int, list[Chosen]]:
    """What these holders chose, customer id and holder id each, the newest first; by holder id."""
    choices: dict[int, list[Chosen]] = {}
    for holder_id, *row in binary.rows("ledger", "holder_choices", **_asked(holders)):
        choices.setdefault(holder_id, []).append(Chosen(*row))
    return choices


def _asked(holders: Iterable[tuple[int, int]]) -> dict[str, binary.Bigints]:
    wanted = sorted(set(holders))
    return {
        "customers": binary.bigints([customer for customer, _ in wanted]),
        "holders": binary.bigints([holder for _, holder in wanted]),
    }


class Steady(NamedTuple):
    """A tariff that prices a holder, or that none does, all along `[since, until)`."""

    tariff: CompiledTariff | None
    since: datetime | None
    until: datetime | None


class PriceBook:
    """Which tariff prices which holder at which instant, for the holders that it knows."""

    def __init__(self) -> None:
        self._assigned: dict[int, tuple[Assigned, ...]] = {}
        self._choices: dict[int, Sequence[Chosen]] = {}
        # Per assignments when their tariff may turn, and which one acts before each turn.
        self._turns_of: dict[tuple[Assigned, ...], list[datetime]] = {}
        self._priced: dict[tuple[tuple[Assigned, ...], int], tuple[CompiledTariff | None]] = {}
        self._versions: dict[str, list[Tariff]] = {}

    def learn(
        self, assigned: Mapping[int, tuple[Assigned, ...]], choices: Mapping[int, Sequence[Chosen]]
    ) -> None:
        """Know these holders' assignments, the oldest first, and choices, the newest first, by holder
        id. One query, for the versions of cards that are not known yet."""
        self._assigned.update(assigned)
        for holder_id in assigned:
            self._choices[holder_id] = choices.get(holder_id, ())
        named = {row.tariff_name for rows in set(assigned.values()) for row in rows}
        names = named - self._versions.keys()
        if not names:
            return
        self._versions.update((name, []) for name in names)
        for tariff in Tariff.objects.filter(name__in=names).order_by("effective_from"):
            self._versions[tariff.name].append(tariff)

    def forget(self, holder_id: int) -> None:
        """Know a holder no longer."""
        self._assigned.pop(holder_id, None)
        self._choices.pop(holder_id, None)

    @classmethod
    def read(cls, holders: Iterable[tuple[int, int]]) -> PriceBook:
        """One that knows these holders, customer id and holder id each: three queries."""
        wanted = set(holders)
        assigned: dict[int, tuple[Assigned, ...]] = dict.fromkeys(
            (holder for _, holder in wanted), ()
        )
        for holder_id, *row in binary.rows("ledger", "holder_tariffs", **_asked(wanted)):
            assigned[holder_id] = (*assigned[holder_id], Assigned(*row))
        book = cls()
        book.learn(assigned, _choices_of(wanted))
        return book

    def tariff(self, holder_id: int, time: datetime) -> CompiledTariff | None:
        """The tariff that prices an event of `time` (R1: event time, or the lock's version)."""
        for row in self._assigned.get(holder_id, ()):
            if row.starts_at <= time and (row.ends_at is None or time < row.ends_at):
                if row.pinned_id is not None:
                    return compiled(row.pinned_id)
                version = _acting(self._versions.get(row.tariff_name, ()), time)
                return None if version is None else compiled(version.id)
        return None

    def turns(self, holder_id: int, after: datetime) -> list[datetime]:
        """The instants after `after` at which another version may begin to price the holder."""
        rows = self._assigned.get(holder_id, ())
        names = {row.tariff_name for row in rows}
        versions = (v.effective_from for name in names for v in self._versions.get(name, ()))
        instants = {*versions, *(row.starts_at for row in rows)}
        return sorted(instant for instant in instants if instant > after)

    def steady(self, holder_id: int, since: datetime, until: datetime) -> Steady | None:
        """The tariff that prices every event of `[since, until]`, with the time around it for which it does;
        None if it changes in that time."""
        rows = self._assigned.get(holder_id, ())
        turns = self._turns_of.get(rows)
        if turns is None:
            turns = self._turns_of[rows] = self._turns(rows)
        place = bisect_right(turns, since)
        first = turns[place - 1] if place else None
        last = turns[place] if place < len(turns) else None
        for choice in self._choices.get(holder_id, ()):
            if choice.effective_at > since:
                last = choice.effective_at if last is None else min(last, choice.effective_at)
            else:
                first = choice.effective_at if first is None else max(first, choice.effective_at)
        if last is not None and last <= until:
            return None
        known = self._priced.get((rows, place))
        if known is None:
            known = self._priced[rows, place] = (self.tariff(holder_id, until),)
        return Steady(known[0], first, last)

    def _turns(self, rows: Sequence[Assigned]) -> list[datetime]:
        """When another tariff may begin to price holders with these assignments, the earliest first."""
        found = [at for row in rows for at in (row.starts_at, row.ends_at) if at is not None]
        for row in rows:
            found += [v.effective_from for v in self._versions.get(row.tariff_name, ())]
        return sorted(found)

    def kind(self, holder_id: int) -> object:
        """What holders have in common whom the same tariff prices alike: all that made no choices."""
        return holder_id if self._choices.get(holder_id) else None

    def rates(
        self,
        holder_id: int,
        tariff: CompiledTariff,
        event: tuple[int, Mapping[str, object]],
        time: datetime,
        *,
        entitling: bool = False,
    ) -> list[CompiledRate]:
        """The rates of `tariff` that price an event (meter id, properties) of `time`, as chosen.

        An action that the version no longer has is priced only by the customer's choice (R2).
        """
        found = tariff.rates(*event, entitling=entitling)
        known = found or self._retired(tariff, event, time)
        items = dict.fromkeys(self.chosen(holder_id, rate.item, time) for rate in known)
        if list(items) == list(dict.fromkeys(rate.item for rate in found)):
            return found
        chosen = [rate for item in items for rate in tariff.all_rates() if rate.item == item]
        return chosen or found

    def chosen(self, holder_id: int, item: str, time: datetime) -> str:
        """The item as which `item` is rated at `time`: by the customer's newest choices, one
        leading to the next, or itself (R2)."""
        seen: set[str] = set()
        while item not in seen:
            seen.add(item)
            for choice in self._choices.get(holder_id, ()):
                if choice.item == item and choice.effective_at <= time:
                    newest = choice.chosen_item
                    break
            else:
                return item
            item = newest
        return item

    def _retired(
        self, tariff: CompiledTariff, event: tuple[int, Mapping[str, object]], time: datetime
    ) -> list[CompiledRate]:
        """What priced such an event in the newest version before that did."""
        versions = self._versions.get(tariff.name, ())
        for version in reversed([v for v in versions if v.effective_from <= time]):
            rates = compiled(version.id).rates(*event)
            if rates:
                return rates
        return []
