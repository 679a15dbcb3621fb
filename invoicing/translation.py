"""Answers what documents are in the books' currency (V19): each part once, and kept.

Deferred credits keep the rate that they came at, with the block that they paid for. What is owed is carried
as an open item (`ledger/open_items.py`). In the books' own currency every amount is itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db.models import Sum

from contracts import activation
from contracts.models import PlanCharge, ScheduledCharge
from creditops.lib import money
from invoicing.models import (
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    OptionEnd,
    PurchaseOption,
)
from ledger import books, chart, exchange, open_items
from ledger.models import BlockLayer, CostLayer, JournalLine, Move
from ledger.open_items import Foreign

# The account that a line of a document belongs to; everything else is deferred credits.
ACCOUNT_OF = {
    InvoiceLine.Kind.OVERAGE: chart.UNBILLED,
    InvoiceLine.Kind.GRACE: chart.UNBILLED,
    InvoiceLine.Kind.OTHER: chart.USAGE,
    InvoiceLine.Kind.INTEREST: chart.INTEREST,
    InvoiceLine.Kind.USE: chart.TAX,
}


def account_of(line: InvoiceLine) -> str:
    """The account that a line's net is for: deferred, billed overage, or revenue at once."""
    return ACCOUNT_OF.get(InvoiceLine.Kind(line.kind), chart.DEFERRED_CREDITS)


def receivable_source(invoice: Invoice) -> str:
    """What names the entry of what the customer owes by the invoice, in the journal."""
    return f"invoice:{invoice.number}:receivable"


def owed_parts(invoice: Invoice, owed_from: datetime) -> dict[str, int]:
    """Account -> what an invoice's lines and tax are in the books' currency, when they are owed.

    Args:
        owed_from: when the right to the money became unconditional: its rate translates whatever was
            not translated before. Overage leaves at what it is carried at.
    """
    option = option_of(invoice)
    if not _is_foreign(invoice, owed_from):
        found = _plain(invoice.tax_minor, invoice.lines.all())
        if option is not None:
            found[chart.DEFERRED_CREDITS] -= option.allocated_minor
            found[chart.OPTIONS] = option.allocated_minor
        return found
    into = partial(exchange.functional, currency=invoice.currency, at=owed_from)
    found = {chart.TAX: into(invoice.tax_minor)}
    for line in invoice.lines.select_related("charge__contract", "charge__term"):
        account = account_of(line)
        if account == chart.DEFERRED_CREDITS:
            value = _deferred(line, owed_from)
        elif account == chart.UNBILLED:
            value = open_items.leaving(_overage_item(line), line.amount_minor)
        else:
            value = into(line.amount_minor)
        found[account] = found.get(account, 0) + value
    if option is not None:
        found[chart.OPTIONS] = option.allocated_functional_minor
    return found


def option_of(invoice: Invoice) -> PurchaseOption | None:
    """The right that an invoice sold with its credits (V6): nothing else is sold with one."""
    sold = (account_of(line) == chart.DEFERRED_CREDITS for line in invoice.lines.all())
    if not any(sold):
        return None
    return PurchaseOption.objects.filter(source=invoice.source).first()


def foreign_parts(invoice: Invoice, *, turned: bool = False) -> dict[str, Foreign]:
    """Account -> the amounts of an invoice in its own currency, as its entry says them.

    Args:
        turned: as the entry that takes them back says them.
    """
    if not _is_foreign(invoice, invoice.issued_at):
        return {}
    side = -1 if turned else 1
    own = {chart.TAX: invoice.tax_minor}
    for line in invoice.lines.all():
        own[account_of(line)] = own.get(account_of(line), 0) + line.amount_minor
    option = option_of(invoice)
    if option is not None:
        own[chart.DEFERRED_CREDITS] -= option.allocated_minor
        own[chart.OPTIONS] = option.allocated_minor
    found = {code: Foreign(invoice.currency, -side * minor) for code, minor in own.items() if minor}
    item = open_items.of_invoice(invoice.number)
    found[chart.RECEIVABLES] = Foreign(invoice.currency, side * invoice.total_minor, item)
    overage = [line for line in invoice.lines.all() if account_of(line) == chart.UNBILLED]
    if overage:
        billed = sum(line.amount_minor for line in overage)
        found[chart.UNBILLED] = Foreign(invoice.currency, -side * billed, _overage_item(overage[0]))
    return found


def note_parts(note: CreditNote, at: datetime) -> dict[str, int]:
    """Account -> what the lines and the tax of a credit note take back, in the books' currency: at the
    rates that they came at (JE-24)."""
    if not _is_foreign(note.invoice, at):
        return _plain(note.tax_minor, note.lines.all())
    found = {chart.TAX: _tax_taken_back(note, books.current(at).rounding)}
    lines = note.lines.select_related("line__charge__contract", "line__charge__term", "block")
    for line in lines.order_by("position"):
        account = account_of(line.line)
        if account == chart.DEFERRED_CREDITS:
            value = deferred_taken_back(line, at)
        elif account == chart.UNBILLED:
            value = -open_items.leaving(_overage_item(line.line), -line.amount_minor)
        else:
            value = exchange.functional(line.amount_minor, note.currency, note.invoice.issued_at)
        found[account] = found.get(account, 0) + value
    return found


