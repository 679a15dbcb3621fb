"""Does the recording of payments: money for an invoice, in its currency (I14)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from creditops.lib import locks, money
from creditops.lib.refusals import Refusal
from invoicing import documents, issuing, losses, settling, translation
from invoicing.models import Invoice, Payment, Receipt, WriteOff
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign
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
    receipt: Receipt | None = None,
    from_account: bool = False,
) -> Payment:
    """Record a payment that arrived at `at`.

    Args:
        amount_minor, currency: what arrived; the invoice's currency.
        reference: the bank's or gateway's, unique: the same payment is recorded once.
        receipt: of which it is a part; its name is held already (`receipts.py`).
        from_account: the money arrived before and stood on the customer's account until now.

    What had been written off is recovered (JE-25). A first payment makes the invoice's right
    unconditional; the last one brings the credits of a contract that can be cancelled (V3, Q1).

    Raises Refusal `payment_currency`, `payment_not_positive`, `payment_above_open` or `payment_known`.
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
        settling.lock_pools(invoice, at=at)
        locks.hold(f"invoice:{invoice.number}")
        if Payment.objects.filter(reference=reference).exists():
            raise _known(reference)
        owed_minor = documents.owed_minor(invoice)
        if amount_minor > owed_minor:
            raise _above(owed_minor, invoice)
        written_off = WriteOff.objects.filter(invoice=invoice).exists()
        issuing.post_receivable(invoice, owed_from=at, at=at)
        payment = _create(invoice, amount_minor, method, reference, by, at, receipt)
        _post(payment, written_off, from_account, months.posting_date(today), at)
        losses.tell(invoice)
        settling.begin_if_paid(invoice, at=at)
    return payment


def source(reference: str) -> str:
    """What names the entry of the payment with this reference, in the journal."""
    return f"payment:{reference}"


def _post(payment: Payment, written_off: bool, from_account: bool, on: date, at: datetime) -> None:
    """Money at the rate of the day, or at what it is carried at since it arrived, for what was owed at
    what that is carried at (JE-02, JE-22, JE-41)."""
    invoice, amount = payment.invoice, payment.amount_minor
    item = open_items.of_invoice(invoice.number)
    came_as, cash = "", exchange.functional(amount, payment.currency, at)
    if from_account and payment.receipt is not None:
        came_as = open_items.of_receipt(payment.receipt.reference)
        cash = -translation.leaving(payment.currency, came_as, -amount, at)
    settled = cash if written_off else translation.leaving(invoice.currency, item, amount, at)
    owed = chart.CREDIT_LOSS if written_off else chart.RECEIVABLES
    money_of = chart.REFUNDS if from_account else chart.CASH
    arrived = "JE-25" if written_off else "JE-02" if cash == settled else "JE-22"
    post(
        Posting(
            on=on,
            recipe="JE-41" if from_account else arrived,
            memo=f"Payment {payment.reference} of {invoice.number}",
            source=source(payment.reference),
            customer_id=invoice.customer_id,
            holder=invoice.holder,
        ),
        debit={money_of: cash, chart.CURRENCY: settled - cash},
        credit={owed: settled},
        foreign={
            money_of: Foreign(payment.currency, amount, came_as),
            owed: Foreign(payment.currency, -amount, "" if written_off else item),
        },
        currency=books.current(at).currency,
        at=at,
    )


def _create(
    invoice: Invoice,
    amount_minor: int,
    method: str,
    reference: str,
    by: str,
    at: datetime,
    receipt: Receipt | None,
) -> Payment:
    try:
        with transaction.atomic():
            return Payment.objects.create(
                invoice=invoice,
                receipt=receipt,
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
            raise _above(documents.owed_minor(invoice), invoice) from error
        raise _known(reference) from error


def _above(open_minor: int, invoice: Invoice) -> Refusal:
    said = f"Only {money.text(open_minor, invoice.currency)} {invoice.currency}"
    return Refusal("payment_above_open", f"{said} of {invoice.number} is open.")


def _known(reference: str) -> Refusal:
    return Refusal("payment_known", f"Payment {reference!r} was recorded already.")
