"""Answers what a class of actions costs after a change by a percentage, before and after (S14). Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.rate_items import Item
from creditops.lib import money
from creditops.lib.refusals import Refusal
from ledger.models import Rate

# Prices are not given away, and not raised to where nobody means them.
_LOWEST, _HIGHEST = -99, 10_000


@dataclass(frozen=True)
class Class:
    """Which actions are meant: every field that is not empty narrows them.

    Attributes:
        unit: the credit unit's code.
        contains: a part of the action's name, in any case.
        meter: the meter's code.
        position: its place on the value chain.
    """

    unit: str = ""
    contains: str = ""
    meter: str = ""
    position: str = ""

    def holds(self, item: Item) -> bool:
        """Whether an action is meant."""
        return (
            self.unit in ("", item.unit)
            and self.contains.lower() in item.item.lower()
            and self.meter in ("", item.meter or item.item)
            and self.position in ("", item.position)
        )


@dataclass(frozen=True)
class Change:
    """An action before and after. `stays` says why where it does not follow the percentage exactly."""

    before: Item
    after: Item
    stays: str = ""

    @property
    def pct(self) -> Fraction:
        """By how many percent it changes in fact, after rounding to whole credits."""
        return (_each(self.after) / _each(self.before) - 1) * 100


def by_percentage(
    items: Sequence[Item], of: Class, pct: Fraction
) -> tuple[list[Item], list[Change]]:
    """All the items with those of a class changed, and the list of what is meant, before and after.

    Args:
        pct: -50 halves; prices are rounded to whole credits, half up, and never below one. Packs stay
            exact: half of 1 credit per 1,000 is 1 per 2,000. What is passed through has no markup to
            change and stays.

    Raises Refusal `reprice_percentage` or `reprice_nothing`.
    """
    if not _LOWEST <= pct <= _HIGHEST:
        raise Refusal("reprice_percentage", f"Write a percentage from {_LOWEST} to {_HIGHEST:,}.")
    changes = [_change(item, pct) for item in items if of.holds(item)]
    if not changes:
        raise Refusal("reprice_nothing", "No action of the card is meant by this.")
    after = {(change.before.item, change.before.unit): change.after for change in changes}
    return [after.get((item.item, item.unit), item) for item in items], changes


def _change(item: Item, pct: Fraction) -> Change:
    factor = (100 + pct) / 100
    if item.kind == Rate.Kind.PASS_THROUGH:
        return Change(item, item, "passed through without markup")
    if item.per > 1:
        exact = _each(item) * factor
        kind = Rate.Kind.PACK if exact.denominator > 1 else Rate.Kind.FIXED
        wider = item.per if (exact * item.per).denominator == 1 else exact.denominator
        per = wider if kind == Rate.Kind.PACK else 1
        return Change(
            item,
            dataclasses.replace(item, credits=int(exact * per), per=per, kind=kind),
        )
    exact = int(str(item.credits)) * factor
    credits = max(1, money.round_half_up(exact))
    stays = "rounded to whole credits" if credits != exact else ""
    if exact < 1:
        stays = "no action costs less than one credit"
    return Change(item, dataclasses.replace(item, credits=credits), stays)


def _each(item: Item) -> Fraction:
    return Fraction(int(str(item.credits or 1)), item.per)
