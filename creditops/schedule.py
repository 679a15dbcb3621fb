"""Answers which work function does which due work and which delivery, and does it in order.

The floors leave rows that name what is due; only the roof knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from contracts import agreements, late_overage, renewals, term_ends
from creditops.lib import due, outbox
from creditops.lib.due import Report
from creditops.lib.models import DueRow
from invoicing import billing, issuing, rendering
from ledger import alerts, closed_terms, daily_credits, entitlements, expiry, holds

HANDLERS: dict[str, due.Handler] = {
    "ledger.expire": expiry.expire_due,
    "ledger.daily": daily_credits.grant_due,
    "ledger.entitlement": entitlements.release_due,
    holds.LAPSE: holds.lapse_due,
    closed_terms.RESTATE: late_overage.bill_due,
    "contracts.term_start": agreements.start_term,
    "contracts.term_end": term_ends.end_term,
    "contracts.propose_renewal": renewals.propose_due,
    "contracts.charge": billing.bill_due,
    "invoicing.receivable": issuing.receivable_due,
}

# What changes which credits a customer may use: usage waits for it (ledger/punctuality.py).
DECIDING = frozenset({"contracts.term_start", "contracts.term_end"})

DELIVERIES: dict[str, outbox.Handler] = {
    alerts.ALERT: alerts.deliver,
    issuing.RENDER: rendering.render_due,
}


def register() -> None:
    """Make the handlers known, at start."""
    for kind, handler in HANDLERS.items():
        due.handle(kind, handler, decides=kind in DECIDING)
    for kind, delivery in DELIVERIES.items():
        outbox.handle(kind, delivery)


def run_due(
    until: datetime,
    *,
    now: datetime | None = None,
    groups: Collection[str] | None = None,
    progress: Callable[[DueRow], None] | None = None,
) -> Report:
    """Do all time-driven work up to `until`, in order, each piece with its own instant.

    Args:
        until: the last instant to do work for.
        now: what the clock says; None while the clock is simulated.
        groups: only of these customers.
        progress: called with each row that was done.
    """
    return due.run(until, now=now, groups=groups, progress=progress)
