"""Does the steps about plans and subscriptions."""

from __future__ import annotations

from datetime import datetime

from contracts import plans
from contracts.subscriptions import Agreed
from creditops.scenarios import values
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import APPROVER, PROPOSER, World
from invoicing import subscribing
from ledger import books


def plan(world: World, step: steps.Step, at: datetime) -> None:
    """Publish a plan with a monthly period."""
    currency = books.current(at).currency
    version = plans.publish(
        code=step["name"],
        credits=step["credits"],
        price_minor=values.minor(step["price"], currency),
        currency=currency,
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], version.plan)


def subscribe(world: World, step: steps.Step, at: datetime) -> None:
    """Start a subscription, charged to the card on file."""
    made = subscribing.subscribe(
        world.customer(step["customer"]),
        world.plan(step["plan"]),
        Agreed(
            code=step["name"],
            settings=step.get("policies", {}),
            settings_agreed_by=APPROVER,
        ),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], made)


VERBS: dict[str, steps.Verb] = {
    "plan": plan,
    "subscribe": subscribe,
}
