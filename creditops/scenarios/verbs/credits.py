"""Does the steps that sell, give and take access for credits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts import (
    free_credits,
    rate_cards,
)
from contracts.models import Contract, Subscription
from creditops.lib import money
from creditops.scenarios import values
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import PROPOSER, World
from invoicing import (
    charged_orders,
    options,
    purchases,
)
from ledger import (
    books,
    entitlements,
    units,
)


def purchase(world: World, step: steps.Step, at: datetime) -> None:
    """Buy credits without a contract."""
    buyer = world.customer(step["account"])
    currency = step.get("currency", books.current(at).currency)
    _buy(
        world,
        step,
        at,
        holder=world.holder(buyer.code, at),
        credits=step["credits"],
        price_minor=values.minor(step["price"], currency),
        currency=currency,
        pay=step.get("pay", "CARD").lower(),
        unit=step.get("unit", units.CREDITS),
        expires_at=steps.instant(step, "expires_at", None),
        validity=step.get("validity"),
        due_on=date.fromisoformat(step["due"]) if "due" in step else None,
        rate_card=rate_cards.find(step["rate_card"]) if "rate_card" in step else None,
        option=_offered(step["option"], currency) if "option" in step else None,
    )


def exercise_option(world: World, step: steps.Step, at: datetime) -> None:
    """Use a right to buy more; paid by card."""
    used = options.exercise(world.option(step["option"]), by=PROPOSER, at=at)
    world.define(step["name"], used.block)
    world.define(f"{step['name']}.invoice", used.invoice)


def top_up(world: World, step: steps.Step, at: datetime) -> None:
    """Buy credits in a contract, co-terminous, or on top of a subscription's."""
    subscribed = isinstance(world.thing(step["account"]), Subscription)
    signed: Contract | Subscription = (
        world.subscription(step["account"]) if subscribed else world.contract(step["account"])
    )
    _buy(
        world,
        step,
        at,
        holder=signed.holder,
        credits=step.get("credits"),
        price_minor=values.minor(step["price"], signed.currency),
        currency=signed.currency,
        pay=step.get("pay", "INVOICE").lower(),
    )


def grant(world: World, step: steps.Step, at: datetime) -> None:
    """Give free credits."""
    holder = world.holder(step["account"], at)
    given = {
        "credits": step["credits"],
        "source": f"{steps.SOURCE}:{step['name']}",
        "unit": step.get("unit", units.CREDITS),
        "by": PROPOSER,
        "reason": "scenario",
        "at": at,
    }
    if step["kind"] == "DAILY":
        last_day = date.fromisoformat(step["until"]) if "until" in step else None
        world.define(step["name"], free_credits.give_daily(holder, last_day=last_day, **given))
        return
    block = free_credits.give(
        holder,
        kind=step["kind"].lower(),
        expires_at=steps.instant(step, "expires_at", None),
        promo_policy=step.get("accounting", free_credits.ZERO_COST),
        list_price_per_credit=step.get("list_price_per_credit"),
        standard_cost_per_credit=step.get("standard_cost_per_credit"),
        **given,
    )
    world.define(step["name"], block)


def unlock(world: World, step: steps.Step, at: datetime) -> None:
    """Unlock a feature for its flat fee."""
    made = entitlements.unlock(
        world.holder(step["account"], at), item=step["item"], **_entitled(step, at)
    )
    world.define(step["name"], made)


def charge_licences(world: World, step: steps.Step, at: datetime) -> None:
    """Charge the licences of some users for a period."""
    made = entitlements.charge_licences(
        world.holder(step["account"], at),
        item=step["item"],
        users=step["users"],
        **_entitled(step, at),
    )
    world.define(step["name"], made)


def _buy(world: World, step: steps.Step, at: datetime, **order: Any) -> None:
    bonus = step.get("bonus", {})
    bought = charged_orders.buy(
        purchases.Order(
            source=f"{steps.SOURCE}:{step['name']}",
            bonus_credits=bonus.get("credits", 0),
            bonus_expires_at=steps.instant(bonus, "expires_at", None),
            **order,
        ),
        by=PROPOSER,
        at=at,
    )
    assert isinstance(bought, purchases.Bought)  # a scratch book's cards are decided at once
    world.define(step["name"], bought.blocks[0])
    world.define(f"{step['name']}.invoice", bought.invoice)
    if bonus:
        world.define(bonus["name"], bought.blocks[1])
    if bought.option is not None:
        world.define(bought.option.code, bought.option)


def _offered(said: dict[str, Any], currency: str) -> options.Offered:
    return options.Offered(
        code=said["name"],
        credits=said["credits"],
        list_price_minor=values.minor(said["list_price"], currency),
        discount_pct=money.decimal(said["discount_pct"]),
        discount_anyone_gets_pct=money.decimal(said["discount_anyone_gets_pct"]),
        likelihood_pct=money.decimal(said["likelihood_pct"]),
        valid_until=values.instant(said["valid_until"]),
    )


def _entitled(step: steps.Step, at: datetime) -> dict[str, Any]:
    dates = {name: date.fromisoformat(step[name]) for name in ("start", "end") if name in step}
    return {
        "source": f"{steps.SOURCE}:{step['name']}",
        "starts_on": dates.get("start"),
        "ends_on": dates.get("end"),
        "by": PROPOSER,
        "at": at,
    }


VERBS: dict[str, steps.Verb] = {
    "purchase": purchase,
    "exercise_option": exercise_option,
    "top_up": top_up,
    "grant": grant,
    "unlock": unlock,
    "charge_licences": charge_licences,
}
