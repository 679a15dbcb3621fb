"""`/customers/{c}/blocks/{block}/events`: which usage a block of credits paid for."""

from __future__ import annotations

from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib import money
from creditops.lib.api import shapes
from creditops.lib.api.forms import Cursor, Paged
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from ledger import block_events
from ledger.models import Block, BlockLayer


class PaidShown(TypedDict):
    """What the block paid for an event. `credits` after corrections, `cost` of them from the block."""

    uid: str
    id: str
    meter: str
    user: str | None
    time: shapes.Instant
    credits: int
    cost: shapes.Money
    currency: shapes.Currency


class BlockEvents(ApiView):
    """The events that a block paid for."""

    @Operation(scope=Scope.LEDGER_READ, query=Paged, answers=Page[PaidShown])
    def get(self, request: Request, customer: str, block: str) -> Response:
        """List the events that a block paid for, the newest recorded first; with 0 credits where all
        came back."""
        root = self.customer(customer).root_id
        number = int(block) if block.isascii() and block.isdecimal() else 0
        found = Block.objects.filter(customer_id=root, pk=number).first()
        if found is None:
            raise NotFound("block", block)
        first = BlockLayer.objects.select_related("layer").get(customer_id=root, block=found, no=1)
        page = block_events.newest(
            found, limit=self.query["limit"], before=self.query.get("cursor")
        )
        shown: Page[PaidShown] = {
            "results": [_shown(paid, first.layer.currency) for paid in page.paid],
            "next": None if page.next is None else Cursor.at(page.next),
        }
        return Response(shown)


def _shown(paid: block_events.Paid, currency: str) -> PaidShown:
    event = paid.event
    return {
        "uid": paid.uid,
        "id": event.key,
        "meter": event.meter.code,
        "user": event.user.name if event.user else None,
        "time": written(event.event_time),
        "credits": paid.credits,
        "cost": money.text(paid.value, currency),
        "currency": currency,
    }
