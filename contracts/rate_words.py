"""Answers what actions cost in the customer's words, for pages and invoices (S20, S78)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts.models import RateItem
from creditops.lib import calendar, languages, printed
from ledger import rate_choices
from ledger.models import Holder, HolderTariff, Pool, Rate
from ledger.tariffs import PriceBook

_PERIODS = {1: "month", 12: "year"}
# A sentence about a longer card ends with how many more actions it has.
_TOLD_MAX = 12
# What names of actions write small and people don't.
_CAPITALS = frozenset({"ai", "api", "crm", "gpu", "llm", "pdf", "sms", "sql", "url"})


@dataclass(frozen=True)
class Action:
    """What an action costs: "Translation", "5 credits", "1,000 words translated"; `place` on the value
    chain, where it is said: "vertical" (S11)."""

    name: str
    costs: str
    per: str
    chosen: str = ""
    place: str = ""
    by_each: bool = False
    language: str = languages.ENGLISH

    def __str__(self) -> str:
        key = "action_each" if self.by_each else "action"
        return languages.say(
            self.language, key, name=self._placed_name(), costs=self.costs, per=self.per
        )

    def _placed_name(self) -> str:
        """The name with its place, where that is said: "Translation (vertical)"."""
        if not self.place:
            return self.name
        place = languages.words(self.language)[f"place_{self.place}"]
        if self.name.endswith(")"):
            return f"{self.name[:-1]}, {place})"
        return f"{self.name} ({place})"


@dataclass(frozen=True)
class Ending:
    """An action that ends with a version to come, and what the customer may choose instead."""

    name: str
    last_day: date
    instead: str


@dataclass(frozen=True)
class Card:
    """The rate card of a contract: its version, until when that is locked, and its actions.

    `ending` are those for which the customer has to choose (R2).
    """

    name: str
    version: str
    locked_until: datetime | None
    actions: Sequence[Action]
    ending: Sequence[Ending] = ()
    language: str = languages.ENGLISH

    def __str__(self) -> str:
        """In a sentence: "Studio, version 1: Reading 1 credit for 1,000 tokens read; Image ..."."""
        told = [str(action) for action in self.actions[:_TOLD_MAX]]
        more = len(self.actions) - _TOLD_MAX
        if more > 0:
            told.append(languages.say(self.language, "and_more", count=more))
        return languages.say(
            self.language, "card", name=self.name, version=self.version, actions="; ".join(told)
        )


def action(item: RateItem, chosen: str = "", language: str = languages.ENGLISH) -> Action:
    """One line of a rate card in the customer's words."""
    key = "one_credit" if item.credits == 1 else "many_credits"
    credits = languages.say(language, key, credits=printed.credits(item.credits, language))
    per, by_each = _per(item, language)
    return Action(item_name(item), credits, per, chosen, item.position, by_each, language)


def item_name(item: RateItem) -> str:
    """The action as people read it, with what narrows it: "Completion (model large)"."""
    name = words(item.item)
    only = ", ".join(f"{words(key).lower()} {value}" for key, value in sorted(item.match.items()))
    return f"{name} ({only})" if only else name


def cards(
    pools: Sequence[Pool], at: datetime, language: str = languages.ENGLISH
) -> dict[int, Card]:
    """The rate card in force at `at` by pool id, for pools of one customer; missing: none.

    A pool's card has the actions that cost credits of its unit. An action that the customer chose to
    have rated as another one says so (S31).
    """
    if not pools:
        return {}
    holders = {pool.holder_id for pool in pools}
    book = PriceBook.read((pools[0].customer_id, holder) for holder in holders)
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
                [_chosen_action(item, pool.holder_id, book, at, language) for item in mine],
                _ending({item.item for item in mine}, pool.holder, book, at),
                language,
            )
    return found


@dataclass(frozen=True)
class Worth:
    """What credits would still buy of one action: "Image", 1,200 times."""

    name: str
    times: int


def still_buys(pool: Pool, credits: int, at: datetime) -> list[Worth]:
    """How often credits of a pool would pay for each action of its card, in its order (S38)."""
    tariff = PriceBook.read([(pool.customer_id, pool.holder_id)]).tariff(pool.holder_id, at)
    if tariff is None or credits <= 0:
        return []
    counted = (Rate.Kind.FIXED, Rate.Kind.PACK)
    items = _items({tariff.id}).get((tariff.id, pool.unit_id), [])
    return [
        Worth(item_name(item), credits * item.per // item.credits)
        for item in items[:_TOLD_MAX]
        if item.kind in counted and item.credits
    ]


def _ending(mine: set[str], holder: Holder, book: PriceBook, at: datetime) -> list[Ending]:
    """Those of these actions that end, in words."""
    return [
        Ending(
            words(asked.item),
            calendar.last_day(asked.ends_at, holder.time_zone),
            _one_of([words(item) for item in asked.offered]),
        )
        for asked in rate_choices.questions(book, holder.id, at)
        if asked.item in mine
    ]


def _one_of(names: Sequence[str]) -> str:
    """ "Email", "Email or Phone", "Email, Phone or one of 3 more"."""
    told, more = list(names[:_TOLD_MAX]), len(names) - _TOLD_MAX
    if more > 0:
        told.append(f"one of {more} more")
    return " or ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


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


def _chosen_action(
    item: RateItem, holder_id: int, book: PriceBook, at: datetime, language: str
) -> Action:
    chosen = book.chosen(holder_id, item.item, at)
    return action(item, "" if chosen == item.item else words(chosen), language)


def _per(item: RateItem, language: str) -> tuple[str, bool]:
    """What the credits are for, and whether that is each single one: "each", not "for each"."""
    counted = item.customer_unit or (words(item.property).lower() if item.property else "")
    match item.kind:
        case Rate.Kind.LICENCE:
            period = _period(item, language)
            return languages.say(language, "per_user_and", period=period), False
        case Rate.Kind.FLAT:
            return _period(item, language), False
        case Rate.Kind.PASS_THROUGH:
            return languages.say(language, "pass_through"), False
    if item.per > 1:
        many = printed.credits(item.per, language)
        return f"{many} {counted or words(item.meter.name).lower()}", False
    key = "each_of" if counted else "each"
    return languages.say(language, key, unit=counted), True


def _period(item: RateItem, language: str) -> str:
    months = item.period_months or 12
    return languages.say(language, _PERIODS.get(months, "months"), count=months)


def words(code: str) -> str:
    """A name in code as people read it: `ai_research` as "AI research"."""
    said = " ".join(part.upper() if part in _CAPITALS else part for part in code.split("_"))
    return (said[:1].upper() + said[1:]).strip()
