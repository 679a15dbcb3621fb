"""Answers what a study has to know beside the usage: who follows the card, locks, choices, prices, rests.

Set-based: a handful of queries for all customers together, and none that writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from contracts import prices, rate_items, terms_of_sale
from contracts.models import Contract
from contracts.rate_items import Item
from contracts.renewals import RENEWED_MONTHS
from creditops.lib import calendar, money, sql
from ledger import units
from ledger.models import CreditUnit, Holder, HolderTariff, Meter, Pool, PoolTerm, Term
from ledger.tariffs import CompiledRate, CompiledTariff, PriceBook
from ledger.usage_volumes import Place, Usage, Volume

# A unit that the book does not have yet gets a number below zero, for as long as a study lasts.
_NEW = -1


@dataclass(frozen=True)
class CreditPrice:
    """What a credit costs a holder, exact; None: not known. `locked`: a new price is not for it."""

    each: Fraction | None
    currency: str
    locked: bool

    def under(self, ratios: Mapping[str, int]) -> Fraction | None:
        """The same under other credits per unit of currency."""
        ratio = ratios.get(self.currency)
        return self.each if self.locked or not ratio else Fraction(1, ratio)


@dataclass(frozen=True)
class Baseline:
    """What of a running term counts for its renewal, and the months of the term (O5)."""

    counted: int
    months: int

    def of(self, moved: int) -> int:
        """The baseline on twelve months, with so many credits more or less."""
        counted = max(0, self.counted + moved)
        if self.months in (0, RENEWED_MONTHS):
            return counted
        return money.round_half_up(Fraction(counted * RENEWED_MONTHS, self.months))


@dataclass(frozen=True)
class Facts:
    """What was gathered; all by id."""

    at: datetime
    card: str
    holders: Mapping[int, Holder]
    pools: Mapping[int, Pool]
    by_holder: Mapping[tuple[int, int], Pool]
    units: Mapping[int, str]
    rated_meters: frozenset[int]
    book: PriceBook
    assigned: Mapping[int, HolderTariff]
    prices: Mapping[int, CreditPrice]
    baselines: Mapping[int, Baseline]
    credits_left: Mapping[int, int]

    def unit_of(self, place: Place) -> int:
        """The unit of a place's pool; without one the usual one."""
        pool = self.pools.get(place.pool_id or 0)
        return self._usual if pool is None else pool.unit_id

    def unit_code(self, unit_id: int) -> str:
        """A unit's code; of one that is new with the draft."""
        return self.units.get(unit_id, "new unit")

    def pool(self, holder_id: int, unit_id: int) -> Pool | None:
        """A holder's pool of a unit."""
        return self.by_holder.get((holder_id, unit_id))

    def is_rated(self, volume: Volume) -> bool:
        """Whether a card prices a group: usage that came already rated is not touched by any."""
        return volume.meter_id not in self.rated_meters

    def rates_now(self, volume: Volume) -> list[CompiledRate]:
        """What prices a group at present."""
        tariff = self.book.tariff(volume.place.holder_id, self.at)
        if tariff is None or volume.archived:
            return []
        return tariff.rates(volume.meter_id, volume.data)

    def follows(self, holder_id: int, keeps_locks: bool) -> bool:
        """Whether the studied card prices a holder; under a lock only where locks are set aside."""
        row = self.assigned.get(holder_id)
        if row is None or row.tariff_name != self.card:
            return False
        return row.pinned_id is None or not keeps_locks

    def locked_until(self, holder_id: int) -> datetime | None:
        """Until when a holder's rates are locked; None: they are not."""
        row = self.assigned.get(holder_id)
        return row.ends_at if row is not None and row.pinned_id is not None else None

    def chosen(self, holder_id: int, item: str) -> str:
        """As which action a holder has one rated, now."""
        return self.book.chosen(holder_id, item, self.at)

    def price(self, holder_id: int, unit_id: int) -> CreditPrice:
        """What a credit costs a holder."""
        pool = self.pool(holder_id, unit_id)
        nothing = CreditPrice(None, self.holders[holder_id].customer.currency, locked=False)
        return nothing if pool is None else self.prices.get(pool.id, nothing)

    def baseline(self, pool: Pool) -> Baseline | None:
        """What counts for a pool's renewal; None without a commitment."""
        return self.baselines.get(pool.id)

    def left(self, pool: Pool) -> int:
        """Credits that can be used, as the pool's counters say."""
        return self.credits_left.get(pool.id, 0)

    @property
    def _usual(self) -> int:
        return next((id_ for id_, code in self.units.items() if code == units.CREDITS), _NEW)


def compiled(card: str, items: Sequence[Item]) -> CompiledTariff:
    """A draft as the ledger would use it, in memory only. Meters that are not there yet have no usage."""
    meters = dict(Meter.objects.values_list("code", "id"))
    known = dict(CreditUnit.objects.values_list("code", "id"))
    by_meter: dict[int, list[CompiledRate]] = {}
    for part in rate_items.priced(items):
        meter = meters.get(part.meter or part.item)
        if meter is None:
            continue
        by_meter.setdefault(meter, []).append(
            CompiledRate(
                part.item,
                part.kind,
                part.property,
                tuple(sorted(part.match.items())),
                known.get(part.unit, _NEW),
                int(str(part.credits)),
                part.per,
                part.role,
            )
        )
    return CompiledTariff(0, card, "", {id_: tuple(rates) for id_, rates in by_meter.items()})


