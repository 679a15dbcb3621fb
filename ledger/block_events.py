"""Answers which events a block paid for, and what each still has of it: newest first, page by page (S73)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from creditops.lib import sql
from ledger import messages
from ledger.models import Block, UsageEvent

# The longest page.
LARGEST_PAGE = 200


@dataclass(frozen=True)
class Paid:
    """What a block paid for an event: credits after corrections (0 where all came back), and their
    value in minor units of the block's currency."""

    event: UsageEvent
    credits: int
    value: int

    @property
    def uid(self) -> str:
        """The name by which the event is asked for."""
        return messages.uid(self.event.customer_id, self.event.id)


@dataclass(frozen=True)
class Page:
    """A page of what a block paid for; `next` is the id of its last event, None: this was the last."""

    paid: Sequence[Paid]
    next: int | None


def newest(block: Block, *, limit: int, before: int | None = None) -> Page:
    """The events that a block paid for, by the order in which they were recorded; two queries.

    Args:
        limit: events per page, at most `LARGEST_PAGE`.
        before: the id of the event where the page before ended.
    """
    limit = min(limit, LARGEST_PAGE)
    rows = sql.rows(
        "ledger", "block_events", customer=block.customer_id, block=block.pk,
        before=messages.LARGEST_EVENT_ID if before is None else before,
        index_bits=messages.INDEX_BITS, most=limit + 1,
    )  # fmt: skip
    shown = rows[:limit]
    events = UsageEvent.objects.filter(
        customer_id=block.customer_id, id__in=[event for event, _, _ in shown]
    ).select_related("meter", "user", "holder", "source")
    found = {event.id: event for event in events}
    paid = [Paid(found[event], credits, value) for event, credits, value in shown]
    return Page(paid, paid[-1].event.id if len(rows) > limit else None)
