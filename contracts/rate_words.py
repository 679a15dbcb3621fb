"""Answers what actions cost in the customer's words, for pages and invoices (S20, S78)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.models import RateItem
from ledger.models import HolderTariff, Pool, Rate
from ledger.tariffs import PriceBook

_PERIODS = {1: "month", 12: "year"}
# A sentence about a longer card ends with how many more actions it has.
_TOLD_MAX = 12


@dataclass(frozen=True)
class Action:
    """What an action costs: "Translation", "5 credits", "1,000 words translated"."""

    name: str
    costs: str
    per: str
    chosen: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.costs} {'' if self.per.startswith('each') else 'for '}{self.per}"


@dataclass(frozen=True)
class Card:
    """The rate card of a contract: its version, until when that is locked, and its actions."""

    name: str
    version: str
    locked_until: datetime | None
    actions: Sequence[Action]

    def __str__(self) -> str:
        """In a sentence: "Studio, version 1: Reading 1 credit for 1,000 tokens read; Image ..."."""
        told = "; ".join(map(str, self.actions[:_TOLD_MAX]))
        more = len(self.actions) - _TOLD_MAX
        rest = f"; and {more} more" if more > 0 else ""
        return f"{self.name}, version {self.version}: {told}{rest}"


def action(item: RateItem, chosen: str = "") -> Action:
    """One line of a rate card in the customer's words."""
    credits = "1 credit" if item.credits == 1 else f"{item.credits:,} credits"
    return Action(item_name(item), credits, _per(item), chosen)


def item_name(item: RateItem) -> str:
    """The action as people read it, with what narrows it: "Completion (model large)"."""
    name = _words(item.item)
    only = ", ".join(f"{_words(key).lower()} {value}" for key, value in sorted(item.match.items()))
    return f"{name} ({only})" if only else name


def cards(pools: Sequence[Pool], at: datetime) -> dict[int, Card]:
    """The rate card in force at `at` by pool id, for pools of one customer; missing: none.

    A pool's card has the actions that cost credits of its unit. An action that the customer chose to
    have rated as another one says so (S31).
    """
    if not pools:
        return {}
    holders = {pool.holder_id for pool in pools}
    book = PriceBook(holders, [pools[0].customer_id])
    acting = {id_: tariff.id for id_ in holders if (tariff := book.tariff(id_, at)) is not None}
    items = _items(set(acting.values()))
    locks = _locks(pools[0].customer_id, holders, at)
    found = {}
    for pool in pools:
        mine = items.get((acting.get(pool.holder_id, 0), pool.unit_id))
        if mine:
            found[pool.id] = Card(
                mine[0].version.card.name,
                mine[0].version.version,
                locks.get(pool.holder_id),
                [_chosen_action(item, pool.holder_id, book, at) for item in mine],
            )
    return found


def _items(tariffs: set[int]) -> dict[tuple[int, int], list[RateItem]]:
    """The actions on the cards behind these tariffs, by tariff and unit."""
    items: dict[tuple[int, int], list[RateItem]] = {}
    rows = RateItem.objects.filter(version__tariff__in=tariffs).order_by("id")
    for item in rows.select_related("version__card", "meter"):
        items.setdefault((item.version.tariff_id, item.unit_id), []).append(item)
    return items


def _locks(customer_id: int, holders: set[int], at: datetime) -> Mapping[int, datetime | None]:
    pinned = HolderTariff.objects.filter(
        customer_id=customer_id,
        holder_id__in=holders,
        pinned__isnull=False,
        starts_at__lte=at,
        ends_at__gt=at,
    )
    return dict(pinned.values_list("holder_id", "ends_at"))


def _chosen_action(item: RateItem, holder_id: int, book: PriceBook, at: datetime) -> Action:
    chosen = book.chosen(holder_id, item.item, at)
    return action(item, "" if chosen == item.item else _words(chosen))


def _per(item: RateItem) -> str:
    period = _PERIODS.get(item.period_months or 12, f"{item.period_months} months")
    counted = item.customer_unit or (_words(item.property).lower() if item.property else "")
    match item.kind:
        case Rate.Kind.LICENCE:
            return f"user and {period}"
        case Rate.Kind.FLAT:
            return period
        case Rate.Kind.PASS_THROUGH:
            return "what the provider charges, without markup"
    if item.per > 1:
        return f"{item.per:,} {counted or _words(item.meter.name).lower()}"
    return f"each ({counted})" if counted else "each"


def _words(code: str) -> str:
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
