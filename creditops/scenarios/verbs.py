"""Does what the steps of a scenario say, each by a work function that a door calls too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts import customers
from accounts.models import Customer
from contracts import activation, agreements, free_credits, prices, rate_cards, term_ends
from contracts.models import Contract
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from creditops.scenarios import values
from creditops.scenarios.world import APPROVER, PROPOSER, Sent, World
from invoicing import billing, cards, payments, purchases, tax
from ledger import (
    books,
    caps,
    closing,
    corrections,
    entitlements,
    explain,
    metering,
    rate_choices,
    units,
)
from ledger.messages import Message
from ledger.models import Block, Rate, UsageEvent

Step = dict[str, Any]
Verb = Callable[[World, Step, datetime], None]

SOURCE = "scenario"
_ITEM_KINDS = {kind.name: kind.value for kind in Rate.Kind}


def customer(world: World, step: Step, at: datetime) -> None:
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


def set_policy(world: World, step: Step, at: datetime) -> None:
    """Change settings from now on."""
    _change(_scope(world, step["of"]), step["policies"], at)


def tax_rate(world: World, step: Step, at: datetime) -> None:
    """Add a rate to the tax table."""
    tax.define(
        country=step["country"],
        region=step.get("region", ""),
        rate_pct=step["rate_pct"],
        taxable_share_pct=step.get("taxable_share_pct", "100"),
        at=at,
    )


def publish_price(world: World, step: Step, at: datetime) -> None:
    """Publish a dollar-to-credit ratio."""
    prices.publish(
        currency=books.current(at).currency,
        credits_per_currency_unit=step["credits_per_currency_unit"],
        effective_from=_instant(step, "effective_from", at),
        by=PROPOSER,
        at=at,
    )


def publish_rates(world: World, step: Step, at: datetime) -> None:
    """Publish a version of a rate card."""
    rate_cards.publish(
        card=step["card"],
        version=step["version"],
        items=[_item(entry) for entry in step["items"]],
        effective_from=_instant(step, "effective_from", at),
        by=PROPOSER,
        at=at,
    )
    world.names.setdefault(step["card"], rate_cards.find(step["card"]))


def contract(world: World, step: Step, at: datetime) -> None:
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
            bonus_expires_at=_instant(bonus, "expires_at", None),
            rate_card=rate_cards.find(step["rate_card"]) if "rate_card" in step else None,
            rate_lock_until=_instant(step, "rate_lock_until", None),
            price_lock_until=_instant(step, "price_lock_until", None),
            settings=step.get("policies", {}),
        ),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], signed)
    if bonus:
        world.define(bonus["name"], None)
    billing.bill(signed, until=at, at=at)
    if bonus:
        world.names[bonus["name"]] = _bonus_block(signed)


def purchase(world: World, step: Step, at: datetime) -> None:
    """Buy credits without a contract."""
    _needs(step, "option")
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
        expires_at=_instant(step, "expires_at", None),
        validity=step.get("validity"),
        due_on=date.fromisoformat(step["due"]) if "due" in step else None,
        rate_card=rate_cards.find(step["rate_card"]) if "rate_card" in step else None,
    )


def top_up(world: World, step: Step, at: datetime) -> None:
    """Buy credits in a contract, co-terminous."""
    signed = world.contract(step["account"])
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


def grant(world: World, step: Step, at: datetime) -> None:
    """Give free credits."""
    holder = world.holder(step["account"], at)
    given = {
        "credits": step["credits"],
        "source": f"{SOURCE}:{step['name']}",
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
        expires_at=_instant(step, "expires_at", None),
        promo_policy=step.get("accounting", "ZERO_COST"),
        **given,
    )
    world.define(step["name"], block)


def usage(world: World, step: Step, at: datetime) -> None:
    """Send one usage message."""
    holder = world.holder(step["account"], at)
    rated = "credits" in step
    message = Message(
        source=SOURCE,
        key=step["key"],
        customer=holder.customer.code,
        contract=holder.code,
        meter=units.rated_meter(units.CREDITS) if rated else step["item"],
        time=_instant(step, "event_time", None),
        quantity=Decimal(step["credits"] if rated else step.get("quantity", 1)),
        user=step.get("user"),
        data={"provider_cost": step["provider_cost"]} if "provider_cost" in step else {},
    )
    receipt = metering.accept([message], at=at, origin=SOURCE)
    world.sent.setdefault(step["key"], []).append(
        Sent(step["account"], holder.id, receipt.outcomes[0], at, message.time or at)
    )


def correct_usage(world: World, step: Step, at: datetime) -> None:
    """Correct an applied event to another number of credits."""
    corrections.correct(
        sent_event(world, step["key"], step["account"]),
        credits=step["credits"],
        by=PROPOSER,
        reason=step.get("reason", ""),
        at=at,
    )


def void_usage(world: World, step: Step, at: datetime) -> None:
    """Correct an applied event to nothing."""
    corrections.void(
        sent_event(world, step["key"], step["account"]),
        by=PROPOSER,
        reason=step.get("reason", ""),
        at=at,
    )


def pay(world: World, step: Step, at: datetime) -> None:
    """Record a payment of an invoice."""
    invoice = world.document(step["invoice"])
    payments.record(
        invoice,
        amount_minor=values.minor(step["amount"], invoice.currency),
        currency=invoice.currency,
        method="transfer",
        reference=f"{invoice.number}:{invoice.payments.count() + 1}",
        by=PROPOSER,
        at=at,
    )


def set_card(world: World, step: Step, at: datetime) -> None:
    """Have the customer's card succeed or be declined from now on."""
    cards.save(world.customer(step["customer"]), works=step["works"], at=at)


