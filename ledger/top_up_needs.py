"""Leaves word that fewer credits are left than their holder wants to have: more are to be bought (Q4).

The ledger doesn't sell; it leaves due work, once per crossing, which the floor that sells has a function
for.
"""

from __future__ import annotations

from collections.abc import Iterable

from creditops.lib import due
from ledger.models import Pool, ThresholdCrossing

TOP_UP = "TOP_UP"
# Due work with the subject `<customer id>-<id of the crossing>`.
BUY = "ledger.top_up"


def leave(crossings: Iterable[ThresholdCrossing]) -> None:
    """Leave due work for each of these crossings that asks for more credits."""
    for crossing in crossings:
        if crossing.threshold == TOP_UP:
            pool = Pool.objects.select_related("customer").get(
                customer_id=crossing.customer_id, id=crossing.pool_id
            )
            due.plan(
                BUY, f"{crossing.customer_id}-{crossing.id}", crossing.crossed_at,
                rank=due.BILLING, group=pool.customer.code,
            )  # fmt: skip
