"""Answers which work function does which due work and which delivery, and does it in order.

The floors leave rows that name what is due; only the roof knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from contracts import (
    activation,
    agreements,
    commission_runs,
    commissions,
    expiry_letters,
    quote_links,
    quotes,
    rate_campaigns,
    renewals,
    subscriptions,
    term_ends,
)
from creditops.lib import due, outbox
from creditops.lib.due import Report
from creditops.lib.models import DueRow
from invoicing import (
    auto_top_ups,
    billing,
    billing_runs,
    card_refunds,
    card_retries,
    charge_letters,
    charged_orders,
    charges,
    credit_notes,
    dunning,
    dunning_plan,
    grace_charges,
    issuing,
    letters,
    note_papers,
    options,
    overage_notes,
    owed,
    period_ends,
    plan_charges,
    rendering,
    tax_months,
    tax_on_use,
)
from ledger import (
    alerts,
    backfills,
    closed_terms,
    daily_credits,
    entitlements,
    expiry,
    expiry_marks,
    expiry_notices,
    grace_ends,
    holds,
    open_items,
    recognition,
    remeasurement,
    top_up_needs,
)

HANDLERS: dict[str, due.Handler] = {
    "ledger.expire": expiry.expire_due,
    expiry_marks.TELL: expiry_notices.tell_due,
    "ledger.daily": daily_credits.grant_due,
    "ledger.entitlement": entitlements.release_due,
    "ledger.recognise": recognition.recognise_due,
    open_items.REMEASURE: remeasurement.remeasure_due,
    backfills.WORK: backfills.work_due,
    holds.LAPSE: holds.lapse_due,
    closed_terms.RESTATE: overage_notes.restate_due,
    "contracts.term_start": agreements.start_term,
    "contracts.term_end": term_ends.end_term,
    "contracts.propose_renewal": renewals.propose_due,
    commissions.SETTLE: commission_runs.settle_due,
    commissions.MONTH_END: commission_runs.month_end_due,
    "contracts.charge": billing.bill_due,
    activation.OWED: owed.owe_due,
    quotes.EXPIRY: quotes.expire_due,
    rate_campaigns.REMIND: rate_campaigns.remind_due,
    rate_campaigns.END: rate_campaigns.end_due,
    "invoicing.receivable": issuing.receivable_due,
    tax_months.WORK: tax_on_use.tax_due,
    charges.ASK_AGAIN: charges.ask_again,
    dunning_plan.REMIND: dunning.remind_due,
    charged_orders.THEN: charged_orders.go_on,
    plan_charges.THEN: card_retries.charged_due,
    options.LAPSE: options.lapse_due,
    subscriptions.PERIOD_END: period_ends.end_due,
    subscriptions.PERIOD_NOTICE: letters.period_due,
    grace_ends.TELL: letters.grace_due,
    grace_ends.END: grace_charges.end_due,
    card_retries.RETRY: card_retries.retry_due,
    top_up_needs.BUY: auto_top_ups.buy_due,
}

# What changes which credits a customer may use: usage waits for it (ledger/punctuality.py).
DECIDING = frozenset(
    {"contracts.term_start", "contracts.term_end", subscriptions.PERIOD_END, grace_ends.END}
)

DELIVERIES: dict[str, outbox.Handler] = {
    alerts.ALERT: alerts.deliver,
    expiry_notices.LETTER: expiry_letters.deliver,
    billing_runs.BILL: billing_runs.bill_due,
    issuing.RENDER: rendering.render_due,
    credit_notes.RENDER: note_papers.render_due,
    charges.PREPARE: charges.prepare,
    charges.CHARGE: charges.send,
    charges.LETTER: charge_letters.deliver,
    dunning.LETTER: dunning.deliver,
    card_refunds.PAY_BACK: card_refunds.send,
    quotes.MAIL: quote_links.deliver,
    letters.LETTER: letters.deliver,
    rate_campaigns.LETTER: rate_campaigns.deliver,
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