def approve_overage(world: World, step: Step, at: datetime) -> None:
    """Lift the overage cap of the running term."""
    caps.lift(
        world.contract(step["contract"]).holder,
        unit_id=units.find(units.CREDITS).id,
        cap=step["cap"],
        by=step["by"],
        reason=step.get("reason", ""),
        at=at,
    )


def choose_rate(world: World, step: Step, at: datetime) -> None:
    """Record as which action the customer has another one rated."""
    rate_choices.choose(
        world.contract(step["contract"]).holder,
        item=step["item"],
        to=step["to"],
        effective_at=_instant(step, "effective_at", at),
        by=step.get("by", PROPOSER),
        at=at,
    )


def unlock(world: World, step: Step, at: datetime) -> None:
    """Unlock a feature for its flat fee."""
    made = entitlements.unlock(
        world.holder(step["account"], at), item=step["item"], **_entitled(step, at)
    )
    world.define(step["name"], made)


def charge_licences(world: World, step: Step, at: datetime) -> None:
    """Charge the licences of some users for a period."""
    made = entitlements.charge_licences(
        world.holder(step["account"], at),
        item=step["item"],
        users=step["users"],
        **_entitled(step, at),
    )
    world.define(step["name"], made)


def renew(world: World, step: Step, at: datetime) -> None:
    """Sign the transposed renewal."""
    term_ends.sign_renewal(world.contract(step["contract"]), by=PROPOSER, at=at)


def cancel(world: World, step: Step, at: datetime) -> None:
    """No renewal at the term's end."""
    agreements.cancel(world.contract(step["of"]), by=PROPOSER, at=at)


def close_period(world: World, step: Step, at: datetime) -> None:
    """Close an accounting month."""
    closing.close_month(date.fromisoformat(f"{step['period']}-01"), by=APPROVER, at=at)


def wait(world: World, step: Step, at: datetime) -> None:
    """Nothing but the clock."""


