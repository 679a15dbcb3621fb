"""Does the recording of payments: money for an invoice, in its currency (I14)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from contracts import activation
from creditops.lib import locks, money
from creditops.lib.refusals import Refusal
from invoicing import documents, issuing
from invoicing.models import Invoice, Payment
from ledger import balances, books, chart, pool_books
from ledger.journal import Posting, post
from ledger.periods import Months


def record(
    invoice: Invoice,
    *,
    amount_minor: int,
    currency: str,
    method: str,
    reference: str,
    by: str,
    at: datetime,
) -> Payment:
    """Record a payment that arrived at `at`.

    Args:
        amount_minor, currency: what arrived; the invoice's currency.
        reference: the bank's or gateway's, unique: the same payment is recorded once.

    A first payment makes the invoice's right unconditional; the last one brings the credits of a
    contract that can be cancelled (V3, Q1). Raises Refusal `payment_currency`,
    `payment_not_positive`, `payment_above_open` or `payment_known`.
    """
    if currency != invoice.currency:
        raise Refusal(
            "payment_currency",
            f"{invoice.number} is in {invoice.currency}; a payment in {currency} can't settle it.",
        )
    if amount_minor <= 0:
        raise Refusal("payment_not_positive", "A payment is more than nothing.")
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        months = Months([today], received_on=today)
        _lock_pools(invoice, at)
        locks.hold(f"invoice:{invoice.number}")
        if Payment.objects.filter(reference=reference).exists():
            raise _known(reference)
        open_minor = documents.open_minor(invoice)
        if amount_minor > open_minor:
            raise _above(open_minor, invoice)
        issuing.post_receivable(invoice, at=at)
        payment = _create(invoice, amount_minor, method, reference, by, at)
        post(
            Posting(
                on=months.posting_date(today),
                recipe="JE-02",
                memo=f"Payment {reference} of {invoice.number}",
                source=source(reference),
                customer_id=invoice.customer_id,
                holder=invoice.holder,
            ),
            debit={chart.CASH: amount_minor},
            credit={chart.RECEIVABLES: amount_minor},
            currency=invoice.currency,
            at=at,
        )
        if amount_minor == open_minor:
            for line in invoice.lines.filter(charge__isnull=False):
                activation.begin_paid(line.charge, at=at)
    return payment


def _lock_pools(invoice: Invoice, at: datetime) -> None:
    """Lock the pools that credits may be granted to, before any name: the one order of locks."""
    if invoice.contract is not None and invoice.contract.cancellable:
        pools = balances.pools_of(invoice.contract.holder)
        pool_books.lock(((pool.customer_id, pool.id) for pool in pools), at)


def source(reference: str) -> str:
    """What names the entry of the payment with this reference, in the journal."""
    return f"payment:{reference}"


def _create(
    invoice: Invoice, amount_minor: int, method: str, reference: str, by: str, at: datetime
) -> Payment:
    try:
        with transaction.atomic():
            return Payment.objects.create(
                invoice=invoice,
                amount_minor=amount_minor,
                currency=invoice.currency,
                method=method,
                reference=reference,
                paid_at=at,
                recorded_at=at,
                recorded_by=by,
            )
    except IntegrityError as error:
        if "does not fit what is open" in str(error):
            raise _above(documents.open_minor(invoice), invoice) from error
        raise _known(reference) from error


def _above(open_minor: int, invoice: Invoice) -> Refusal:
    said = f"Only {money.text(open_minor, invoice.currency)} {invoice.currency}"
    return Refusal("payment_above_open", f"{said} of {invoice.number} is open.")


def _known(reference: str) -> Refusal:
    return Refusal("payment_known", f"Payment {reference!r} was recorded already.")
