"""Answers whether commission follows consumption, from the rows alone (invariant 10, Z4).

The base of every settled year is counted again in the ledger, as known when it was settled.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.models import CommissionEvent
from ledger import consumed_value, verification
from ledger.consumed_value import Window
from ledger.verification import Breach

CONSUMED = "commissions_know_what_was_consumed"


def breaches() -> Iterator[tuple[str, list[Breach]]]:
    """Run the checks of commission: each with the first rows that break it."""
    yield from verification.run("contracts")
    yield CONSUMED, _consumed()[: verification.SHOWN]


def _consumed() -> list[Breach]:
    """Settled years whose base is not the value consumed, as known then; what was lost of overage since is
    no longer known for then, so a base may be less by as much as was written off."""
    events = list(
        CommissionEvent.objects.exclude(kind=CommissionEvent.Kind.CLOSE)
        .select_related("contract__holder")
        .order_by("contract_id", "year", "no")
    )
    values = consumed_value.totals(
        [
            Window(
                event.contract.holder,
                event.currency,
                event.starts_at,
                event.ends_at,
                event.known_at,
            )
            for event in events
        ]
    )
    return [
        Breach(
            CONSUMED,
            f"{event.contract.code}, year {event.year}, event {event.no}",
            f"was settled on {event.base_minor}, {value} were consumed (minor units)",
        )
        for event, value in zip(events, values, strict=True)
        if not _fits(event, value)
    ]


def _fits(event: CommissionEvent, value: int) -> bool:
    lost = sum(
        event.contract.charges.filter(term_id=event.term_id, written_off_minor__gt=0).values_list(
            "amount_minor", flat=True
        )
    )
    return max(0, value - lost) <= event.base_minor <= max(0, value)
