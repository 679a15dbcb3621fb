"""Does the steps of the books' keepers, and those of nobody."""

from __future__ import annotations

from datetime import date, datetime

from creditops.close import month_end
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import APPROVER, PROPOSER, World
from ledger import recognition


def estimate_breakage(world: World, step: steps.Step, at: datetime) -> None:
    """Estimate how many credits of a block will be used in the end."""
    first, second = (*step.get("by", ()), PROPOSER, APPROVER)[:2]
    asked = recognition.request_estimate(
        world.block(step["block"]),
        expected=step["expected_redeemed"],
        by=first,
        reason="scenario",
        at=at,
        post_on=date.fromisoformat(step["post_on"]) if "post_on" in step else None,
    )
    steps.agree(asked, at, by=second)


def close_period(world: World, step: steps.Step, at: datetime) -> None:
    """Close an accounting month."""
    month = date.fromisoformat(f"{step['period']}-01")
    month_end.close(
        month, by=APPROVER, at=at, let_pass={month_end.ALL: "scenario"}, due_first=False
    )


def wait(world: World, step: steps.Step, at: datetime) -> None:
    """Nothing but the clock."""


VERBS: dict[str, steps.Verb] = {
    "estimate_breakage": estimate_breakage,
    "close_period": close_period,
    "wait": wait,
}
