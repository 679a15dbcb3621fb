"""Does what the steps of a scenario say, each by a work function that a door calls too.

A file per topic, each with its own table of verbs; a new verb goes into the table of its topic.
"""

from __future__ import annotations

from datetime import datetime

from creditops.scenarios.verbs import (
    agreements,
    bookkeeping,
    commissions,
    credits,
    documents,
    parties,
    pricing,
    self_serve,
    steps,
    usage,
)
from creditops.scenarios.world import World

VERBS: dict[str, steps.Verb] = {
    **parties.VERBS,
    **pricing.VERBS,
    **agreements.VERBS,
    **self_serve.VERBS,
    **credits.VERBS,
    **usage.VERBS,
    **documents.VERBS,
    **bookkeeping.VERBS,
    **commissions.VERBS,
}


def perform(world: World, step: steps.Step, at: datetime) -> None:
    """Do one step. Raises the Refusal of the work function, or `unsupported`."""
    verb = VERBS.get(step["do"])
    if verb is None:
        raise steps.unsupported(f"the verb {step['do']!r}")
    verb(world, step, at)
