"""Answers how a campaign stands: who is asked, what they chose, and what moving makes of their use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.html import format_html

from contracts import choice_effects, rate_campaigns
from contracts.choice_effects import Effect
from contracts.models import RateCampaign
from contracts.rate_campaigns import Asked
from creditops.desk import addresses
from creditops.desk.deeds.deed import Figures
from creditops.lib.admin_columns import NOTHING, amount, count, day, instant, tag
from creditops.lib.admin_tables import Listing

_SHOWN = 300


def figures(campaign: RateCampaign, at: datetime) -> Figures:
    """How many are asked, moved, stayed, wait."""
    asked = rate_campaigns.asked(campaign, at)
    moved = sum(each.moved(campaign) for each in asked)
    answered = sum(each.answered for each in asked)
    return (
        ("Asked", count(len(asked))),
        ("Move", count(moved)),
        ("Stay, by their own word", count(answered - moved)),
        ("Stay by default", count(sum(_by_default(each) for each in asked))),
        ("No answer yet", count(sum(each.choice is None for each in asked))),
        ("Letters", count(sum(each.notices for each in asked))),
    )


def customers(campaign: RateCampaign, at: datetime) -> Listing:
    """Everybody who is asked: their last days' use at either rate, their answer, who gave it and when."""
    asked = rate_campaigns.asked(campaign, at)
    effects: Mapping[str, Effect] = {}
    if campaign.successor:
        effects = choice_effects.studied(campaign, to=campaign.successor, at=at)
    rows = [_row(campaign, each, effects.get(each.holder.code)) for each in asked[:_SHOWN]]
    heads = (
        "Customer", "Contract", f"#Last {choice_effects.DAYS} days", "#If moved", "#More", "Answer",
        "By", "When", "#Letters",
    )  # fmt: skip
    more = len(asked) - _SHOWN
    sums = (f"and {more:,} more", *[""] * (len(heads) - 1)) if more > 0 else ()
    return Listing(
        f"Customers: {len(asked):,}", heads, rows, sums=sums, empty="Nobody is priced by it."
    )


def _row(campaign: RateCampaign, each: Asked, effect: Effect | None) -> list[str]:
    customer, choice = each.holder.customer, each.choice
    return [
        format_html('<a href="{}">{}</a>', addresses.of("customer", customer.code), customer.name),
        each.holder.code,
        count(effect.stay.credits_after) if effect else NOTHING,
        count(effect.move.credits_after) if effect else NOTHING,
        _more(effect),
        _answer(campaign, each),
        choice.chosen_by if choice and each.answered else NOTHING,
        instant(choice.recorded_at) if choice else NOTHING,
        count(each.notices),
    ]


def _answer(campaign: RateCampaign, each: Asked) -> str:
    if each.choice is None:
        return tag("no answer yet", "warn")
    if each.moved(campaign):
        return tag(f"moves to {each.choice.chosen_item}", "good")
    return tag("stays by default" if _by_default(each) else "stays")


def _by_default(each: Asked) -> bool:
    return each.choice is not None and not each.answered


def _more(effect: Effect | None) -> str:
    if effect is None:
        return NOTHING
    minor = effect.more_minor
    if minor is None:
        return f"{effect.more_credits:+,} credits"
    return amount(minor, effect.stay.currency)


def heading_facts(campaign: RateCampaign) -> Figures:
    """What is asked, by whom, until when."""
    return (
        ("Asked about", campaign.item),
        ("Improved action", campaign.successor or "any other: this one ends"),
        ("Opened", f"{day(campaign.opened_at.date())} by {campaign.opened_by}"),
        ("Answers until", f"{campaign.answer_by:%Y-%m-%d %H:%M} UTC"),
    )
