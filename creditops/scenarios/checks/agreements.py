"""Answers what holds for contracts and their rates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import Customer
from contracts import plan_changes, rate_cards, renewals, standing, subscriptions
from contracts.models import Contract, Plan, RateCard, Subscription
from creditops.lib import calendar, money
from creditops.lib.refusals import Refusal
from creditops.scenarios import values
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World
from invoicing import options
from invoicing.models import PurchaseOption
from ledger import (
    books,
    limits,
    tariffs,
)
from ledger import forecast as forecasting


def overage(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Overage of a contract term."""
    contract = world.contract(wanted["contract"])
    found = standing.overage(contract, expected.term(contract, wanted.get("term"), at), at)
    if found is None:
        raise Refusal("no_commitment", "The term has no commitment yet.")
    return {
        "credits": found.credits,
        "cap": found.cap,
        "cap_left": found.cap_left,
        "amount": money.text(found.amount_minor, found.currency),
        "unit_price": money.decimal_text(found.unit_price),
        "pct_of_commitment": money.fixed_text(found.pct_of_commitment, 2),
    }


def term(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """A contract term."""
    contract = world.contract(wanted["contract"])
    found = expected.term(contract, wanted["n"], at)
    start = calendar.local_date(found.starts_at, contract.time_zone)
    end = calendar.local_date(found.ends_at, contract.time_zone)
    actual: dict[str, Any] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "days": (end - start).days,
    }
    committed = standing.commitment(contract, found, at)
    if committed is not None:
        actual["commitment"] = committed.commitment
        actual["price"] = money.text(committed.price_minor, committed.currency)
        actual["baseline"] = renewals.proposal(contract, found, at).baseline
    return actual


def renewal_quote(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The renewal as it would be proposed now."""
    contract = world.contract(wanted["contract"])
    found = renewals.proposal(contract, expected.term(contract, None, at), at)
    return {
        "baseline": found.baseline,
        "credits": found.credits,
        "price": money.text(found.price_minor, found.currency),
        "overage_credits": found.overage_credits,
        "overage": money.text(found.overage_minor, found.currency),
        "total": money.text(found.total_minor, found.currency),
    }


def forecast(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The forecast of a contract made now."""
    holder = world.contract(wanted["contract"]).holder
    found = forecasting.of_pool(expected.pool(holder, wanted, at), at=at)
    minor, currency = found.shortfall_minor, found.currency
    return {
        "burn_per_day": money.decimal_text(found.burn_per_day),
        "days": found.days,
        "projected": found.projected,
        "shortfall_credits": found.shortfall_credits,
        "shortfall": money.text(minor, currency) if currency and minor is not None else None,
        "run_out": found.run_out.isoformat() if found.run_out else None,
        "sentence": found.sentence,
    }


def rate(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The rate that an event of an item would get."""
    holder = world.holder(wanted["account"], at)
    time = values.instant(wanted["time"]) if "time" in wanted else at
    book = tariffs.PriceBook.read([(holder.customer_id, holder.id)])
    tariff = book.tariff(holder.id, time)
    if tariff is None:
        raise Refusal("no_rate", f"Nothing prices {wanted['item']!r} then.")
    rates = {rate.item: rate for rate in reversed(tariff.all_rates())}
    # As in rating: a choice of what the version does not have (any more) leaves the action as it is.
    chosen = book.chosen(holder.id, wanted["item"], time)
    item = chosen if chosen in rates else wanted["item"]
    found = rates.get(item)
    if found is None:
        raise Refusal("no_rate", f"Nothing prices {wanted['item']!r} then.")
    actual: dict[str, Any] = {
        "credits": found.credits,
        "card_version": tariff.version,
        "rated_item": item,
    }
    thing = world.thing(wanted["account"])
    if isinstance(thing, Contract):
        committed = standing.commitment(thing, expected.term(thing, None, at), at)
        if committed is not None:
            scale = 10 ** money.exponent(committed.currency)
            price = standing.unit_price(committed) * found.credits * scale
            actual["price"] = money.text(
                money.rounded(price, books.current(at).rounding), committed.currency
            )
    return actual


def status(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The state of a customer, contract, subscription or plan."""
    thing = world.thing(wanted["of"])
    if isinstance(thing, Plan):
        return {"status": "ACTIVE" if world.plan(wanted["of"]).on_sale else "ENDED"}
    if isinstance(thing, PurchaseOption):
        return {"status": options.state(world.option(wanted["of"]), at).upper()}
    holder = world.holder(wanted["of"], at)
    found = limits.of([limits.key_of(holder, holder.customer.code)], at)[holder.id].rules
    actual: dict[str, Any] = {
        "enforcement": found.enforcement,
        "enforce_from": values.written(found.changes_at),
    }
    if isinstance(thing, Contract):
        actual["status"] = world.contract(wanted["of"]).status.upper()
    if isinstance(thing, Customer):
        actual["status"] = "ACTIVE"
    if isinstance(thing, Subscription):
        actual |= _subscribed(world.subscription(wanted["of"]), at)
    return actual


def _subscribed(subscription: Subscription, at: datetime) -> dict[str, Any]:
    grace = subscriptions.running_grace(subscription, at)
    term = subscriptions.running_term(subscription, at)
    used = 0 if term is None else plan_changes.consumption(subscription, term, at)
    return {
        "status": subscription.status.upper(),
        "plan": subscription.version.plan.code,
        "period_consumption": used,
        "grace_started": values.written(grace.began_at if grace else None),
        "grace_ends": values.written(grace.ends_at if grace else None),
    }


def option(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """A material right."""
    found = world.option(wanted["option"])
    return {
        "ssp": money.text(found.ssp_minor, found.currency),
        "allocated": money.text(found.allocated_minor, found.currency),
        "exercise_price": money.text(found.exercise_price_minor, found.currency),
    }


def contract_terms(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Commercial facts of a contract."""
    contract = world.contract(wanted["contract"])
    committed = standing.commitment(contract, expected.term(contract, None, at), at)
    currency = contract.currency
    list_minor = contract.list_price_minor
    price = standing.signed_price(contract) if committed is None else standing.unit_price(committed)
    actual: dict[str, Any] = {"unit_price": money.decimal_text(price)}
    if list_minor is not None:
        actual["list_value"] = money.text(list_minor, currency)
        actual["discount"] = money.text(list_minor - contract.price_minor, currency)
    return actual


def warnings(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Warnings shown for a contract or rate card."""
    thing = world.thing(wanted["of"])
    found = (
        rate_cards.warnings(thing)
        if isinstance(thing, RateCard)
        else standing.warnings(world.contract(wanted["of"]), at)
    )
    return {
        "codes": [code for code, _ in found],
        "text": " ".join(sentence for _, sentence in found),
    }


CHECKS: dict[str, expected.Check] = {
    "overage": overage,
    "term": term,
    "renewal_quote": renewal_quote,
    "forecast": forecast,
    "rate": rate,
    "status": status,
    "option": option,
    "contract_terms": contract_terms,
    "warnings": warnings,
}
