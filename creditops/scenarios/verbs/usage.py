"""Does the steps that send usage and correct it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from creditops.lib.refusals import Refusal
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import PROPOSER, Sent, World
from ledger import (
    corrections,
    explain,
    metering,
    units,
)
from ledger.messages import Message
from ledger.models import UsageEvent


def usage(world: World, step: steps.Step, at: datetime) -> None:
    """Send one usage message."""
    holder = world.holder(step["account"], at)
    rated = "credits" in step
    message = Message(
        source=steps.SOURCE,
        key=step["key"],
        customer=holder.customer.code,
        contract=holder.code,
        meter=units.rated_meter(units.CREDITS) if rated else step["item"],
        time=steps.instant(step, "event_time", None),
        quantity=Decimal(step["credits"] if rated else step.get("quantity", 1)),
        user=step.get("user"),
        data={"provider_cost": step["provider_cost"]} if "provider_cost" in step else {},
    )
    receipt = metering.accept([message], at=at, origin=steps.SOURCE)
    sent = Sent(step["account"], holder.id, receipt.outcomes[0], at, message.time or at)
    world.remember(step["key"], sent)


def correct_usage(world: World, step: steps.Step, at: datetime) -> None:
    """Correct an applied event to another number of credits."""
    corrections.correct(
        sent_event(world, step["key"], step["account"]),
        credits=step["credits"],
        by=PROPOSER,
        reason=step.get("reason", ""),
        at=at,
    )


def void_usage(world: World, step: steps.Step, at: datetime) -> None:
    """Correct an applied event to nothing."""
    corrections.void(
        sent_event(world, step["key"], step["account"]),
        by=PROPOSER,
        reason=step.get("reason", ""),
        at=at,
    )


def sent_event(world: World, key: str, account: str | None = None) -> UsageEvent:
    """The stored event of a message key."""
    for sent in world.sent.get(key, []):
        if sent.outcome.uid and account in (None, sent.account):
            return explain.find(sent.outcome.uid)
    raise Refusal("event_unknown", f"No event with key {key!r} was stored.")


VERBS: dict[str, steps.Verb] = {
    "usage": usage,
    "correct_usage": correct_usage,
    "void_usage": void_usage,
}
