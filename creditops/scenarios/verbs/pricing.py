"""Does the steps about prices and rate cards."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from contracts import (
    prices,
    rate_cards,
)
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import PROPOSER, World
from ledger import (
    books,
    exchange,
    rate_choices,
    units,
)
from ledger.models import Rate

_ITEM_KINDS = {kind.name: kind.value for kind in Rate.Kind}


def fx_rate(world: World, step: steps.Step, at: datetime) -> None:
    """Publish a rate between two currencies, in force from now on."""
    exchange.publish(
        from_currency=step["from"],
        to_currency=step["to"],
        rate=step["rate"],
        effective_from=at,
        origin=steps.SOURCE,
        by=PROPOSER,
        at=at,
    )


def publish_price(world: World, step: steps.Step, at: datetime) -> None:
    """Publish a dollar-to-credit ratio."""
    prices.publish(
        currency=books.current(at).currency,
        credits_per_currency_unit=step["credits_per_currency_unit"],
        effective_from=steps.instant(step, "effective_from", at),
        by=PROPOSER,
        at=at,
    )


def publish_rates(world: World, step: steps.Step, at: datetime) -> None:
    """Publish a version of a rate card."""
    rate_cards.publish(
        card=step["card"],
        version=step["version"],
        items=[_item(entry) for entry in step["items"]],
        effective_from=steps.instant(step, "effective_from", at),
        by=PROPOSER,
        at=at,
    )
    if step["card"] not in world.names:
        world.define(step["card"], rate_cards.find(step["card"]))


def choose_rate(world: World, step: steps.Step, at: datetime) -> None:
    """Record as which action the customer has another one rated."""
    rate_choices.choose(
        world.contract(step["contract"]).holder,
        item=step["item"],
        to=step["to"],
        effective_at=steps.instant(step, "effective_at", at),
        by=step.get("by", PROPOSER),
        at=at,
    )


def _item(entry: dict[str, Any]) -> rate_cards.Item:
    kind = entry.get("kind", "FIXED")
    item = rate_cards.Item(
        item=entry["item"], credits=entry.get("credits"), kind=_ITEM_KINDS[kind],
        unit=entry.get("unit", units.CREDITS), credit_value=entry.get("credit_value", ""),
        role=entry.get("role", "PRINCIPAL").lower(), actions=entry.get("actions", 0),
        period_months=entry.get("period_months"),
    )  # fmt: skip
    return dataclasses.replace(item, per=entry["pack_size"]) if kind == "PACK" else item


VERBS: dict[str, steps.Verb] = {
    "fx_rate": fx_rate,
    "publish_price": publish_price,
    "publish_rates": publish_rates,
    "choose_rate": choose_rate,
}
