"""Does the steps about customers, settings and the tables of the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import customers
from accounts.models import Customer
from contracts.models import Contract, Subscription
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import APPROVER, PROPOSER, World
from invoicing import (
    cards,
    tax_rates,
)
from ledger import (
    books,
)


def customer(world: World, step: steps.Step, at: datetime) -> None:
    """Make a customer."""
    current = books.current(at)
    made = customers.create(
        code=step["name"],
        name=step["name"],
        kind=step.get("kind", "BUSINESS").lower(),
        country=step.get("country", ""),
        region=step.get("region", ""),
        tax_id=step.get("vat_id", ""),
        currency=step.get("currency", current.currency),
        time_zone=step.get("zone", current.time_zone),
        at=at,
    )
    world.define(step["name"], made)
    if step.get("policies"):
        _change(policies.customer_scope(made.code), step["policies"], at)


def set_policy(world: World, step: steps.Step, at: datetime) -> None:
    """Change settings from now on."""
    _change(_scope(world, step["of"]), step["policies"], at)


def tax_rate(world: World, step: steps.Step, at: datetime) -> None:
    """Add a rate to the tax table."""
    tax_rates.define(
        country=step["country"],
        region=step.get("region", ""),
        rate_pct=step["rate_pct"],
        taxable_share_pct=step.get("taxable_share_pct", "100"),
        at=at,
    )


def set_card(world: World, step: steps.Step, at: datetime) -> None:
    """Have the customer's card succeed or be declined from now on."""
    cards.save(world.customer(step["customer"]), works=step["works"], at=at)


def _scope(world: World, ref: str) -> str:
    if ref == policies.BOOKS:
        return policies.BOOKS
    thing = world.thing(ref)
    if isinstance(thing, Contract | Subscription):
        return policies.contract_scope(thing.code)
    if isinstance(thing, Customer):
        return policies.customer_scope(thing.code)
    raise Refusal("handle_unknown", f"{ref!r} has no settings.")


def _change(scope: str, settings: dict[str, Any], at: datetime) -> None:
    policies.change(
        scope, settings, effective_at=at, recorded_at=at, by=PROPOSER, approved_by=APPROVER
    )


VERBS: dict[str, steps.Verb] = {
    "customer": customer,
    "set_policy": set_policy,
    "tax_rate": tax_rate,
    "set_card": set_card,
}
