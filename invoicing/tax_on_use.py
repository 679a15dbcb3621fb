"""Does the tax documents of credits that are taxed as they are used (I10): one per holder and month.

The credits were paid before: a document says what was paid for those that were used, and only the tax on it
is owed (JE-44), of the month's last day. Where more was taxed than was used in the end, the same document
takes it off; what it can't hold goes back by credit notes for the documents that taxed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from contracts import terms_of_sale
from contracts.models import Contract
from creditops.lib import calendar, languages, locks, printed
from creditops.lib.refusals import Refusal
from invoicing import billing, issuing, seller, tax, tax_months, taxable_use, use_tax_notes
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine, TaxedMonth, TaxedUse
from invoicing.tax import Tax
from invoicing.taxable_use import Piece, Stretch
from ledger import books
from ledger.models import Holder
from ledger.periods import Months

# Of the invoices that sold the credits, so many are named.
_NAMED_MAX = 10


def tax_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the month that ended at `due_at` is taxed, of holder `<customer>-<holder>`.

    Where finance looks at a contract's invoices before they go out the month waits for a billing run; so it
    does, tried again every day, where something has to be told first, like a tax rate.
    """
    holder = tax_months.find(subject)
    tax_months.leave(holder, until=due_at, at=recorded_at)
    if tax_months.goes_on(holder, at=due_at):
        tax_months.plan(holder, after=due_at)
    reviewed = terms_of_sale.in_force(holder, recorded_at)[billing.SETTING] == billing.REVIEWED
    if reviewed and holder.kind == Holder.Kind.CONTRACT:
        return
    try:
        tax_waiting(holder, until=due_at, at=recorded_at)
    except Refusal as refusal:
        if refusal.code not in issuing.HOLDS:
            raise
        tax_months.try_again(holder, after=due_at)


def tax_waiting(holder: Holder, *, until: datetime, at: datetime) -> list[Invoice]:
    """Tax the holder's months that wait and have ended by `until`, in their order, each in a transaction.

    Returns the documents: none for a month in which nothing was used. Raises what issuing does, as
    `tax_rate_unknown`; then this month and those after it wait.
    """
    made = [_tax(month, at) for month in tax_months.waiting(until).filter(holder=holder)]
    return [invoice for invoice in made if invoice is not None]


def _tax(month: TaxedMonth, at: datetime) -> Invoice | None:
    """Tax one month, once: whoever waited for another's lock finds it done."""
    with transaction.atomic():
        last_day = calendar.day_before(calendar.add_months(month.month, 1))
        today = books.date_of(at, books.current(at))
        Months([last_day, today], received_on=today)
        locks.hold(f"use_tax:{month.holder_id}")
        found = TaxedMonth.objects.select_related("holder__customer").get(pk=month.pk)
        if found.done_at is not None:
            return None
        due, back = _parted(_untaxed(found, at))
        lines = _lines(found.holder, due, at)
        invoice = issuing.issue(_document(found, lines, at), at=at) if lines else None
        for applied, pieces in back.items():
            if use_tax_notes.give_back(found, applied, -_base(pieces), at=at):
                due += pieces
        _write(found, due, lines)
        found.done_at, found.invoice = at, invoice
        found.save(update_fields=["done_at", "invoice"])
    return invoice


def _untaxed(month: TaxedMonth, at: datetime) -> list[Piece]:
    blocks = taxable_use.sold(month.holder).get(month.currency, [])
    if not blocks:
        return []
    zone = books.current(at).time_zone
    after = calendar.add_months(month.month, 1)
    return taxable_use.untaxed(
        month.holder,
        month.currency,
        blocks,
        list(tax_months.months(blocks, after, zone)),
        seller=seller.profile(),
        at=at,
    )


def _parted(pieces: Sequence[Piece]) -> tuple[list[Piece], dict[Tax, list[Piece]]]:
    """What is taxed now, and by tax what more was taxed before than was used."""
    by: dict[Tax, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by[piece.applied].append(piece)
    back = {applied: of for applied, of in by.items() if _base(of) < 0}
    return [piece for piece in pieces if piece.applied not in back], back


def _base(pieces: Sequence[Piece]) -> int:
    return sum(piece.base_minor for piece in pieces)


def _lines(holder: Holder, pieces: Sequence[Piece], at: datetime) -> list[Line]:
    """A line per stretch and tax; of use that nothing is said about (outside the scope) none."""
    sums: dict[tuple[Stretch, Tax], tuple[int, int]] = {}
    for piece in pieces:
        if piece.applied.category != tax.OUTSIDE or piece.applied.note:
            credits, base = sums.get((piece.stretch, piece.applied), (0, 0))
            sums[piece.stretch, piece.applied] = (credits + piece.credits, base + piece.base_minor)
    zone, language = books.current(at).time_zone, holder.customer.language
    return [
        Line(
            kind=InvoiceLine.Kind.USE,
            text=languages.say(
                language,
                "line_use" if base > 0 else "line_use_corrected",
                credits=printed.credits(abs(credits), language),
            ),
            amount_minor=0,
            taxed_minor=base,
            taxed=applied,
            period_from=calendar.local_date(stretch.taxed_at, zone),
            period_to=calendar.last_day(stretch.last, zone),
        )
        for (stretch, applied), (credits, base) in sums.items()
        if base
    ]


def _document(month: TaxedMonth, lines: Sequence[Line], at: datetime) -> Document:
    holder = month.holder
    current = books.current(at)
    days = terms_of_sale.in_force(holder, at)["invoice_terms_days"]
    ended = calendar.local_midnight(calendar.add_months(month.month, 1), current.time_zone)
    return Document(
        customer=holder.customer,
        contract=Contract.objects.filter(holder=holder).first(),
        holder=holder,
        lines=lines,
        currency=month.currency,
        due_date=books.date_of(at, current) + timedelta(days=days),
        source=f"use_tax:{holder.customer_id}:{holder.pk}:{month.month:%Y-%m}:{month.currency}",
        receivable_at=min(at, ended - timedelta(microseconds=1)),
        notes=_notes(holder, month.currency, month.month),
    )


def _notes(holder: Holder, currency: str, month: date) -> list[str]:
    language = holder.customer.language
    numbers = taxable_use.invoices(holder, currency)
    named = ", ".join(numbers[:_NAMED_MAX]) + (" …" if len(numbers) > _NAMED_MAX else "")
    when = printed.month(month, language)
    return [languages.say(language, "tax_on_use_only", month=when, invoices=named)]


def _write(month: TaxedMonth, pieces: Sequence[Piece], lines: Sequence[Line]) -> None:
    numbers = _numbers(lines)
    TaxedUse.objects.bulk_create(
        TaxedUse(
            taxed_month=month,
            block_id=piece.block_id,
            used_from=piece.stretch.first,
            used_until=piece.stretch.last,
            credits=piece.credits,
            base_minor=piece.base_minor,
            tax_no=numbers.get(piece.applied),
        )
        for piece in pieces
    )


def _numbers(lines: Sequence[Line]) -> Mapping[Tax, int]:
    """Which of its document's taxes each is: in the order of the lines, as issuing counts them."""
    applied = dict.fromkeys(line.taxed for line in lines if line.taxed is not None)
    return {found: no for no, found in enumerate(applied, start=1)}
