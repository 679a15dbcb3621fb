"""Answers what a choice between two rates makes of a customer's own past use, in credits and money (S55)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from contracts import rate_items, studies
from contracts.models import RateCampaign
from contracts.studies import Line, Moves, Scenario
from creditops.lib import money
from ledger.models import Holder

# As much of the past as a choice is looked at on.
DAYS = 90


@dataclass(frozen=True)
class Effect:
    """The last days of a holder's use: if it stays, and if it moves.

    Attributes:
        days: how many.
        stay, move: the line of a study each; both of the unit that the action draws.
    """

    days: int
    stay: Line
    move: Line

    @property
    def more_credits(self) -> int:
        """Credits more that moving would have drawn; below zero: fewer."""
        return self.move.credits_after - self.stay.credits_after

    @property
    def more_minor(self) -> int | None:
        """The same in money, in minor units; None where no price is known."""
        before, after = self.stay.minor_after, self.move.minor_after
        return None if before is None or after is None else after - before


def of(
    campaign: RateCampaign, holder: Holder, *, to: str, at: datetime, days: int = DAYS
) -> Effect | None:
    """What having the action rated as `to` would have made of the last days; None where nothing was used.

    Read-only, and of this customer's usage alone.
    """
    found = studied(campaign, to=to, at=at, days=days, customer_id=holder.customer_id)
    return found.get(holder.code)


def studied(
    campaign: RateCampaign, *, to: str, at: datetime, days: int = DAYS,
    customer_id: int | None = None,
) -> dict[str, Effect]:  # fmt: skip
    """The same for every holder of the card, by code; one study."""
    version = campaign.card.versions.filter(effective_from__lte=at).first()
    if version is None:
        return {}
    items = rate_items.of_version(version)
    if to not in {item.item for item in items}:  # it comes with a later version
        items = [*items, *(i for i in _coming(campaign, at) if i.item == to)]
    unit = next((item.unit for item in items if item.item == campaign.item), "")
    shared = {"items": items, "keeps_locks": False, "successors": {campaign.item: to}}
    stay, move = studies.run(
        campaign.card.code,
        [
            Scenario("stay", moves=Moves.STAY, **shared),  # type: ignore[arg-type]
            Scenario("move", moves=Moves.MOVE, **shared),  # type: ignore[arg-type]
        ],
        first=at - timedelta(days=days),
        last=at,
        at=at,
        customer_id=customer_id,
    )
    moved = {line.code: line for line in move.lines if line.unit == unit}
    return {
        line.code: Effect(days, line, moved[line.code])
        for line in stay.lines
        if line.unit == unit and line.code in moved
    }


def price_of(line: Line, credits: int) -> str:
    """What so many credits cost the customer, for people: `"$0.40"`; empty where no price is known."""
    if line.price is None:
        return ""
    exact: Fraction = credits * line.price
    scale = 10 ** money.exponent(line.currency)
    minor = money.rounded(exact * scale)
    if minor and Fraction(minor, scale) == exact:
        return money.for_people(minor, line.currency)
    return f"{money.decimal_text(exact)} {line.currency}"


def _coming(campaign: RateCampaign, at: datetime) -> list[rate_items.Item]:
    later = campaign.card.versions.filter(effective_from__gt=at).order_by("effective_from").first()
    return [] if later is None else rate_items.of_version(later)
