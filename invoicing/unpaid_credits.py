"""Does what becomes of credits whose invoice stays unpaid: suspended by policy, drawn again when it is paid.

Thirty days after the due date (I15), where the setting `suspend_unpaid` says so. A suspended block keeps its
end; what is still suspended then expires like any other.
"""

from __future__ import annotations

from datetime import datetime

from contracts import activation
from creditops.lib import policies, policy_values
from creditops.lib.policies import Policy
from invoicing import dunning_plan
from invoicing.models import Invoice, Reminder
from ledger import expiry
from ledger.models import Block

SUSPEND = "suspend_unpaid"
_REASON = "unpaid"


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SUSPEND,
            False,
            policy_values.truth,
            "finance",
            "Whether credits that are unpaid 30 days after their invoice's due date are suspended: "
            "nothing more is drawn of them until the invoice is paid.",
        )
    )


def suspend(invoice: Invoice, *, at: datetime) -> int:
    """Suspend the credits that an unpaid invoice sold, where the setting says so; returns how many blocks."""
    if not _scoped(invoice, at)[SUSPEND]:
        return 0
    return sum(expiry.suspend(block, at=at, reason=_REASON) for block in sold_by(invoice))


def resume(invoice: Invoice, *, at: datetime) -> int:
    """Let credits be drawn again that were suspended since their invoice was unpaid; how many blocks."""
    if not pools(invoice):
        return 0
    suspended = [
        block
        for block in sold_by(invoice)
        if block.changes.filter(customer_id=block.customer_id).latest("no").reason == _REASON
    ]
    return sum(expiry.resume(block, at=at, reason="paid") for block in suspended)


def pools(invoice: Invoice) -> list[tuple[int, int]]:
    """The pools that `resume` would lay out anew: to be locked before any name."""
    if not Reminder.objects.filter(invoice=invoice, step=dunning_plan.LAST).exists():
        return []
    return [(block.customer_id, block.pool_id) for block in sold_by(invoice)]


def sold_by(invoice: Invoice) -> list[Block]:
    """The blocks of credits that an invoice sold, in the order of its lines."""
    found = []
    for line in invoice.lines.select_related("charge__contract", "charge__term", "block"):
        block = line.block if line.charge is None else activation.block_of(line.charge)
        if block is not None:
            found.append(block)
    return found


def _scoped(invoice: Invoice, at: datetime) -> policies.Settings:
    scopes = [policies.customer_scope(invoice.customer.code)]
    if invoice.contract is not None:
        scopes.insert(0, policies.contract_scope(invoice.contract.code))
    return policies.in_force(scopes, at)
