"""Does the same usage as transfers of pgledger: from a customer's account to the vendor's, by its batch call.

Its SQL is read from a checkout (github.com/pgr0ss/pgledger) into the scratch book.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import connections

from bench import market
from bench.market import Market
from bench.recount import Differs
from ledger.api.bodies import NativeEvent

# In the order in which they are read.
SCRIPTS = (
    "vendor/scoville-pgsql-ulid/ulid-to-uuid.sql",
    "vendor/scoville-pgsql-ulid/uuid-to-ulid.sql",
    "pgledger.sql",
)
# Transfers of one call: more make its arrays slow, fewer its round trips.
PER_CALL = 100

_TAKE = (
    "SELECT count(*) FROM pgledger_create_transfers((SELECT array_agg((f, t, a)::transfer_request)"
    " FROM unnest(%s::text[], %s::text[], %s::numeric[]) AS w (f, t, a)))"
)


class Ledger:
    """An account for every customer's unit, and one of the vendor's for each unit."""

    def __init__(self, sold: Market, checkout: Path) -> None:
        self._cards = {sold.code(rank): sold.card(rank) for rank in range(sold.customers)}
        self._taken = 0
        names = [
            f"{code}/{unit}"
            for code in (*self._cards, "vendor")
            for unit in (market.unit("m0"), market.unit("d0"))
        ]
        with connections["owner"].cursor() as cursor:
            for script in SCRIPTS:
                cursor.execute((checkout / script).read_text())
            cursor.execute(
                "SELECT a.name, a.id FROM unnest(%s::text[]) AS n,"
                " pgledger_create_account(n, split_part(n, '/', 2)) AS a",
                [names],
            )
            self._ids = dict(cursor.fetchall())
            cursor.execute("ANALYZE pgledger_accounts")

    def prepare(self, events: Sequence[NativeEvent]) -> None:
        """Nothing is missing."""

    def take(self, events: Sequence[NativeEvent]) -> None:
        """Transfer what these events cost, so many in a call."""
        with connections["owner"].cursor() as cursor:
            for first in range(0, len(events), PER_CALL):
                chosen = events[first : first + PER_CALL]
                units = [market.unit(event.meter) for event in chosen]
                credits = [self._credits(event) for event in chosen]
                own = [self._ids[f"{e.customer}/{u}"] for e, u in zip(chosen, units, strict=True)]
                cursor.execute(_TAKE, [own, [self._ids[f"vendor/{u}"] for u in units], credits])
                self._taken += sum(credits)

    def compare(self) -> None:
        """Raise Differs unless the vendor has what the customers used."""
        vendors = [number for name, number in self._ids.items() if name.startswith("vendor/")]
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(balance), 0) FROM pgledger_accounts WHERE id = ANY(%s)",
                [vendors],
            )
            [[found]] = cursor.fetchall()
        if found != self._taken:
            raise Differs(f"pgledger: {found} credits, and not {self._taken}")

    def _credits(self, event: NativeEvent) -> int:
        return int(event.quantity or 0) * market.rate(self._cards[event.customer], event.meter)
