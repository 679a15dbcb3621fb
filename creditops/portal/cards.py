"""Answers how each pool stands: what a customer wants to know about one contract and unit, on a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.utils.safestring import SafeString

from contracts import rate_words, renewals
from creditops.lib import calendar, money
from creditops.pictures import burndown, meter, timeline
from creditops.portal import blocks, credit_prices, facts, outlook, renewal, rules
from creditops.portal.amounts import Amount
from creditops.portal.blocks import Expiring
from creditops.portal.facts import Facts
from creditops.portal.outlook import Outlook
from creditops.portal.renewal import Renewal
from ledger import balances, books, forecast
from ledger.forecast import Forecast
from ledger.models import Block, Hold, Pool

# Without a term a forecast is drawn this far.
_LOOKED_AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class Used:
    """Credits used of what there was in the term; overage beside them, with its cap and value."""

    credits: int
    total: int
    overage: int
    cap: int
    overage_worth: Amount | None

    @property
    def percent(self) -> int:
        """The share used, as alerts measure it (A1), rounded down."""
        whole = self.total + self.overage
        return (self.credits + self.overage) * 100 // whole if whole else 0


@dataclass(frozen=True)
class Card:
    """One contract and unit as a page shows it. Credits are whole, days local to the contract.

    `holds` are those under way, by their end. `outlook`, `gauge` and `burndown` are None for a
    contract that is over.
    """

    code: str
    title: str
    unit: str
    running: bool
    first_day: date | None
    last_day: date | None
    days_left: int | None
    available: int
    held: int
    used: Used
    expiring: Expiring | None
    outlook: Outlook | None
    gauge: SafeString | None
    burndown: SafeString | None
    timeline: SafeString
    blocks: Sequence[blocks.Row]
    holds: Sequence[Hold]
    credit_price: Sequence[str]
    rate_card: rate_words.Card | None
    rules: Sequence[str]
    renewal: Renewal | None
    renews: bool


def of_pools(pools: Sequence[Pool], *, at: datetime, in_money: bool) -> list[Card]:
    """The cards of pools of one customer, running ones first.

    Args:
        pools: with unit, holder and customer.
        in_money: whether prices, values and the renewal are told.

    The number of queries depends on the number of pools only.
    """
    gathered = facts.of_pools(pools, at)
    contracts = [known.contract for known in gathered if known.contract is not None]
    proposals = renewal.of_contracts(contracts) if in_money else {}
    cards = [_card(known, proposals, at, in_money) for known in gathered]
    return sorted(cards, key=lambda card: not card.running)


def _card(
    known: Facts, proposals: dict[tuple[int, int], Renewal], at: datetime, in_money: bool
) -> Card:
    pool, zone = known.pool, known.pool.holder.time_zone
    term, contract = known.term, known.contract
    last_day = calendar.last_day(term.ends_at, zone) if term else None
    used = _used(known, in_money)
    predicted = forecast.of_pool(pool, at=at) if known.running else None
    ahead = outlook.of(predicted, in_money=in_money) if predicted else None
    unit = _noun(pool.unit.name)
    return Card(
        code=pool.holder.code,
        title=str(contract) if contract else "Pay as you go",
        unit=unit,
        running=known.running,
        first_day=calendar.local_date(term.starts_at, zone) if term else None,
        last_day=last_day,
        days_left=(last_day - known.today).days + 1 if known.running and last_day else None,
        available=known.balance.available,
        held=known.balance.held,
        used=used,
        expiring=blocks.expiring(known.block_rows),
        outlook=ahead,
        gauge=_gauge(known, used, unit) if known.running else None,
        burndown=_burndown(known, used, predicted, last_day, unit) if predicted else None,
        timeline=_timeline(known, unit),
        blocks=known.block_rows,
        holds=known.holds,
        credit_price=_credit_price(known, at) if in_money else [],
        rate_card=known.rate_card,
        rules=rules.of(pool, known.limits, rules.Standing(last_day, known.cap), at),
        renewal=proposals.get((contract.pk, known.committed.term_id))
        if contract and known.committed
        else None,
        renews=contract is not None and renewals.follows(contract, at),
    )


def _used(known: Facts, in_money: bool) -> Used:
    """What was used in the term; without one, since the oldest credits that lived when the last
    ones came: as alerts measure it (A1)."""
    counted = [block for block in known.balance.blocks if block.kind != Block.Kind.DAILY]
    if known.term is None:
        credits, overage = sum(block.used for block in counted) - known.counted_before, 0
    else:
        by_kind = balances.consumption(known.pool, known.term)
        overage = by_kind.pop("overage", 0)
        credits = sum(n for kind, n in by_kind.items() if kind != Block.Kind.DAILY)
    committed = known.committed
    worth = None
    if in_money and committed is not None:
        value = money.released(
            committed.price_minor, committed.commitment, overage, books.current(known.at).rounding
        )
        worth = Amount(value, committed.currency)
    return Used(
        credits=credits,
        total=credits + sum(block.left for block in counted),
        overage=overage,
        cap=known.cap or 0,
        overage_worth=worth,
    )


def _credit_price(known: Facts, at: datetime) -> list[str]:
    if known.contract is None:
        return credit_prices.on_purchase(known.pool.customer.currency, at)
    if known.committed is None:
        return []
    return credit_prices.under_contract(known.contract, known.committed, at)


def _gauge(known: Facts, used: Used, unit: str) -> SafeString:
    return meter.draw(
        meter.Gauge(
            used.credits, used.total, used.overage, used.cap, known.limits.alerts, unit=unit
        )
    )


def _burndown(
    known: Facts, used: Used, predicted: Forecast, last_day: date | None, unit: str
) -> SafeString:
    first = known.days[0].day
    return burndown.draw(
        burndown.Burndown(
            points=[burndown.Point(day.day, day.credits) for day in known.days],
            unit=unit,
            outlook=burndown.Outlook(
                predicted.burn_per_day, last_day or known.today + _LOOKED_AHEAD
            ),
            term_end=last_day,
            levels=[
                (int(used.total * Fraction(100 - percent, 100)), f"{percent} % used")
                for percent in known.limits.alerts
                if known.term is not None
            ],
            steps=[
                burndown.Step(row.first_day, row.granted, row.label)
                for row in known.block_rows
                if row.first_day >= first
            ],
        )
    )


def _timeline(known: Facts, unit: str) -> SafeString:
    return timeline.draw(
        [
            timeline.Span(
                row.label, row.first_day, row.last_day, row.granted, row.used, row.left, row.state
            )
            for row in known.block_rows
        ],
        today=known.today,
        unit=unit,
    )


def _noun(name: str) -> str:
    """A unit's name inside a sentence: "credits", but "AI credits"."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
