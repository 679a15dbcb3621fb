"""Answers whether the whole house keeps its promises: the invariants of every floor."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.models import ScheduledCharge
from invoicing import issuing
from invoicing.models import Invoice
from ledger import verification
from ledger.verification import Breach


def verify() -> Iterator[tuple[str, list[Breach]]]:
    """Run every check: its name and the first rows that break it, none if it holds."""
    yield from verification.breaches(memo_customers=_memo_customers())
    yield from verification.run("invoicing")


def _memo_customers() -> set[int]:
    """Customers who have an invoice that is not receivable yet, or a charge not invoiced yet."""
    unposted = {
        invoice.customer_id
        for invoice in Invoice.objects.all()
        if not issuing.is_receivable(invoice)
    }
    waiting = ScheduledCharge.objects.filter(line__isnull=True)
    return unposted | set(waiting.values_list("contract__customer_id", flat=True))
