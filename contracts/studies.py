"""Answers what a draft of a rate card or of a price would have made of past usage, customer by customer.

Nothing is written: a study runs in a transaction in which the database refuses every write. The usage is
read once, in groups (`ledger/usage_volumes.py`); each scenario then prices the groups anew, in memory and
exactly. What a customer has today (credits left, the running term) stays as it is: a new rate never
touches balances (R2).
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor

from contracts import study_facts
from contracts.rate_items import Item
from contracts.study_facts import Facts
from creditops.lib import calendar, money, sql
from ledger import usage_volumes
from ledger.models import Rate
from ledger.tariffs import CompiledRate, CompiledTariff
from ledger.usage_volumes import Amount, Asked, Place, Volume

TRAILING_DAYS = 30
# A run-out further away than this is not told to the day.
_FAR_DAYS = 36_500


class Moves(enum.Enum):
    """As which action customers have others rated."""

    CHOSEN = "as they chose"
    STAY = "everybody stays"
    MOVE = "everybody moves"


@dataclass(frozen=True)
class Scenario:
    """What is supposed.

    Attributes:
        name: in a table of several.
        items: the actions of the studied card; None: as it is.
        keeps_locks: who has a rate lock keeps the version that is pinned.
        moves: which choices are supposed, among `successors`: old action -> improved one.
        prices: currency -> credits that one unit of it buys, for whoever has no price lock; empty: as it is.
    """

    name: str
    items: Sequence[Item] | None = None
    keeps_locks: bool = True
    moves: Moves = Moves.CHOSEN
    successors: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One holder and unit: credits of the studied time, and what they mean, before and after.

    Attributes:
        name, code: of the customer and of the holder.
        locked_until: of the rate lock that keeps the old rates; None: the card prices it.
        credits, credits_after: drawn in the time, and what would have been.
        price, price_after: of a credit in units of `currency`, exact; None where none is known.
        burn, burn_after: credits a day of the last days.
        left: credits today.
        baseline, baseline_after: of the renewal, on twelve months; None without a commitment.
        unpriced: events that would have no price.
    """

    name: str
    customer: str
    code: str
    unit: str
    currency: str
    locked_until: datetime | None
    credits: int
    credits_after: int
    price: Fraction | None
    price_after: Fraction | None
    burn: Fraction
    burn_after: Fraction
    left: int
    baseline: int | None
    baseline_after: int | None
    unpriced: int
    today: date

    @property
    def minor(self) -> int | None:
        """What the credits are worth, in minor units."""
        return _minor(self.credits, self.price, self.currency)

    @property
    def minor_after(self) -> int | None:
        """What they would be worth."""
        return _minor(self.credits_after, self.price_after, self.currency)

    @property
    def change_minor(self) -> int:
        """How much more the customer would pay; 0 where no price is known."""
        return (self.minor_after or 0) - (self.minor or 0)

    @property
    def run_out(self) -> date | None:
        """The day on which today's credits end, as they are used lately."""
        return _run_out(self.left, self.burn, self.today)

    @property
    def run_out_after(self) -> date | None:
        """The same, at the rates that are studied."""
        return _run_out(self.left, self.burn_after, self.today)

    @property
    def loses(self) -> bool:
        """Whether the customer would be worse off."""
        return self.change_minor > 0 or (self.price is None and self.credits_after > self.credits)


