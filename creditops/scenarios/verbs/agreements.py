"""Does the steps about contracts."""

from __future__ import annotations

from datetime import date, datetime

from contracts import (
    agreements,
    amendments,
    rate_cards,
    subscriptions,
    term_ends,
    termination,
)
from contracts.models import Subscription
from creditops.scenarios import values
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import APPROVER, PROPOSER, BonusOf, World
from invoicing import (
    billing,
)
from ledger import (
    caps,
    units,
)


def contract(world: World, step: steps.Step, at: datetime) -> None:
    """Sign an annual commitment; its invoice is issued at once."""
    buyer = world.customer(step["customer"])
    currency = step.get("currency", buyer.currency)
    bonus = step.get("bonus", {})
    signed = agreements.sign(
        buyer,
        agreements.Terms(
            code=step["name"],
            starts_on=date.fromisoformat(step["start"]),
            credits=step["credits"],
            price_minor=values.minor(step["price"], currency),
            currency=currency,
            time_zone=step.get("zone", buyer.time_zone),
            term_months=step.get("term_months", 12),
            due_on=date.fromisoformat(step["due"]) if "due" in step else None,
            cancellable=step.get("cancellable", False),
            auto_renew=step.get("auto_renew", False),
            list_price_minor=(
                values.minor(step["list_price"], currency) if "list_price" in step else None
            ),
            bonus_credits=bonus.get("credits", 0),
            bonus_expires_at=steps.instant(bonus, "expires_at", None),
            rate_card=rate_cards.find(step["rate_card"]) if "rate_card" in step else None,
            rate_lock_until=steps.instant(step, "rate_lock_until", None),
            price_lock_until=steps.instant(step, "price_lock_until", None),
            commission_plan=(
                world.commission_plan(step["commission_plan"])
                if "commission_plan" in step
                else None
            ),
            settings=step.get("policies", {}),
            settings_agreed_by=APPROVER,
        ),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], signed)
    if bonus:
        world.define(bonus["name"], BonusOf(signed.code))
    billing.bill(signed, until=at, at=at)


def modify_contract(world: World, step: steps.Step, at: datetime) -> None:
    """Add credits to a running term, at their own price or blended; invoiced at once."""
    signed = world.contract(step["contract"])
    added = amendments.add(
        signed,
        amendments.Addition(step["add_credits"], values.minor(step["price"], signed.currency)),
        source=f"{steps.SOURCE}:{step['name']}",
        by=PROPOSER,
        reason="scenario",
        at=at,
    )
    world.define(step["name"], added.block)
    world.define(f"{step['name']}.invoice", billing.bill(signed, until=at, at=at))


def approve_overage(world: World, step: steps.Step, at: datetime) -> None:
    """Lift the overage cap of the running term."""
    caps.lift(
        world.contract(step["contract"]).holder,
        unit_id=units.find(units.CREDITS).id,
        cap=step["cap"],
        by=step["by"],
        reason=step.get("reason", ""),
        at=at,
    )


def renew(world: World, step: steps.Step, at: datetime) -> None:
    """Sign the transposed renewal."""
    term_ends.sign_renewal(world.contract(step["contract"]), by=PROPOSER, at=at)


def cancel(world: World, step: steps.Step, at: datetime) -> None:
    """No renewal at the term's or the period's end."""
    if isinstance(world.thing(step["of"]), Subscription):
        subscriptions.cancel(world.subscription(step["of"]), by=PROPOSER, at=at)
        return
    agreements.cancel(world.contract(step["of"]), by=PROPOSER, at=at)


def terminate(world: World, step: steps.Step, at: datetime) -> None:
    """End a contract early."""
    termination.terminate(
        world.contract(step["contract"]),
        end=values.instant(step["end"]),
        by=PROPOSER,
        reason="scenario",
        at=at,
    )


VERBS: dict[str, steps.Verb] = {
    "contract": contract,
    "modify_contract": modify_contract,
    "approve_overage": approve_overage,
    "renew": renew,
    "cancel": cancel,
    "terminate": terminate,
}
