"""Does write-offs: what was not used goes back by a credit note, only the rest is a loss (V20, JE-25).

No credits are left to a customer that does not pay for them, and no revenue is lost that was never
earned. Tax is written off with its net; claiming it back is the tax office's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import second_person
from creditops.lib import approvals, money
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import credit_notes, documents, issuing, losses, settling, sold, translation
from invoicing.credit_notes import Taking
from invoicing.models import CreditNote, Invoice, WriteOff
from invoicing.sold import Opened
from ledger import books, chart, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign

KIND = "money.write_off"


@dataclass(frozen=True)
class Done:
    """A write-off, and the credit note for what was not used; None where nothing was left."""

    write_off: WriteOff
    note: CreditNote | None


def write_off_or_ask(invoice: Invoice, *, by: str, reason: str, at: datetime) -> Done | Approval:
    """Write off what is open of an invoice; above what `by` may do alone, ask a second person instead.

    Raises Refusal `nothing_open`, `reason_missing`, and what a credit note is refused with.
    """
    still_open = _check(invoice, reason)
    if still_open <= second_person.alone_up_to_minor(by, currency=invoice.currency, at=at):
        return write_off(invoice, by=by, reason=reason, at=at)
    amount = f"{money.text(still_open, invoice.currency)} {invoice.currency}"
    return approvals.request(
        kind=KIND,
        subject=invoice.number,
        summary=f"Write off {amount} of invoice {invoice.number}, {invoice.customer.name}.",
        content={"invoice": invoice.number, "open_minor": still_open, "reason": reason},
        by=by,
        at=at,
    )


def write_off_approved(approval: Approval, *, at: datetime) -> Done:
    """Write off what was approved, as whoever asked for it.

    Raises Refusal `approval_content_changed` if another amount is open by now.
    """
    invoice = Invoice.objects.filter(number=approval.content["invoice"]).first()
    if invoice is None:
        raise NotFound("invoice", approval.content["invoice"])
    if documents.open_minor(invoice) != approval.content["open_minor"]:
        raise Refusal(
            "approval_content_changed",
            f"Another amount of {invoice.number} is open than was asked for. Reject this and ask "
            "again.",
        )
    return write_off(
        invoice, by=approval.requested_by, reason=approval.content["reason"], at=at,
        approval=approval,
    )  # fmt: skip


def write_off(
    invoice: Invoice, *, by: str, reason: str, at: datetime, approval: Approval | None = None
) -> Done:
    """Take back what is unpaid and unused of an invoice, and write off the rest.

    Of an invoice that is a memo yet (V3) a loss is a loss of something owed, so that is posted first.
    What was paid of a cancellable plan begins: nothing more is waited for.

    Raises as `write_off_or_ask`. The database refuses what lacks its second person.
    """
    _check(invoice, reason)
    with transaction.atomic():
        opened = sold.open_up(invoice, at=at)
        _check(invoice, reason)
        note = _credit(invoice, by, reason, at)
        lost = documents.owed_minor(invoice)
        if lost:
            issuing.post_receivable(invoice, owed_from=at, at=at)
        made = WriteOff.objects.create(
            invoice=invoice,
            amount_minor=lost,
            written_off_at=at,
            written_off_by=by,
            reason=reason[: credit_notes.REASON_MAX],
            approval=approval,
        )
        if lost:
            _post(opened, lost, at)
        losses.tell(invoice)
        settling.begin_if_paid(invoice, at=at)
    return Done(made, note)


def sources(invoice: Invoice) -> list[str]:
    """What names the entries of the write-off of an invoice, in the journal: the loss, and its use."""
    return [f"invoice:{invoice.number}:write-off:{part}" for part in ("loss", "used")]


def _check(invoice: Invoice, reason: str) -> int:
    """What is open, if it can be written off."""
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands with the write-off.")
    still_open = documents.open_minor(invoice)
    if not still_open:
        raise Refusal("nothing_open", f"Nothing of {invoice.number} is open.")
    return still_open


def _credit(invoice: Invoice, by: str, reason: str, at: datetime) -> CreditNote | None:
    """A credit note for what is left and unpaid; None where nothing is, or it cost nothing: then it stays.

    Where roundings of price and tax would make it owe money back, a little less is taken.
    """
    for spare in (False, True):
        opened = sold.open_up(invoice, at=at)
        takings = _unpaid(opened, spare_minor=len(opened.sold) + 1 if spare else 0)
        if not takings:
            return None
        try:
            with transaction.atomic():
                note = credit_notes.issue(
                    opened, takings, CreditNote.Occasion.WRITE_OFF, by=by, reason=reason, at=at
                )
                if not note.refundable_minor:
                    return note
                transaction.set_rollback(True)
        except Refusal as refusal:
            if refusal.code != "zero_amount":
                raise
            return None
    raise AssertionError("a minor unit per line and one for tax are more than roundings come to")


def _unpaid(opened: Opened, *, spare_minor: int) -> list[Taking]:
    """Of each line what is left, as far as it is unpaid: what was paid for stays with the customer.

    Args:
        spare_minor: so much of what is unpaid is left alone, of an invoice that was paid in part.
    """
    invoice = opened.invoice
    owed, total = documents.owed_minor(invoice), invoice.total_minor
    paid_in_part = invoice.payments.exists()
    takings = []
    for piece in opened.sold:
        if not piece.credits or not piece.left:
            continue
        unpaid = piece.credits * max(0, owed - spare_minor) // total
        taken = min(piece.left, unpaid) if paid_in_part else piece.left
        if taken:
            takings.append(Taking(piece, credits=taken))
    return takings


def _post(opened: Opened, lost: int, at: datetime) -> None:
    """The expected loss, and its use: two entries, so that the allowance shows both (JE-25)."""
    invoice = opened.invoice
    item = open_items.of_invoice(invoice.number)
    carried = translation.leaving(invoice.currency, item, lost, at)
    loss, used = sources(invoice)
    for source, memo, debit, credit in (
        (loss, "Credit loss of invoice", chart.CREDIT_LOSS, chart.ALLOWANCE),
        (used, "Write-off of invoice", chart.ALLOWANCE, chart.RECEIVABLES),
    ):
        post(
            Posting(
                on=opened.posting_date,
                recipe="JE-25",
                memo=f"{memo} {invoice.number}",
                source=source,
                customer_id=invoice.customer_id,
                holder=invoice.holder,
            ),
            debit={debit: carried},
            credit={credit: carried},
            foreign={chart.RECEIVABLES: Foreign(invoice.currency, -lost, item)},
            currency=books.current(at).currency,
            at=at,
        )