def gather(card: str, usage: Usage, at: datetime) -> Facts:
    """What a study of this usage has to know."""
    places = {volume.place for volume in usage.volumes} | {part.place for part in usage.parts}
    keys = {(place.customer_id, place.holder_id) for place in places}
    customers, ids = {c for c, _ in keys}, {h for _, h in keys}
    holders = {
        holder.id: holder
        for holder in Holder.objects.filter(customer_id__in=customers, id__in=ids).select_related(
            "customer"
        )
    }
    pools = {
        pool.id: pool for pool in Pool.objects.filter(customer_id__in=customers, holder_id__in=ids)
    }
    committed = _commitments(pools, at)
    assigned = HolderTariff.objects.filter(
        customer_id__in=customers, holder_id__in=ids, starts_at__lte=at
    ).exclude(ends_at__lte=at)
    return Facts(
        at=at,
        card=card,
        holders=holders,
        pools=pools,
        by_holder={(pool.holder_id, pool.unit_id): pool for pool in pools.values()},
        units=dict(CreditUnit.objects.values_list("id", "code")),
        rated_meters=frozenset(
            Meter.objects.filter(rated_unit__isnull=False).values_list("id", flat=True)
        ),
        book=PriceBook.read(keys),
        assigned={row.holder_id: row for row in assigned},
        prices=_prices(pools, holders, committed, at),
        baselines=_baselines(pools, holders, committed, at),
        credits_left=_left(pools),
    )


def _prices(
    pools: Mapping[int, Pool],
    holders: Mapping[int, Holder],
    committed: Sequence[PoolTerm],
    at: datetime,
) -> dict[int, CreditPrice]:
    """Of each pool: its running commitment's price, else what its paid credits cost, else the list's."""
    known = {
        pool: (_each(cost, credits, currency), currency)
        for pool, currency, cost, credits in sql.rows("ledger", "paid_prices", **_keys(pools))
    }
    for row in committed:
        known[row.pool_id] = (
            _each(row.price_minor, row.commitment, row.currency), row.currency,
        )  # fmt: skip
    locked = set(
        Contract.objects.filter(holder__in=list(holders), price_lock_until__gt=at).values_list(
            "holder_id", flat=True
        )
    )
    usual = units.find(units.CREDITS).pk
    listed = {
        currency: _listed(currency, at)
        for currency in {holder.customer.currency for holder in holders.values()}
    }
    found = {}
    for pool in pools.values():
        ours = holders[pool.holder_id].customer.currency
        nothing = (listed[ours] if pool.unit_id == usual else None, ours)
        each, currency = known.get(pool.id, nothing)
        found[pool.id] = CreditPrice(each, currency, pool.holder_id in locked)
    return found


def _listed(currency: str, at: datetime) -> Fraction | None:
    ratio = prices.in_force(currency, at)
    return None if ratio is None else Fraction(1, ratio.credits_per_currency_unit)


def _keys(pools: Mapping[int, Pool]) -> dict[str, list[int]]:
    return {
        "customers": [pool.customer_id for pool in pools.values()],
        "pools": list(pools),
    }


def _each(minor: int, credits: int, currency: str) -> Fraction:
    return Fraction(minor, credits * 10 ** money.exponent(currency))


def _commitments(pools: Mapping[int, Pool], at: datetime) -> list[PoolTerm]:
    return list(
        PoolTerm.objects.filter(
            customer_id__in={pool.customer_id for pool in pools.values()},
            pool_id__in=list(pools),
            term__starts_at__lte=at,
            term__ends_at__gt=at,
        ).select_related("term")
    )


def _baselines(
    pools: Mapping[int, Pool],
    holders: Mapping[int, Holder],
    commitments: Sequence[PoolTerm],
    at: datetime,
) -> dict[int, Baseline]:
    """Of each pool with a running commitment: use that counts, by the kinds that its settings name (O5)."""
    committed = {row.pool_id: row for row in commitments}
    rows = sql.rows(
        "ledger",
        "terms_consumption",
        customers=[row.customer_id for row in committed.values()],
        pools=list(committed),
        terms=[row.term_id for row in committed.values()],
    )
    used: dict[int, dict[str, int]] = {}
    for _customer, pool, kind, credits in rows:
        used.setdefault(pool, {})[kind] = credits
    kinds = terms_of_sale.baseline_kinds_of(
        [holders[pools[pool].holder_id] for pool in committed], at
    )
    return {
        pool: Baseline(
            sum(used.get(pool, {}).get(kind, 0) for kind in kinds[pools[pool].holder_id]),
            _months(row.term, holders[pools[pool].holder_id].time_zone),
        )
        for pool, row in committed.items()
    }


def _months(term: Term, zone: str) -> int:
    return calendar.months_between(
        calendar.local_date(term.starts_at, zone), calendar.local_date(term.ends_at, zone)
    )


def _left(pools: Mapping[int, Pool]) -> dict[int, int]:
    return dict(sql.rows("ledger", "pools_left", **_keys(pools)))