@dataclass(frozen=True)
class Study:
    """What a scenario makes of the usage of a time, the heaviest change first."""

    scenario: Scenario
    first: datetime
    last: datetime
    lines: Sequence[Line]

    @property
    def losers(self) -> list[Line]:
        """Who would be worse off."""
        return [line for line in self.lines if line.loses]

    @property
    def unpriced(self) -> int:
        """Events that would have no price."""
        return sum(line.unpriced for line in self.lines)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Currency -> what all credits are worth before and after, in minor units."""
        found: dict[str, tuple[int, int]] = {}
        for line in self.lines:
            before, after = found.get(line.currency, (0, 0))
            found[line.currency] = (before + (line.minor or 0), after + (line.minor_after or 0))
        return found

    def credits(self) -> dict[str, tuple[int, int]]:
        """Unit -> all credits before and after."""
        found: dict[str, tuple[int, int]] = {}
        for line in self.lines:
            before, after = found.get(line.unit, (0, 0))
            found[line.unit] = (before + line.credits, after + line.credits_after)
        return found

    def concentration(self, top: int) -> Fraction:
        """The share of all increases, in percent, that the customers hit hardest bear together."""
        rises: dict[str, int] = {}
        for line in self.lines:
            rises[line.customer] = rises.get(line.customer, 0) + max(0, line.change_minor)
        whole = sum(rises.values())
        heaviest = sorted(rises.values(), reverse=True)[:top]
        return Fraction(100 * sum(heaviest), whole) if whole else Fraction(0)


def run(
    card: str,
    scenarios: Sequence[Scenario],
    *,
    first: datetime,
    last: datetime,
    at: datetime,
    customer_id: int | None = None,
) -> list[Study]:
    """Study scenarios of a card on the usage of `[first, last)`, as known now.

    Args:
        card: the code of the studied card; who is priced by another one keeps its rates.
        at: now: who is locked, what is left, which terms run.
        customer_id: only the use of one paying customer; None: of all.

    One transaction that can't write; as many statements whatever the number of customers and scenarios.
    """
    with sql.read_only():
        compiled = {n: study_facts.compiled(card, s.items) for n, s in enumerate(scenarios)
                    if s.items is not None}  # fmt: skip
        asked = replace(_asked(compiled.values(), first, last, at), customer_id=customer_id)
        usage = usage_volumes.of(asked)
        facts = study_facts.gather(card, usage, at)
    return [
        Study(scenario, first, last, _lines(scenario, compiled.get(n), usage, facts, asked))
        for n, scenario in enumerate(scenarios)
    ]


def _asked(
    tariffs: Iterable[CompiledTariff], first: datetime, last: datetime, at: datetime
) -> Asked:
    """With every property that some price of the studied cards looks at."""
    narrowing: dict[int, set[str]] = {}
    priced: dict[int, set[str]] = {}
    for tariff in tariffs:
        for meter, rates in tariff.by_meter.items():
            for rate in rates:
                if rate.match:
                    narrowing.setdefault(meter, set()).update(name for name, _ in rate.match)
                if rate.property:
                    priced.setdefault(meter, set()).add(rate.property)
    recent = last - timedelta(days=min(TRAILING_DAYS, max(1, (last - first).days)))
    return Asked(first, last, at, recent, narrowing, priced)


@dataclass
class _Sums:
    """Exact credits of a pool or of a unit that has no pool yet."""

    credits: Amount = 0
    recent: Amount = 0
    in_term: Amount = 0
    unpriced: int = 0

    def add(self, place: Place, credits: Amount) -> None:
        """Count credits where they belong."""
        self.credits += credits
        if place.recent:
            self.recent += credits
        if place.in_term:
            self.in_term += credits


_Key = tuple[int, int]  # holder, unit


def _lines(
    scenario: Scenario,
    tariff: CompiledTariff | None,
    usage: usage_volumes.Usage,
    facts: Facts,
    asked: Asked,
) -> list[Line]:
    before: dict[_Key, _Sums] = {}
    after: dict[_Key, _Sums] = {}
    for volume in usage.volumes:
        _add(before, volume.place, facts.unit_of(volume.place), volume.credits)
    for part in usage.parts:
        _add(before, part.place, facts.unit_of(part.place), part.credits)
    repriced = {
        holder: tariff is not None and facts.follows(holder, scenario.keeps_locks)
        for holder in {volume.place.holder_id for volume in usage.volumes}
    }
    for volume in usage.volumes:
        if tariff is not None and repriced[volume.place.holder_id] and facts.is_rated(volume):
            _reprice(after, volume, tariff, scenario, facts)
        else:
            _add(after, volume.place, facts.unit_of(volume.place), volume.credits)
    for part in usage.parts:
        if not repriced.get(part.place.holder_id):
            _add(after, part.place, facts.unit_of(part.place), part.credits)
    days = max(1, (asked.last - asked.recent).days)
    lines = [
        _line(key, before.get(key, _Sums()), after.get(key, _Sums()), scenario, facts, days)
        for key in dict.fromkeys([*before, *after])
    ]
    return sorted(
        lines, key=lambda e: (-abs(e.change_minor), -abs(e.credits_after - e.credits), e.code)
    )


def _reprice(
    after: dict[_Key, _Sums],
    volume: Volume,
    tariff: CompiledTariff,
    scenario: Scenario,
    facts: Facts,
) -> None:
    """Add what a group would have drawn; without a price it draws nothing and is counted."""
    holder = volume.place.holder_id
    found = [] if volume.archived else tariff.rates(volume.meter_id, volume.data)
    # What the draft ends is priced by what the customer chose instead (R2).
    known = found or facts.rates_now(volume)
    items = dict.fromkeys(_rated_as(rate.item, holder, scenario, facts) for rate in known)
    chosen = [rate for rate in tariff.all_rates() if rate.item in items] if items else []
    rates = found if set(items) == {rate.item for rate in found} else chosen or found
    unpriced = volume.events if not rates else 0
    for rate in rates:
        counted, lacking = _counted(rate, volume)
        unpriced = max(unpriced, lacking)
        exact = counted * volume.share * rate.credits
        _add(
            after, volume.place, rate.unit_id, exact if rate.per == 1 else Fraction(exact, rate.per)
        )
    if unpriced:
        key = (holder, facts.unit_of(volume.place))
        after.setdefault(key, _Sums()).unpriced += unpriced


def _rated_as(item: str, holder: int, scenario: Scenario, facts: Facts) -> str:
    if scenario.moves == Moves.STAY:
        return item
    if scenario.moves == Moves.MOVE:
        return scenario.successors.get(item, item)
    return facts.chosen(holder, item)


def _counted(rate: CompiledRate, volume: Volume) -> tuple[Amount, int]:
    """What a rate counts of a group, and how many of its events it can't price."""
    passed = rate.kind == Rate.Kind.PASS_THROUGH
    if not rate.property:
        odd = volume.odd if rate.kind == Rate.Kind.FIXED else 0
        return volume.quantity, odd
    amount, charged = volume.counted.get(rate.property, (0, 0))
    lacking = volume.without.get(rate.property, 0) if passed else 0
    return (charged if passed else amount), lacking


