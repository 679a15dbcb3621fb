"""Answers what a draft of a rate card changes, in tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contracts import rate_cards, rate_drafts, rate_items
from contracts.models import RateDraft
from contracts.rate_items import Item
from contracts.repricing import Change
from creditops.lib import money
from creditops.lib.admin_columns import NOTHING, count
from creditops.lib.admin_tables import Listing

_HEADS = ("Action", "Unit", "#Now", "#Then", "#Change")


def costs(item: Item) -> str:
    """What an action costs: "25", "1 per 1,000", "cost / 0.05"."""
    if item.credit_value:
        return f"provider cost / {item.credit_value}"
    if not isinstance(item.credits, int):
        return str(item.credits)
    said = count(item.credits) if item.per == 1 else f"{item.credits:,} per {item.per:,}"
    return f"{said} + {item.actions} action" if item.actions else said


def differences(before: Sequence[Item], after: Sequence[Item], title: str) -> Listing:
    """Every action that is new, gone or costs something else."""
    old = {(item.item, item.unit): item for item in before}
    new = {(item.item, item.unit): item for item in after}
    rows = [
        (key[0], key[1], _cost(old.get(key)), _cost(new.get(key)), _pct(old.get(key), new.get(key)))
        for key in dict.fromkeys([*old, *new])
        if _asks(old.get(key)) != _asks(new.get(key))
    ]
    told = [item.item for item in after if item != old.get((item.item, item.unit))]
    empty = "Prices stay as they are." if told else "Nothing changes."
    return Listing(title, _HEADS, rows, empty=empty)


def repriced(changes: Sequence[Change]) -> Listing:
    """The before/after list of a class (S14)."""
    rows = [
        (c.before.item, c.before.unit, costs(c.before), costs(c.after), _signed(money.fixed_text(c.pct, 2)),
         c.stays)
        for c in changes
    ]  # fmt: skip
    return Listing(f"The class: {len(changes):,} actions", (*_HEADS, "~Note"), rows)


def against_newest(draft: RateDraft, at: datetime) -> Listing:
    """What a draft changes against the version that is in force, or the newest one to come."""
    versions = list(draft.card.versions.all())
    standing = rate_cards.standing(versions, at)
    compared = next(
        (v for v in versions if standing[v.pk] == rate_cards.IN_FORCE), next(iter(versions), None)
    )
    before = rate_items.of_version(compared) if compared else []
    title = f"Against version {compared.version}" if compared else "All new"
    return differences(before, rate_drafts.items_of(draft), title)


def actions(items: Sequence[Item]) -> Listing:
    """All actions, as a card shows them."""
    rows = [
        (
            item.item,
            costs(item),
            item.unit,
            item.meter or item.item,
            ", ".join(f"{name} = {value}" for name, value in item.match.items()) or NOTHING,
            item.customer_unit or NOTHING,
            item.position or NOTHING,
            "per outcome" if item.outcome else item.kind.replace("_", " "),
        )
        for item in items
    ]
    heads = (
        "Action", "#Credits", "Unit", "Meter", "Where", "Customers count", "Value chain", "Kind",
    )  # fmt: skip
    return Listing(f"Actions: {len(items):,}", heads, rows)


def _asks(item: Item | None) -> object:
    """What decides over money: other changes are words."""
    if item is None:
        return None
    return (costs(item), item.kind, item.meter, item.property, dict(item.match), item.role,
            item.period_months)  # fmt: skip


def _cost(item: Item | None) -> str:
    return NOTHING if item is None else costs(item)


def _pct(before: Item | None, after: Item | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "ends"
    if not (isinstance(before.credits, int) and isinstance(after.credits, int)):
        return NOTHING
    change = Change(before, after).pct
    return _signed(money.fixed_text(change, 2)) if change else NOTHING


def _signed(text: str) -> str:
    return f"{text} %" if text.startswith("-") else f"+{text} %"
