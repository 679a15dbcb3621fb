"""Does receipts: money that arrives is placed on invoices, the rest stands on the customer's account (I14).

The customer says which invoices it is for, or the oldest due line comes first. What is too much is owed to
the customer (2150): it settles a later invoice, or goes back with a second person. It never becomes
credits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Customer
from creditops.lib import locks, money
from creditops.lib.refusals import NotFound, Refusal
from invoicing import documents, money_on_account, payments, settling
from invoicing.models import Invoice, Payment, Receipt
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign
from ledger.periods import Months


@dataclass(frozen=True)
class Arrival:
    """Money that arrived.

    Attributes:
        customer: from whom.
        amount_minor, currency: how much.
        method: `Payment.Method`.
        reference: the bank's or gateway's, unique: the same money is recorded once.
        said: what the payer wrote with it.
    """

    customer: Customer
    amount_minor: int
    currency: str
    method: str
    reference: str
    said: str = ""


@dataclass(frozen=True)
class Share:
    """What of it is for an invoice; `amount_minor` None: as much as is open and as the money lasts."""

    invoice: Invoice
    amount_minor: int | None = None


@dataclass(frozen=True)
class Placed:
    """A receipt, what of it settled which invoice, and what stands on account, in minor units."""

    receipt: Receipt
    payments: list[Payment]
    on_account_minor: int


def record(
    arrival: Arrival, *, by: str, at: datetime, shares: Sequence[Share] | None = None
) -> Placed:
    """Record money that arrived at `at`, and place it.

    Args:
        shares: what the customer states it is for, in order; none stated (None): the oldest due invoice
            in its currency first; `[]`: nothing, it stands on account.

    Raises Refusal `payment_not_positive`, `payment_known`, `payment_currency` or `receipt_of_another` (a
    stated invoice is in another currency, or another customer's), `payment_above_open` (more is stated for
    an invoice than is open of it) or `receipt_too_small` (more is stated than arrived); then nothing is
    written.
    """
    if arrival.amount_minor <= 0:
        raise Refusal("payment_not_positive", "A payment is more than nothing.")
    stated = shares if shares is not None else _oldest_first(arrival.customer, arrival.currency)
    for share in stated:
        _check_whose(share.invoice, arrival)
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        _lock(arrival.reference, [share.invoice for share in stated], at)
        receipt = _create(arrival, by, at)
        made = _place(receipt, stated, by=by, at=at, from_account=False)
        rest = receipt.amount_minor - sum(payment.amount_minor for payment in made)
        if rest:
            worth = exchange.functional(rest, receipt.currency, at)
            post(
                Posting(
                    on=months.posting_date(today),
                    recipe="JE-40",
                    memo=f"Receipt {receipt.reference}: on account of {arrival.customer.code}",
                    source=source(receipt),
                    customer_id=receipt.customer_id,
                ),
                debit={chart.CASH: worth},
                credit={chart.REFUNDS: worth},
                foreign={
                    chart.CASH: Foreign(receipt.currency, rest),
                    chart.REFUNDS: Foreign(
                        receipt.currency, -rest, open_items.of_receipt(receipt.reference)
                    ),
                },
                currency=books.current(at).currency,
                at=at,
            )
    return Placed(receipt, made, rest)


def record_for(
    invoice: Invoice,
    *,
    amount_minor: int,
    currency: str,
    method: str,
    reference: str,
    by: str,
    at: datetime,
) -> Placed:
    """Record money that arrived for one invoice; what it leaves stands on the customer's account.

    Raises as `record`.
    """
    arrival = Arrival(invoice.customer, amount_minor, currency, method, reference)
    return record(arrival, shares=[Share(invoice)], by=by, at=at)


def apply(
    receipt: Receipt, invoice: Invoice, *, by: str, at: datetime, amount_minor: int | None = None
) -> Payment:
    """Settle an invoice with money that stands on account; None: as much as is open and there.

    Raises Refusal `nothing_on_account`, `nothing_open`, and what `record` refuses stated shares with.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        Months([today], received_on=today)
        _check_whose(invoice, receipt)
        _lock(receipt.reference, [invoice], at)
        if not money_on_account.left_minor(receipt):
            raise Refusal(
                "nothing_on_account", f"Nothing of {receipt.reference} stands on account any more."
            )
        made = _place(receipt, [Share(invoice, amount_minor)], by=by, at=at, from_account=True)
        if not made:
            raise Refusal("nothing_open", f"Nothing of {invoice.number} is open.")
        return made[0]


