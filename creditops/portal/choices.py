"""Answers what a customer is asked about rates, and what each answer would have made of their use (S55)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Membership
from contracts import choice_effects, rate_campaigns, rate_words
from contracts.choice_effects import Effect
from contracts.models import RateCampaign, RateItem
from contracts.rate_campaigns import Asked
from contracts.studies import Line
from creditops.lib import calendar
from creditops.lib.refusals import NotFound
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from ledger import rate_choices
from ledger.models import RateChoice
from ledger.tariffs import PriceBook

_Role = Membership.Role
# A run-out beyond this is no news.
_AHEAD_DAYS = 366
_CHOOSE = frozenset({_Role.ADMIN, _Role.FINANCE, _Role.AUTHORISER})


@dataclass(frozen=True)
class Option:
    """One answer: an action with its rate, and what the last days would have been by it.

    `cost` is of one; amounts and days are None where they are not known, or not for the visitor to see.
    """

    item: str
    name: str
    rate: str
    cost: str
    stays: bool
    chosen: bool
    credits: int | None = None
    amount: Amount | None = None
    run_out: date | None = None
    baseline: int | None = None


@dataclass(frozen=True)
class Question:
    """What one contract is asked, its answers, and which was given by whom and when."""

    key: str
    contract: str
    card: str
    name: str
    ends: bool
    last_day: date
    days_left: int
    message: str
    days: int
    options: Sequence[Option]
    answer: RateChoice | None
    by_default: bool

    @property
    def answered(self) -> str:
        """The action that was chosen, in words; empty: none yet."""
        return next((option.name for option in self.options if option.chosen), "")


def may_choose(visitor: Visitor) -> bool:
    """Whether a visitor may answer: the customer's administrators, finance and authorisers."""
    return visitor.role in _CHOOSE


def of(visitor: Visitor, at: datetime) -> list[Question]:
    """Everything that the visitor's customer is asked now, the soonest deadline first."""
    return [
        _question(campaign, asked, visitor, at)
        for campaign, asked in rate_campaigns.of_customer(visitor.customer.pk, at)
    ]


def count_open(visitor: Visitor, at: datetime) -> int:
    """How many questions nobody has answered yet."""
    found = rate_campaigns.of_customer(visitor.customer.pk, at)
    return sum(not asked.answered for _, asked in found)


def answer(visitor: Visitor, key: str, to: str, at: datetime) -> RateChoice:
    """Record the visitor's answer to the question `key`. Raises NotFound, or what the work refuses with."""
    for campaign, asked in rate_campaigns.of_customer(visitor.customer.pk, at):
        if may_choose(visitor) and _key(campaign, asked) == key:
            return rate_campaigns.answer(
                campaign, asked.holder, to=to, by=visitor.person.email, at=at
            )
    raise NotFound("question", key)


def _question(campaign: RateCampaign, asked: Asked, visitor: Visitor, at: datetime) -> Question:
    ends = campaign.kind == RateCampaign.Kind.RETIREMENT
    zone = asked.holder.time_zone
    last = calendar.last_day(campaign.answer_by, zone)
    return Question(
        key=_key(campaign, asked),
        contract=str(asked.contract) if asked.contract else "Pay as you go",
        card=campaign.card.name,
        name=rate_words.words(campaign.item),
        ends=ends,
        last_day=last,
        days_left=(last - calendar.local_date(at, zone)).days,
        message=campaign.message,
        days=choice_effects.DAYS,
        options=_options(campaign, asked, visitor, at, ends=ends),
        answer=asked.choice if asked.answered else None,
        by_default=asked.choice is not None and not asked.answered,
    )


def _options(
    campaign: RateCampaign, asked: Asked, visitor: Visitor, at: datetime, *, ends: bool
) -> list[Option]:
    holder = asked.holder
    if ends:
        book = PriceBook.read([(holder.customer_id, holder.pk)])
        names = rate_choices.items_of(book.tariff(holder.pk, campaign.answer_by))
    else:
        names = [campaign.item, campaign.successor]
    items = _items(campaign, names)
    chosen = asked.choice.chosen_item if asked.choice else ("" if ends else campaign.item)
    effects = {
        name: choice_effects.of(campaign, holder, to=name, at=at)
        for name in names[:2]
        if not ends and name != campaign.item
    }
    moved = next(iter(effects.values()), None)
    return [
        _option(items[name], name, moved, visitor, stays=name == campaign.item,
                chosen=name == chosen)
        for name in names
        if name in items
    ]  # fmt: skip


def _option(
    item: RateItem, name: str, effect: Effect | None, visitor: Visitor, *, stays: bool, chosen: bool
) -> Option:
    said = rate_words.action(item)
    plain = Option(name, said.name, said.costs, "", stays, chosen)
    if effect is None:
        return plain
    line = effect.stay if stays else effect.move
    money = visitor.sees_money
    minor = line.minor_after
    return Option(
        name,
        said.name,
        f"{said.costs} {said.per}",
        choice_effects.price_of(line, item.credits) if money and item.per == 1 else "",
        stays,
        chosen,
        credits=line.credits_after,
        amount=Amount(minor, line.currency) if money and minor is not None else None,
        run_out=_near(line),
        baseline=line.baseline_after,
    )


def _near(line: Line) -> date | None:
    """The day on which credits end, where it is near enough to mean something."""
    day = line.run_out_after
    return day if day is not None and (day - line.today).days <= _AHEAD_DAYS else None


def _items(campaign: RateCampaign, names: Sequence[str]) -> dict[str, RateItem]:
    """The actions by name, of the newest version that has each."""
    rows = RateItem.objects.filter(version__card=campaign.card, item__in=names)
    rows = rows.select_related("meter", "unit", "version").order_by(
        "version__effective_from", "-id"
    )
    return {row.item: row for row in rows}


def _key(campaign: RateCampaign, asked: Asked) -> str:
    return f"{campaign.pk}-{asked.holder.pk}"
