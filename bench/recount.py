"""Answers whether the books are right: everything that was sent, counted again by a plain model.

A dictionary of what came and a list of blocks per pool, event by event, with no look at the ledger's own
code. A benchmark whose recount finds a difference has no ratio.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import connection

from bench import market
from bench.market import Market
from ledger.api.bodies import NativeEvent
from ledger.models import UsageEvent

# What every block has left: of its state as of the newest layout, less what was drawn in that one.
_LEFT = """
SELECT c.code, u.code, b.source,
       s.granted - s.used - s.expired - s.voided
       - coalesce(least(greatest(l.consumed - g.pos, 0), g.pos_end - g.pos), 0)
FROM ledger_blockstate AS s
JOIN ledger_block AS b ON b.customer_id = s.customer_id AND b.id = s.block_id
JOIN ledger_poolstate AS p ON p.customer_id = s.customer_id AND p.pool_id = s.pool_id
JOIN ledger_pool AS k ON k.customer_id = s.customer_id AND k.id = s.pool_id
JOIN ledger_creditunit AS u ON u.id = k.unit_id
JOIN accounts_customer AS c ON c.id = s.customer_id
LEFT JOIN ledger_segment AS g
  ON g.customer_id = s.customer_id AND g.pool_id = s.pool_id AND g.block_id = s.block_id
 AND g.layout_no = p.layout_no
LEFT JOIN ledger_line AS l
  ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line
"""

# What an event drew: source of the block, credits.
Draws = list[tuple[str, int]]


class Differs(Exception):
    """The ledger and the recount disagree; the text says where."""


class Recount:
    """The market's pools as lists of blocks, and every event ever accepted."""

    def __init__(self, sold: Market) -> None:
        self._kinds = {sold.code(rank): sold.kind(rank) for rank in range(sold.customers)}
        self._cards = {sold.code(rank): sold.card(rank) for rank in range(sold.customers)}
        self._left: dict[tuple[str, str], dict[str, int]] = {}
        self.draws: dict[tuple[str, str], Draws] = {}
        self.counts: Counter[str] = Counter()

    def take(self, batch: Sequence[NativeEvent]) -> None:
        """Count a batch: inside of it events draw in the order of their times."""
        fresh = []
        for event in batch:
            identity = (event.customer, event.id)
            if identity in self.draws:
                self.counts["duplicate"] += 1
                continue
            self.draws[identity] = []
            fresh.append(event)
        for event in sorted(fresh, key=lambda event: event.time or ""):
            self._draw(event)

    def correct(self, customer: str, key: str, unit: str, credits: int) -> None:
        """An event costs only so much now: what it drew last comes back first."""
        draws = self.draws[customer, key]
        back = sum(drawn for _, drawn in draws) - credits
        blocks = self._blocks(customer, unit)
        while back:
            source, drawn = draws.pop()
            returned = min(back, drawn)
            blocks[source] += returned
            back -= returned
            if drawn > returned:
                draws.append((source, drawn - returned))

    def compare(self) -> None:
        """Raise Differs unless the ledger has the same credits left in every block, and as many events."""
        stored = Counter(UsageEvent.objects.values_list("status", flat=True))
        expected = {"a": self.counts["applied"], "r": self.counts["refused"]}
        if {status: n for status, n in expected.items() if n} != dict(stored):
            raise Differs(f"events by status: {dict(stored)}, and not {expected}")
        found: dict[tuple[str, str], dict[str, int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_LEFT)
            for customer, unit, source, left in cursor.fetchall():
                found.setdefault((customer, unit), {})[source.rpartition("/")[2]] = left
        for key, expected_left in self._left.items():
            if found.get(key) != expected_left:
                raise Differs(f"pool {key}: {found.get(key)}, and not {expected_left}")

    def _draw(self, event: NativeEvent) -> None:
        unit = market.unit(event.meter)
        credits = int(event.quantity or 0) * market.rate(self._cards[event.customer], event.meter)
        blocks = self._blocks(event.customer, unit)
        usable = [
            source
            for source, left in blocks.items()
            if left and (source != "0" or self._may_use_first(event))
        ]
        if sum(blocks[source] for source in usable) < credits:
            self.counts["refused"] += 1
            return
        self.counts["applied"] += 1
        for source in usable:
            drawn = min(credits, blocks[source])
            if drawn:
                blocks[source] -= drawn
                credits -= drawn
                self.draws[event.customer, event.id].append((source, drawn))

    def _may_use_first(self, event: NativeEvent) -> bool:
        """Whether the block that comes first pays for this meter: it does for all, or for one."""
        return self._kinds[event.customer] != "scoped" or event.meter == market.SCOPED_METER

    def _blocks(self, customer: str, unit: str) -> dict[str, int]:
        known = self._left.get((customer, unit))
        if known is None:
            known = dict(market.blocks(self._kinds[customer], unit))
            self._left[customer, unit] = known
        return known
