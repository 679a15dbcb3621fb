"""Does disputes: somebody says that an invoice is not owed, and in the end somebody is right (I15).

While a dispute is open nobody is reminded of the invoice. When a card's bank decides for its holder, what
was paid is taken back: the invoice is owed again, as if it had not been paid, and is collected, credited
or written off like any other.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from creditops.lib import locks
from creditops.lib.refusals import NotFound, Refusal
from invoicing import documents, dunning_plan, gateway
from invoicing.gateway import News
from invoicing.models import CardCharge, Chargeback, Dispute, Invoice, Payment
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign
from ledger.periods import Months

REASON_MAX = 1_000
_STATE = Dispute.State


def open_(invoice: Invoice, *, reason: str, by: str, at: datetime) -> Dispute:
    """Note that the customer disputes an invoice, over what is open of it.

    Raises Refusal `reason_missing`, `nothing_open` or `dispute_open` (there is one).
    """
    if not reason.strip():
        raise Refusal("reason_missing", "Say what the customer disputes.")
    with transaction.atomic():
        locks.hold(f"invoice:{invoice.number}")
        open_minor = documents.open_minor(invoice)
        if not open_minor:
            raise Refusal("nothing_open", f"Nothing of {invoice.number} is open.")
        if invoice.disputes.filter(payment__isnull=True, state=_STATE.OPEN).exists():
            raise Refusal("dispute_open", f"{invoice.number} is disputed already.")
        made: Dispute = Dispute.objects.create(
            invoice=invoice,
            amount_minor=open_minor,
            currency=invoice.currency,
            reason=reason[:REASON_MAX],
            opened_at=at,
            opened_by=by,
        )
    return made


def settle(dispute: Dispute, *, owed: bool, by: str, at: datetime) -> Dispute:
    """Say how a customer's dispute ended: the invoice is owed after all, or not.

    What is not owed is credited by its own act. Raises Refusal `dispute_decided` or `dispute_of_bank`.
    """
    if dispute.payment_id is not None:
        raise Refusal("dispute_of_bank", "The card's bank decides this one; its news say how.")
    with transaction.atomic():
        locks.hold(f"invoice:{dispute.invoice.number}")
        return _decide(dispute, _STATE.WON if owed else _STATE.LOST, by, at)


def is_open(invoice: Invoice) -> bool:
    """Whether an invoice is disputed now."""
    found: bool = Dispute.objects.filter(invoice=invoice, state=_STATE.OPEN).exists()
    return found


def find(key: str) -> Dispute:
    """The customer's open dispute of the invoice of this number. Raises NotFound."""
    rows = Dispute.objects.select_related("invoice__customer")
    found: Dispute | None = rows.filter(
        invoice__number=key, payment__isnull=True, state=_STATE.OPEN
    ).first()
    if found is None:
        raise NotFound("open dispute of invoice", key)
    return found


def told(charge: CardCharge, news: News, *, at: datetime) -> tuple[str, str]:
    """What a gateway tells of a dispute about a charge: (outcome, sentence)."""
    payment = (
        Payment.objects.select_related("invoice__customer")
        .filter(reference=charge.reference)
        .first()
    )
    if payment is None:
        return "unfit", f"{charge.reference} settled nothing that could be disputed."
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        locks.hold(f"invoice:{payment.invoice.number}")
        dispute = _of_bank(payment, news, at)
        if news.topic == gateway.DISPUTE_OPENED or dispute.state != _STATE.OPEN:
            return "done", f"{payment.invoice.number} is disputed: {dispute.reason}"
        _decide(dispute, _STATE.WON if news.won else _STATE.LOST, _by(news), at)
        if not news.won:
            _take_back(dispute, payment, months, at)
    ended = "for us" if news.won else "for the card's holder: what was paid is taken back"
    return "done", f"The dispute of {payment.invoice.number} was decided {ended}."


def source(chargeback: Chargeback) -> str:
    """What names the entry of a chargeback, in the journal."""
    return f"chargeback:{chargeback.payment.reference}"


def _of_bank(payment: Payment, news: News, at: datetime) -> Dispute:
    """The dispute that the news are about; its end may be told before its beginning."""
    known: Dispute | None = Dispute.objects.filter(gateway_id=news.dispute).first()
    if known is not None:
        return known
    made: Dispute = Dispute.objects.create(
        invoice=payment.invoice,
        payment=payment,
        gateway_id=news.dispute,
        amount_minor=news.amount_minor,
        currency=news.currency or payment.currency,
        reason=news.reason or "not said",
        opened_at=at,
        opened_by=_by(news),
    )
    return made


def _by(news: News) -> str:
    return f"gateway:{news.kind}"


def _decide(dispute: Dispute, state: Dispute.State, by: str, at: datetime) -> Dispute:
    row: Dispute = Dispute.objects.select_for_update().get(pk=dispute.pk)
    if row.state != _STATE.OPEN:
        raise Refusal("dispute_decided", f"This was {row.get_state_display()} already.")
    row.state, row.closed_at, row.closed_by = state, at, by
    row.save(update_fields=["state", "closed_at", "closed_by"])
    return row


def _take_back(dispute: Dispute, payment: Payment, months: Months, at: datetime) -> None:
    """The bank has taken the money: the invoice is owed again, as far as it was not refunded (JE-43)."""
    refunded = payment.refunds.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    taken = min(dispute.amount_minor, payment.amount_minor - refunded)
    if not taken:
        return
    worth = exchange.functional(taken, payment.currency, at)
    made = Chargeback.objects.create(
        payment=payment, dispute=dispute, amount_minor=taken, taken_at=at
    )
    post(
        Posting(
            on=months.posting_date(books.date_of(at, books.current(at))),
            recipe="JE-43",
            memo=f"Chargeback of {payment.reference}, {payment.invoice.number}",
            source=source(made),
            customer_id=payment.invoice.customer_id,
            holder=payment.invoice.holder,
        ),
        debit={chart.RECEIVABLES: worth},
        credit={chart.CASH: worth},
        foreign={
            chart.RECEIVABLES: Foreign(
                payment.currency, taken, open_items.of_invoice(payment.invoice.number)
            ),
            chart.CASH: Foreign(payment.currency, -taken),
        },
        currency=books.current(at).currency,
        at=at,
    )
    dunning_plan.next_step(payment.invoice, after=at)
