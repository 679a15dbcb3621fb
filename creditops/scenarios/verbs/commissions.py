"""Does the steps about commission."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from contracts import commission_plans
from contracts.commission_figures import Share
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import PROPOSER, World


def commission_plan(world: World, step: steps.Step, at: datetime) -> None:
    """Publish a version of a commission plan."""
    published = commission_plans.publish(
        step["name"],
        commission_plans.Wanted(
            rate_pct=Decimal(step["rate_pct"]),
            upfront_pct=Decimal(step["upfront_pct"]),
            split=[Share(part["rep"], Decimal(part["pct"])) for part in step.get("split", ())],
            cost=step.get("cost"),
            months=step.get("months"),
        ),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], published)


VERBS: dict[str, steps.Verb] = {"commission_plan": commission_plan}
