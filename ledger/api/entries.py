"""`/entries`: what happened to a customer's credits, in order of recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.lib.api import shapes
from creditops.lib.api.forms import Cursor, Paged, Span, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger import movements
from ledger.api import pools
from ledger.api.pools import PoolQuery
from ledger.models import BlockChange, Move, Pool

TYPES = ("GRANT", *Move.Type.values, *(act.upper() for act in BlockChange.Act.values[1:]))


class EntriesQuery(Paged, Span, PoolQuery):
    """Whose credits; a bound key may leave it out. The time is that of recording."""

    customer = Text(required=False, help_text="whose; not needed with a key of one customer")


class EntryShown(TypedDict):
    """A movement. `credits` above 0 come in, below 0 leave; `balance` is what its pool's blocks hold
    after it. Overage belongs to no block."""

    contract: str
    unit: str
    type: Annotated[str, shapes.one_of(TYPES)]
    block: str | None
    credits: int
    at: shapes.Instant
    recorded_at: shapes.Instant
    balance: int


class Entries(ApiView):
    """What happened to a customer's credits."""

    @Operation(
        scope=Scope.LEDGER_READ,
        query=EntriesQuery,
        answers=Page[EntryShown],
        unreadable=("customer_missing",),
    )
    def get(self, request: Request) -> Response:
        """List what happened to credits, oldest first, with running balances."""
        found = pools.of(self.whose(self.query.get("customer")), self.query)
        start, limit = self.query.get("cursor", 0), self.query["limit"]
        rows = list(islice(_entries(found, self.query), start, start + limit + 1))
        page: Page[EntryShown] = {
            "results": rows[:limit],
            "next": Cursor.at(start + limit) if len(rows) > limit else None,
        }
        return Response(page)


def _entries(found: Sequence[Pool], query: Mapping[str, Any]) -> Iterator[EntryShown]:
    """Movements of a time; the running balance counts from the beginning."""
    codes = {pool.id: (pool.holder.code, pool.unit.code) for pool in found}
    running = dict.fromkeys(codes, 0)
    for entry in movements.of_pools(found):
        if entry.block_id is not None:
            running[entry.pool_id] += entry.credits
        too_early = "from" in query and entry.recorded_at < query["from"]
        if too_early or ("to" in query and entry.recorded_at >= query["to"]):
            continue
        contract, unit = codes[entry.pool_id]
        yield {
            "contract": contract,
            "unit": unit,
            "type": entry.type,
            "block": entry.block_source,
            "credits": entry.credits,
            "at": written(entry.at),
            "recorded_at": written(entry.recorded_at),
            "balance": running[entry.pool_id],
        }
