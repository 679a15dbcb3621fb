"""Does what the end of a debt sets free: credits of a cancellable contract begin when nothing is open."""

from __future__ import annotations

from datetime import datetime

from contracts import activation, commissions
from contracts.models import ScheduledCharge
from invoicing import documents, unpaid_credits
from invoicing.models import Invoice
from ledger import balances, pool_books


def lock_pools(*invoices: Invoice, at: datetime) -> None:
    """Lock the pools that `begin_if_paid` may grant to: before any name, in the one order of locks."""
    cancellable = (invoice.contract for invoice in invoices if invoice.contract is not None)
    pools = [
        (pool.customer_id, pool.id)
        for contract in cancellable
        if contract.cancellable
        for pool in balances.pools_of(contract.holder)
    ]
    pools += [pool for invoice in invoices for pool in unpaid_credits.pools(invoice)]
    if pools:
        pool_books.lock(pools, at)


def begin_if_paid(invoice: Invoice, *, at: datetime) -> None:
    """Begin the terms that the invoice bills, if something was paid and nothing is open (V3, Q1); their
    commission is paid with it (C2). Let credits be drawn again that were suspended until then.

    Under the locks of `lock_pools`.
    """
    if documents.open_minor(invoice):
        return
    unpaid_credits.resume(invoice, at=at)
    if not invoice.payments.exists():
        return
    charges = ScheduledCharge.objects.filter(line__invoice=invoice).select_related(
        "contract__customer", "term"
    )
    for charge in charges:
        if charge.kind == ScheduledCharge.Kind.COMMITMENT and charge.contract.cancellable:
            commissions.close(charge.contract, charge.term, price_minor=charge.amount_minor, at=at)
        activation.begin_paid(charge, at=at)
