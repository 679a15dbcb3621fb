"""Does voids: an untouched invoice is taken back whole; it keeps its number (I1, I2, JE-17).

Untouched: nothing of its credits was used, has expired or was taken back, nothing was paid, credited or
written off. Everything else is corrected by a credit note.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import activation
from creditops.lib.refusals import Refusal
from invoicing import issuing, options, sold, translation
from invoicing.models import Invoice, InvoiceVoid, WriteOff
from invoicing.sold import Opened
from ledger import books, chart, grants, open_items
from ledger.journal import Posting, post

REASON_MAX = 1_000


def void(invoice: Invoice, *, by: str, reason: str, at: datetime) -> InvoiceVoid:
    """Make an invoice void at `at`: its credits are revoked, nothing of it is owed.

    Raises Refusal `not_untouched`, `credits_held` (holds need its credits) or `reason_missing`.
    """
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands with the void.")
    with transaction.atomic():
        opened = sold.open_up(invoice, at=at)
        _check(opened)
        deferred = issuing.earned(invoice).get(chart.DEFERRED_CREDITS, 0)
        deferred -= options.void_with(invoice, by=by, at=at)
        if _take_back(opened, by, reason, at) != deferred:
            raise _touched(invoice, "its price was spread over other credits too")
        if issuing.is_posted(invoice):
            _post(opened, at)
        return InvoiceVoid.objects.create(
            invoice=invoice,
            amount_minor=invoice.total_minor,
            voided_at=at,
            voided_by=by,
            reason=reason[:REASON_MAX],
        )


def source(invoice: Invoice) -> str:
    """What names the entry of the void of an invoice, in the journal."""
    return f"invoice:{invoice.number}:void"


def _check(opened: Opened) -> None:
    invoice = opened.invoice
    why = ""
    if invoice.payments.exists():
        why = "something of it was paid"
    elif invoice.credit_notes.exists():
        why = "a credit note was issued for it"
    elif WriteOff.objects.filter(invoice=invoice).exists():
        why = "it was written off"
    elif any(piece.line.kind in sold.CONSUMED for piece in opened.sold):
        why = "it bills overage, which was used"
    elif not all(piece.untouched for piece in opened.sold):
        why = "some of its credits were used, have expired or were taken back"
    if why:
        raise _touched(invoice, why)


def _touched(invoice: Invoice, why: str) -> Refusal:
    return Refusal(
        "not_untouched",
        f"{invoice.number} can't be made void: {why}. Issue a credit note for what is left.",
    )


def _take_back(opened: Opened, by: str, reason: str, at: datetime) -> int:
    """Take all its credits back; returns what is not deferred for them any more, in minor units."""
    worth_minor, rounding = 0, books.current(at).rounding
    for piece in opened.sold:
        if piece.block is not None:
            back = grants.revoke(
                piece.block, credits=piece.left, by=by, at=at,
                reason=f"void of {opened.invoice.number}: {reason}",
            )  # fmt: skip
            worth_minor += back.value_minor
        elif piece.charge is not None and piece.left:
            worth_minor += activation.take_back(piece.charge, credits=piece.left, rounding=rounding)
    return worth_minor


def _post(opened: Opened, at: datetime) -> None:
    """The invoice's entry turned around; what it is carried at by now leaves with it."""
    invoice = opened.invoice
    item = open_items.of_invoice(invoice.number)
    carried = translation.leaving(invoice.currency, item, invoice.total_minor, at)
    parts = translation.posted_parts(translation.receivable_source(invoice))
    debit = {code: minor for code, minor in parts.items() if code != chart.RECEIVABLES}
    gained = carried - sum(debit.values())
    debit[chart.CURRENCY] = debit.get(chart.CURRENCY, 0) + gained
    post(
        Posting(
            on=opened.posting_date,
            recipe="JE-17",
            memo=f"Void of invoice {invoice.number}",
            source=source(invoice),
            customer_id=invoice.customer_id,
            holder=invoice.holder,
        ),
        debit=debit,
        credit={chart.RECEIVABLES: carried},
        foreign=translation.foreign_parts(invoice, turned=True),
        currency=books.current(at).currency,
        at=at,
    )