def _add(sums: dict[_Key, _Sums], place: Place, unit_id: int, credits: Amount) -> None:
    sums.setdefault((place.holder_id, unit_id), _Sums()).add(place, credits)


def _line(
    key: _Key, before: _Sums, after: _Sums, scenario: Scenario, facts: Facts, days: int
) -> Line:
    holder_id, unit_id = key
    known = facts.holders[holder_id]
    pool = facts.pool(holder_id, unit_id)
    baseline = facts.baseline(pool) if pool is not None else None
    moved = floor(after.in_term) - floor(before.in_term)
    price = facts.price(holder_id, unit_id)
    return Line(
        name=known.customer.name,
        customer=known.customer.code,
        code=known.code,
        unit=facts.unit_code(unit_id),
        currency=price.currency,
        locked_until=facts.locked_until(holder_id),
        credits=floor(before.credits),
        credits_after=floor(after.credits),
        price=price.each,
        price_after=price.under(scenario.prices),
        burn=Fraction(before.recent, days),
        burn_after=Fraction(after.recent, days),
        left=facts.left(pool) if pool is not None else 0,
        baseline=None if baseline is None else baseline.of(0),
        baseline_after=None if baseline is None else baseline.of(moved),
        unpriced=after.unpriced,
        today=calendar.local_date(facts.at, known.time_zone),
    )


def _minor(credits: int, price: Fraction | None, currency: str) -> int | None:
    if price is None:
        return None
    return money.rounded(credits * price * 10 ** money.exponent(currency))


def _run_out(left: int, burn: Fraction, today: date) -> date | None:
    return today + timedelta(days=min(floor(left / burn), _FAR_DAYS)) if burn else None


def currencies(studies: Collection[Study]) -> list[str]:
    """Every currency in which some study counts money."""
    return sorted({line.currency for study in studies for line in study.lines if line.currency})
