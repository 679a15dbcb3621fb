"""Does the telling of crossed thresholds: to the people who asked for it, in one letter (A2, A3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from accounts import recipients
from creditops.lib import mail, outbox
from ledger import forecast
from ledger.models import Pool, ThresholdCrossing

ALERT = "ledger.alert"
# What is not a percentage of consumption counts as all of it for the choice of recipients.
_ALL = 100


def announce(crossings: Collection[ThresholdCrossing], *, at: datetime) -> None:
    """Leave one letter per pool in the outbox for thresholds that were just crossed."""
    by_pool: dict[tuple[int, int], list[ThresholdCrossing]] = {}
    for crossing in crossings:
        by_pool.setdefault((crossing.customer_id, crossing.pool_id), []).append(crossing)
    letters = {
        f"{customer}-{crossed[0].id}": {
            "customer": customer,
            "pool": pool,
            "crossings": [crossing.id for crossing in crossed],
        }
        for (customer, pool), crossed in by_pool.items()
    }
    outbox.add_all(ALERT, letters, at=at)


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Deliver an alert from the outbox: one letter to each recipient."""
    customer = payload["customer"]
    crossed = list(
        ThresholdCrossing.objects.filter(customer_id=customer, id__in=payload["crossings"])
    )
    pool = Pool.objects.select_related("holder", "unit", "customer").get(
        customer_id=customer, id=payload["pool"]
    )
    to = recipients.of_threshold(customer, max(_percent(c.threshold) for c in crossed))
    sentences = [sentence(crossing) for crossing in crossed]
    mail.send(
        "alert",
        to=to,
        context={
            "headline": sentences[-1],
            "sentences": sentences,
            "customer": pool.customer.name,
            "holder": pool.holder.code,
            "outlook": forecast.of_pool(pool, at=at).sentence + ".",
        },
    )


def sentence(crossing: ThresholdCrossing) -> str:
    """What was crossed, in words."""
    if crossing.threshold == "EXHAUSTED":
        return f"All {crossing.consumed:,} credits are used"
    if crossing.threshold.startswith("OVERAGE_"):
        percent = crossing.threshold.removeprefix("OVERAGE_")
        return f"{percent} % of the agreed overage is used"
    total = crossing.consumed + crossing.balance
    return f"{crossing.threshold} % of your credits are used: {crossing.consumed:,} of {total:,}"


def _percent(threshold: str) -> int:
    return int(threshold) if threshold.isdecimal() else _ALL