def find(reference: str) -> Receipt:
    """The receipt of this reference. Raises NotFound."""
    found: Receipt | None = (
        Receipt.objects.select_related("customer").filter(reference=reference).first()
    )
    if found is None:
        raise NotFound("receipt", reference)
    return found


def source(receipt: Receipt) -> str:
    """What names the entry of what a receipt left on account, in the journal."""
    return f"receipt:{receipt.reference}"


def _oldest_first(customer: Customer, currency: str) -> list[Share]:
    """The customer's open invoices in a currency: what is due first is settled first."""
    rows = (
        Invoice.objects.filter(customer=customer, currency=currency)
        .select_related("customer", "contract")
        .annotate(still_open=documents.OpenMinor("pk"))
        .filter(still_open__gt=0)
        .order_by("due_date", "pk")
    )
    return [Share(invoice) for invoice in rows]


def _check_whose(invoice: Invoice, money_of: Arrival | Receipt) -> None:
    if invoice.currency != money_of.currency:
        raise Refusal(
            "payment_currency",
            f"{invoice.number} is in {invoice.currency}; a payment in {money_of.currency} can't "
            "settle it.",
        )
    if invoice.customer_id != money_of.customer.pk:
        raise Refusal(
            "receipt_of_another",
            f"{invoice.number} is owed by {invoice.customer.code}, not by "
            f"{money_of.customer.code}. Money of one customer settles none of another's.",
        )


def _lock(reference: str, invoices: Iterable[Invoice], at: datetime) -> None:
    """Pools, then the receipt's name, then the invoices' in order of their numbers."""
    known = {invoice.number: invoice for invoice in invoices}
    settling.lock_pools(*known.values(), at=at)
    locks.hold(f"receipt:{reference}")
    for number in sorted(known):
        locks.hold(f"invoice:{number}")


def _create(arrival: Arrival, by: str, at: datetime) -> Receipt:
    known = Refusal("payment_known", f"Payment {arrival.reference!r} was recorded already.")
    if Payment.objects.filter(reference=arrival.reference).exists():
        raise known
    try:
        with transaction.atomic():
            return Receipt.objects.create(
                customer=arrival.customer,
                amount_minor=arrival.amount_minor,
                currency=arrival.currency,
                method=arrival.method,
                reference=arrival.reference,
                said=arrival.said[:500],
                received_at=at,
                recorded_by=by,
            )
    except IntegrityError as error:
        if "invoicing_receipt_reference" not in str(error):
            raise
        raise known from error


def _place(
    receipt: Receipt, shares: Sequence[Share], *, by: str, at: datetime, from_account: bool
) -> list[Payment]:
    """Settle invoices with what is left of a receipt, in order; what is not open is left out."""
    left = money_on_account.left_minor(receipt)
    made: list[Payment] = []
    for share in shares:
        wanted = _wanted(share, left)
        if not wanted:
            continue
        made.append(
            payments.record(
                share.invoice,
                amount_minor=wanted,
                currency=receipt.currency,
                method=receipt.method,
                reference=_reference(receipt),
                by=by,
                at=at,
                receipt=receipt,
                from_account=from_account,
            )
        )
        left -= wanted
    return made


def _wanted(share: Share, left: int) -> int:
    """How much an invoice gets: what is stated, else what is owed, a loss that is recovered included."""
    if share.amount_minor is None:
        return min(left, documents.owed_minor(share.invoice))
    if share.amount_minor > left:
        currency = share.invoice.currency
        raise Refusal(
            "receipt_too_small",
            f"{money.text(share.amount_minor, currency)} {currency} are stated for "
            f"{share.invoice.number}, but only {money.text(left, currency)} are left.",
        )
    return share.amount_minor


def _reference(receipt: Receipt) -> str:
    """The receipt's own for the first payment of it, numbered ones for those that follow."""
    before = receipt.payments.count()
    return receipt.reference if not before else f"{receipt.reference[:190]}#{before + 1}"
