"""Does what the verbs of several topics share: reading a step, and the second person's consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from creditops.desk import approving
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from creditops.scenarios import values
from creditops.scenarios.world import APPROVER, World

Step = dict[str, Any]
Verb = Callable[[World, Step, datetime], None]

SOURCE = "scenario"


def agree(outcome: object, at: datetime, by: str = APPROVER) -> None:
    """The second person agrees, if one was asked."""
    if isinstance(outcome, Approval):
        approving.approve(outcome.pk, {}, by=by, at=at, reason="scenario", speaks_for={"finance"})


def instant(step: Step, key: str, default: datetime | None) -> Any:
    return values.instant(step[key]) if key in step else default


def needs(step: Step, key: str) -> None:
    if key in step:
        raise unsupported(f"{key!r} of {step['do']}")


def unsupported(what: str) -> Refusal:
    return Refusal("unsupported", f"This version does not play {what} yet.")