VERBS: dict[str, Verb] = {
    "customer": customer,
    "set_policy": set_policy,
    "tax_rate": tax_rate,
    "publish_price": publish_price,
    "publish_rates": publish_rates,
    "contract": contract,
    "purchase": purchase,
    "top_up": top_up,
    "grant": grant,
    "usage": usage,
    "correct_usage": correct_usage,
    "void_usage": void_usage,
    "pay": pay,
    "set_card": set_card,
    "approve_overage": approve_overage,
    "choose_rate": choose_rate,
    "unlock": unlock,
    "charge_licences": charge_licences,
    "renew": renew,
    "cancel": cancel,
    "close_period": close_period,
    "wait": wait,
}


def perform(world: World, step: Step, at: datetime) -> None:
    """Do one step. Raises the Refusal of the work function, or `unsupported_verb`."""
    verb = VERBS.get(step["do"])
    if verb is None:
        raise _unsupported(f"the verb {step['do']!r}")
    verb(world, step, at)


def sent_event(world: World, key: str, account: str | None = None) -> UsageEvent:
    """The stored event of a message key."""
    for sent in world.sent.get(key, []):
        if sent.outcome.uid and account in (None, sent.account):
            return explain.find(sent.outcome.uid)
    raise Refusal("event_unknown", f"No event with key {key!r} was stored.")


def _buy(world: World, step: Step, at: datetime, **order: Any) -> None:
    bonus = step.get("bonus", {})
    bought = purchases.buy(
        purchases.Order(
            source=f"{SOURCE}:{step['name']}",
            bonus_credits=bonus.get("credits", 0),
            bonus_expires_at=_instant(bonus, "expires_at", None),
            **order,
        ),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], bought.blocks[0])
    world.define(f"{step['name']}.invoice", bought.invoice)
    if bonus:
        world.define(bonus["name"], bought.blocks[1])


def _bonus_block(signed: Contract) -> Any:
    term = signed.holder.terms.get(customer_id=signed.customer_id, number=1)
    return Block.objects.filter(
        customer_id=signed.customer_id, source=activation.block_source(signed, term, "bonus")
    ).first()


def _item(entry: dict[str, Any]) -> rate_cards.Item:
    kind = entry.get("kind", "FIXED")
    item = rate_cards.Item(
        item=entry["item"], credits=entry.get("credits"), kind=_ITEM_KINDS[kind],
        unit=entry.get("unit", units.CREDITS), credit_value=entry.get("credit_value", ""),
        role=entry.get("role", "PRINCIPAL").lower(), actions=entry.get("actions", 0),
        period_months=entry.get("period_months"),
    )  # fmt: skip
    return dataclasses.replace(item, per=entry["pack_size"]) if kind == "PACK" else item


def _entitled(step: Step, at: datetime) -> dict[str, Any]:
    dates = {name: date.fromisoformat(step[name]) for name in ("start", "end") if name in step}
    return {
        "source": f"{SOURCE}:{step['name']}",
        "starts_on": dates.get("start"),
        "ends_on": dates.get("end"),
        "by": PROPOSER,
        "at": at,
    }


def _scope(world: World, ref: str) -> str:
    if ref == policies.BOOKS:
        return policies.BOOKS
    thing = world.thing(ref)
    if isinstance(thing, Contract):
        return policies.contract_scope(thing.code)
    if isinstance(thing, Customer):
        return policies.customer_scope(thing.code)
    raise Refusal("handle_unknown", f"{ref!r} has no settings.")


def _change(scope: str, settings: dict[str, Any], at: datetime) -> None:
    policies.change(
        scope, settings, effective_at=at, recorded_at=at, by=PROPOSER, approved_by=APPROVER
    )


def _instant(step: Step, key: str, default: datetime | None) -> Any:
    return values.instant(step[key]) if key in step else default


def _needs(step: Step, key: str) -> None:
    if key in step:
        raise _unsupported(f"{key!r} of {step['do']}")


def _unsupported(what: str) -> Refusal:
    return Refusal("unsupported", f"This version does not play {what} yet.")
