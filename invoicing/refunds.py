"""Does refunds: what a credit note owes goes back to the payer, the way it came (X27, F1, JE-19).

Above what one person may do alone a second one agrees first (`accounts/second_person.py`): the request
names the note and the amount, and exactly that is carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from accounts import second_person
from creditops.lib import approvals, locks, money
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import card_refunds, documents, translation
from invoicing.models import CreditNote, Payment, Refund
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign
from ledger.periods import Months

KIND = "money.refund"


def pay_or_ask(note: CreditNote, *, by: str, at: datetime) -> list[Refund] | Approval:
    """Pay back what a credit note owes; above what `by` may do alone, ask a second person instead.

    Raises Refusal `nothing_to_refund`.
    """
    still_open = _still_open(note)
    if still_open <= second_person.alone_up_to_minor(by, currency=note.currency, at=at):
        return pay(note, by=by, at=at)
    amount = f"{money.text(still_open, note.currency)} {note.currency}"
    return approvals.request(
        kind=KIND,
        subject=note.number,
        summary=f"Refund {amount} of credit note {note.number} to {note.customer.name}.",
        content={
            "credit_note": note.number,
            "amount_minor": still_open,
            "currency": note.currency,
        },
        by=by,
        at=at,
    )


def pay_approved(approval: Approval, *, at: datetime) -> list[Refund]:
    """Pay what was approved, as whoever asked for it.

    Raises Refusal `approval_content_changed` if another amount is owed by now.
    """
    note = find(approval.content["credit_note"])
    if documents.note_open_minor(note) != approval.content["amount_minor"]:
        raise Refusal(
            "approval_content_changed",
            f"{note.number} owes another amount than was asked for. Reject this and ask again.",
        )
    return pay(note, by=approval.requested_by, at=at, approval=approval)


def pay(
    note: CreditNote, *, by: str, at: datetime, approval: Approval | None = None
) -> list[Refund]:
    """Pay back all that a credit note owes: through its invoice's payments, the newest first.

    Raises Refusal `nothing_to_refund`. The database refuses what lacks its second person.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        locks.hold(f"invoice:{note.invoice.number}")
        locks.hold(open_items.of_note(note.number))
        made = [
            Refund.objects.create(
                note=note,
                payment=payment,
                amount_minor=amount,
                currency=note.currency,
                reference=f"{note.number}:{payment.reference}"[:200],
                paid_at=at,
                paid_by=by,
                approval=approval,
            )
            for payment, amount in _ways(note, _still_open(note))
        ]
        for refund in made:
            _post(refund, months, at)
            card_refunds.leave(
                refund.payment.reference, refund.reference, refund.amount_minor, at=at
            )
    return made


def find(number: str) -> CreditNote:
    """The credit note of this number. Raises NotFound."""
    found: CreditNote | None = (
        CreditNote.objects.select_related("invoice", "customer").filter(number=number).first()
    )
    if found is None:
        raise NotFound("credit note", number)
    return found


def source(refund: Refund) -> str:
    """What names the entry of a refund, in the journal."""
    return f"refund:{refund.reference}"


def _still_open(note: CreditNote) -> int:
    still_open = documents.note_open_minor(note)
    if not still_open:
        raise Refusal("nothing_to_refund", f"Nothing of {note.number} is owed to the customer.")
    return still_open


def _ways(note: CreditNote, amount: int) -> Iterator[tuple[Payment, int]]:
    """How an amount goes back: payment by payment, no more through one than came by it."""
    payments = Payment.objects.filter(invoice=note.invoice).annotate(
        back=Sum("refunds__amount_minor", default=0),
        taken=Coalesce("chargeback__amount_minor", 0),
    )
    for payment in payments.order_by("-paid_at", "-id"):
        part = min(amount, payment.amount_minor - payment.back - payment.taken)
        if part > 0:
            yield payment, part
            amount -= part


def _post(refund: Refund, months: Months, at: datetime) -> None:
    """Money at the rate of the day, for what was owed back at what it is carried at (JE-19)."""
    note, current = refund.note, books.current(at)
    item = open_items.of_note(note.number)
    settled = -translation.leaving(refund.currency, item, -refund.amount_minor, at)
    cash = exchange.functional(refund.amount_minor, refund.currency, at)
    post(
        Posting(
            on=months.posting_date(books.date_of(at, current)),
            recipe="JE-19",
            memo=f"Refund of credit note {note.number}",
            source=source(refund),
            customer_id=note.customer_id,
            holder=note.holder,
        ),
        debit={chart.REFUNDS: settled, chart.CURRENCY: cash - settled},
        credit={chart.CASH: cash},
        foreign={
            chart.REFUNDS: Foreign(refund.currency, refund.amount_minor, item),
            chart.CASH: Foreign(refund.currency, -refund.amount_minor),
        },
        currency=current.currency,
        at=at,
    )