def note_foreign(note: CreditNote) -> dict[str, Foreign]:
    """Account -> what a credit note takes back in its own currency, but for what is owed."""
    if not _is_foreign(note.invoice, note.issued_at):
        return {}
    own = {chart.TAX: note.tax_minor}
    overage = None
    for line in note.lines.select_related("line__charge"):
        account = account_of(line.line)
        own[account] = own.get(account, 0) + line.amount_minor
        overage = line.line if account == chart.UNBILLED else overage
    found = {code: Foreign(note.currency, minor) for code, minor in own.items() if minor}
    if overage is not None:
        item = _overage_item(overage)
        found[chart.UNBILLED] = Foreign(note.currency, own[chart.UNBILLED], item)
    return found


def posted_parts(source: str) -> dict[str, int]:
    """Account -> what an entry credited, less what it debited."""
    lines = JournalLine.objects.filter(entry__source=source).select_related("account")
    return {line.account.code: line.credit_minor - line.debit_minor for line in lines}


def leaving(currency: str, item: str, minor: int, at: datetime) -> int:
    """What leaves the books with `minor` of what is owed: itself in the books' own currency, else what
    it is carried at. Debit > 0."""
    current = books.current(at)
    if currency == current.currency:
        return minor
    return open_items.leaving(item, minor, current.rounding)


def _is_foreign(invoice: Invoice, at: datetime) -> bool:
    return invoice.currency != books.current(at).currency


def _plain(tax_minor: int, lines: Iterable[InvoiceLine | CreditNoteLine]) -> dict[str, int]:
    """Account -> amounts as they stand on a document, which is in the books' own currency."""
    found = {chart.TAX: tax_minor}
    for line in lines:
        billed = line.line if isinstance(line, CreditNoteLine) else line
        account = account_of(billed)
        found[account] = found.get(account, 0) + line.amount_minor
    return found


def _deferred(line: InvoiceLine, at: datetime) -> int:
    """What a line defers: the cost of its block, or its charge, which its block costs or will cost."""
    if line.block_id is not None:
        layer = _first_layer(line.invoice.customer_id, line.block_id)
        used = OptionEnd.objects.filter(block_id=line.block_id).select_related("option").first()
        earlier = 0 if used is None else used.option.allocated_functional_minor
        return layer.cost_functional_minor - earlier
    if line.charge is None:
        return exchange.functional(line.amount_minor, line.invoice.currency, at)
    return activation.in_books(line.charge, at)


def deferred_taken_back(line: CreditNoteLine, at: datetime) -> int:
    """The value of credits that a note takes back, as their cost layer releases it (M4)."""
    if line.block_id is None:
        return _released_of_charge(line, at)
    move = Move.objects.select_related("layer").get(
        customer_id=line.note.customer_id, block_id=line.block_id, seq=line.move_seq
    )
    layer = CostLayer.objects.get(customer_id=line.note.customer_id, id=move.layer_id)
    rounding = books.current(at).rounding
    released = partial(
        money.released, layer.cost_functional_minor, layer.quantity, rounding=rounding
    )
    return released(move.r0 + move.credits) - released(move.r0)


def _released_of_charge(line: CreditNoteLine, at: datetime) -> int:
    """The same of credits that are still to be granted: after what earlier notes took of the charge."""
    charge = line.line.charge
    if charge is None or line.credits is None:
        raise ValueError(f"line {line.position} of {line.note} has no credits to take back")
    earlier = CreditNoteLine.objects.filter(line=line.line, id__lt=line.pk)
    before = int(earlier.aggregate(credits=Sum("credits", default=0))["credits"])
    cost, rounding = activation.cost_in_books(charge, at), books.current(at).rounding
    released = partial(money.released, cost, charge.credits, rounding=rounding)
    return released(before + line.credits) - released(before)


def _tax_taken_back(note: CreditNote, rounding: str) -> int:
    """The note's tax at the rate of its invoice's: cumulative shares of that (M4)."""
    invoice = note.invoice
    if not note.tax_minor:
        return 0
    whole = posted_parts(receivable_source(invoice)).get(chart.TAX, 0)
    earlier = CreditNote.objects.filter(invoice=invoice, id__lt=note.pk)
    before = int(earlier.aggregate(tax=Sum("tax_minor", default=0))["tax"])
    released = partial(money.released, whole, invoice.tax_minor, rounding=rounding)
    return released(before + note.tax_minor) - released(before)


def _overage_item(line: InvoiceLine) -> str:
    """The open item of the overage that a line bills."""
    charge: ScheduledCharge | PlanCharge | None = line.charge
    if charge is None:
        charge = PlanCharge.objects.filter(source=line.invoice.source).first()
    if charge is None:
        raise ValueError(f"line {line.position} of {line.invoice} bills no overage of a term")
    return open_items.of_overage(line.invoice.customer_id, charge.term_id)


def _first_layer(customer_id: int, block_id: int) -> CostLayer:
    first = BlockLayer.objects.select_related("layer").get(
        customer_id=customer_id, block_id=block_id, no=1
    )
    layer: CostLayer = first.layer
    return layer
