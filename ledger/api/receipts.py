"""Answers what became of a batch of usage, as the API shows it."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from creditops.lib.api import shapes
from ledger import availability, messages
from ledger.api.lago_events import LagoAnswerShown

Status = Annotated[str, shapes.one_of(messages.STATUSES)]


class EventResultShown(TypedDict):
    """What became of one message. `credits` were drawn, or rated if it was only recorded; `code` says
    why not; `uid` names the stored event."""

    index: int
    uid: str | None
    source: str
    id: str
    status: Status
    code: NotRequired[str]
    credits: NotRequired[int]


class PoolStandingShown(TypedDict):
    """A pool right after the batch."""

    customer: str
    contract: str
    unit: str
    available: int
    overage: int


class ReceiptShown(TypedDict):
    """The answer to a batch. received = applied + recorded + duplicates + conflicts + refused + held
    + exceptions. `event` answers Lago's single form."""

    received: int
    applied: int
    recorded: int
    duplicates: int
    conflicts: int
    refused: int
    held: int
    exceptions: int
    results: list[EventResultShown]
    balances: list[PoolStandingShown]
    event: NotRequired[LagoAnswerShown]


def shown(receipt: messages.Receipt, *, only_problems: bool) -> ReceiptShown:
    """A receipt as the API shows it; `only_problems` leaves out what was applied."""
    counts = receipt.counts()
    return {
        "received": counts["received"],
        "applied": counts[messages.APPLIED],
        "recorded": counts[messages.RECORDED],
        "duplicates": counts[messages.DUPLICATE],
        "conflicts": counts[messages.CONFLICT],
        "refused": counts[messages.REFUSED],
        "held": counts[messages.HELD],
        "exceptions": counts[messages.EXCEPTION],
        "results": [
            _shown_outcome(outcome)
            for outcome in receipt.outcomes
            if not (only_problems and outcome.status == messages.APPLIED)
        ],
        "balances": [_shown_standing(found) for found in availability.standings(receipt.pools)],
    }


def _shown_standing(found: availability.Standing) -> PoolStandingShown:
    return {
        "customer": found.customer,
        "contract": found.contract,
        "unit": found.unit,
        "available": found.available,
        "overage": found.overage,
    }


def _shown_outcome(outcome: messages.Outcome) -> EventResultShown:
    shown: EventResultShown = {
        "index": outcome.index,
        "uid": outcome.uid or None,
        "source": outcome.source,
        "id": outcome.key,
        "status": outcome.status,
    }
    if outcome.code:
        shown["code"] = outcome.code
    if outcome.credits is not None:
        shown["credits"] = outcome.credits
    return shown
