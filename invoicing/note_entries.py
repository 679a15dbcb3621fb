"""Does the posting of credit notes: deferred revenue, tax and what is owed fall together (JE-18, JE-24).

A note of an invoice that is only a memo yet posts nothing; it follows when the invoice's own entry is
posted (V3).
"""

from __future__ import annotations

from datetime import date, datetime

from invoicing import translation
from invoicing.models import CreditNote, WriteOff
from ledger import books, chart, exchange, open_items
from ledger.journal import Posting, post
from ledger.open_items import Foreign


def post_note(note: CreditNote, *, on: date, at: datetime) -> None:
    """Post a credit note, whose invoice is posted (JE-18); of another currency at the rates that its
    credits came at, and what is owed back at the day's (JE-24).

    What was open falls; what was paid is owed back; what had been written off as a loss is recovered
    (JE-25). A write-off that lost nothing left the receivable to its notes.
    """
    current = books.current(at)
    invoice, currency = note.invoice, note.currency
    debit = translation.note_parts(note, at)
    written_off = WriteOff.objects.filter(invoice=invoice, amount_minor__gt=0).exists()
    owed = chart.CREDIT_LOSS if written_off else chart.RECEIVABLES
    item = open_items.of_invoice(invoice.number)
    back = exchange.functional(note.refundable_minor, currency, at)
    if written_off:
        settled = exchange.functional(note.receivable_minor, currency, at)
    else:
        settled = translation.leaving(currency, item, note.receivable_minor, at)
    foreign = translation.note_foreign(note) | {
        owed: Foreign(currency, -note.receivable_minor, "" if written_off else item),
        chart.REFUNDS: Foreign(currency, -note.refundable_minor, open_items.of_note(note.number)),
    }
    post(
        Posting(
            on=on,
            recipe="JE-18" if currency == current.currency else "JE-24",
            memo=f"Credit note {note.number} for invoice {invoice.number}",
            source=source(note),
            customer_id=note.customer_id,
            holder=note.holder,
        ),
        debit={**debit, chart.CURRENCY: settled + back - sum(debit.values())},
        credit={owed: settled, chart.REFUNDS: back},
        foreign=foreign,
        currency=current.currency,
        at=at,
    )


def source(note: CreditNote) -> str:
    """What names the entry of a credit note, in the journal."""
    return f"credit_note:{note.number}"
