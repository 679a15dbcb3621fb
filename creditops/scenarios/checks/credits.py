"""Answers what is in pools, blocks and events."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from accounts.models import Customer
from contracts.models import Contract, Subscription
from creditops.lib import calendar, money
from creditops.scenarios import values
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World
from ledger import (
    alert_measure,
    balances,
    books,
    explain,
    graces,
    movements,
    posting,
    thresholds,
)
from ledger.models import Pool, ThresholdCrossing


def balance(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Credits of an account, now or as of an instant, as known at another."""
    as_of = values.instant(wanted["as_of"]) if "as_of" in wanted else at
    known_at = values.instant(wanted["known_at"]) if "known_at" in wanted else at
    holder = world.holder(wanted["account"], at)
    pool = expected.pool(holder, wanted, at)
    now = balances.of_pool(pool, as_of=as_of, known_at=known_at)
    present = as_of == known_at == at
    ever = now if present else balances.of_pool(pool, as_of=at, known_at=at)
    alerted = (
        alert_measure.now(pool, at)
        if present
        else alert_measure.as_of(pool, as_of=as_of, known_at=known_at)
    )
    return {
        "credits": now.left,
        "overage": now.overage,
        "consumed": alerted.consumed,
        "pct": _percent(alerted.consumed, alerted.consumed + alerted.left),
        "observed": balances.observed(holder),
        "drawn": ever.used,
        "expired": ever.expired,
    }


def block(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """A block now or as of an instant."""
    as_of = values.instant(wanted["as_of"]) if "as_of" in wanted else at
    row = world.block(wanted["block"])
    posting.run(at)
    pool = Pool.objects.select_related("holder", "unit").get(
        customer_id=row.customer_id, id=row.pool_id
    )
    found = next(
        b for b in balances.of_pool(pool, as_of=as_of, known_at=at).blocks if b.id == row.id
    )
    currency = found.currency
    return {
        "granted": found.granted,
        "used": found.used,
        "expired": found.expired,
        "refunded": found.voided,
        "left": found.left,
        "effective_at": values.written(found.effective_at),
        "expires_at": values.written(found.expires_at),
        "last_day": (
            calendar.last_day(found.expires_at, pool.holder.time_zone).isoformat()
            if found.expires_at
            else None
        ),
        "cost": money.text(found.cost_minor, currency),
        "released": money.text(found.released_minor, currency),
        "value_left": money.text(found.functional_left_minor, books.current(at).currency),
        "unit_cost": money.decimal_text(found.unit_cost / 10 ** money.exponent(currency)),
    }


def event(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """What became of a usage message."""
    sent = world.message(wanted["key"], wanted.get("message", 1))
    outcome = sent.outcome
    zone = world.holder(sent.account, at).time_zone
    local = calendar.local_date(sent.time, zone)
    actual: dict[str, Any] = {
        "status": values.status(outcome.status),
        "code": values.code(outcome.code) if outcome.code else None,
        "credits": outcome.credits,
        "local_date": local.isoformat(),
        "days_late": (calendar.local_date(sent.at, zone) - local).days,
        "draws": [],
        "overage": 0,
    }
    if not outcome.uid:
        return actual
    stored = explain.find(outcome.uid)
    draws = explain.draws(stored)
    posted = explain.posted_as(stored)
    ours = books.current(at).currency
    actual["credits"] = explain.credits(stored)
    beyond = sum(draw.credits for draw in draws if draw.block_id is None)
    actual["overage"] = beyond + graces.settled(stored)
    actual["draws"] = [
        {
            "block": world.block_name(draw.block_source),
            "credits": draw.credits,
            "value": money.text(draw.functional, ours),
        }
        for draw in draws
        if draw.block_id is not None
    ]
    actual["posting_date"] = posted[0].isoformat() if posted else None
    running = explain.running_sum(stored)
    if running is not None:
        actual["exact_cumulative"] = money.decimal_text(running.credits)
        actual["carried"] = money.decimal_text(running.carried)
        actual["cumulative_cost"] = money.decimal_text(running.provider_cost)
    if stored.tariff is not None:
        rates = explain.rates(stored)
        actual["card_version"] = stored.tariff.version
        actual["rate"] = rates[0].credits if rates else None
    return actual


def alerts(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Every alert of an account so far, those of one instant together."""
    holder = world.holder(wanted["account"], at)
    crossings = (
        ThresholdCrossing.objects.filter(
            customer_id=holder.customer_id,
            pool__in=[pool.id for pool in balances.pools_of(holder)],
        )
        .exclude(threshold__in=thresholds.SILENT)
        .order_by("id")
    )
    fired: dict[str, list[Any]] = {}
    for crossing in crossings:
        if wanted.get("ignore_overage") and crossing.threshold.startswith("OVERAGE_"):
            continue
        kind = int(crossing.threshold) if crossing.threshold.isdecimal() else crossing.threshold
        fired.setdefault(values.written(crossing.crossed_at) or "", []).append(kind)
    return {"fired": [{"at": when, "kinds": kinds} for when, kinds in fired.items()]}


def ledger(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Ledger entries of the given types, of an account or a block, in order of recording."""
    thing = world.names.get(wanted["of"])
    if isinstance(thing, Customer | Contract | Subscription):
        pools, only = balances.pools_of(world.holder(wanted["of"], at)), None
    else:
        row = world.block(wanted["of"])
        pools, only = [Pool.objects.get(customer_id=row.customer_id, id=row.pool_id)], row.id
    currency = books.current(at).currency
    return {
        "entries": [
            {
                "type": entry.type,
                "credits": entry.credits,
                "block": world.block_name(entry.block_source),
                "at": values.written(entry.at),
                "recorded_on": entry.recorded_at.date().isoformat(),
                "value": (
                    None if entry.functional is None else money.text(entry.functional, currency)
                ),
            }
            for entry in movements.of_pools(pools)
            if entry.type in wanted["types"] and only in (None, entry.block_id)
        ]
    }


def _percent(part: int, whole: int) -> str:
    return money.fixed_text(Fraction(part * 100, whole), 2) if whole else "0.00"


CHECKS: dict[str, expected.Check] = {
    "balance": balance,
    "block": block,
    "event": event,
    "alerts": alerts,
    "ledger": ledger,
}
