"""Does the giving back of tax on credits that were not used after all (I8, I10): credit notes for the
documents that taxed them, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from creditops.lib import languages, printed
from invoicing import credit_notes, sold, tax
from invoicing.credit_notes import Taking
from invoicing.models import (
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    TaxedMonth,
)
from invoicing.tax import Tax
from ledger import books


@dataclass(frozen=True)
class _Part:
    """What one document gives back: of which lines, in minor units of what they taxed."""

    invoice: Invoice
    lines: dict[int, int]

    @property
    def base_minor(self) -> int:
        return sum(self.lines.values())


def give_back(month: TaxedMonth, applied: Tax, base_minor: int, *, at: datetime) -> bool:
    """Give back the tax on `base_minor` at one tax, by as many credit notes as it takes.

    Returns whether it was: where too little was taxed at it, or the tax comes to nothing (a reverse charge,
    a cent), nothing is written, and it goes off what is used later.
    """
    parts = list(_parts(month, applied, base_minor, at))
    if sum(part.base_minor for part in parts) < base_minor:
        return False
    if not all(applied.on([part.base_minor]) for part in parts):
        return False
    for part in parts:
        _note(part, month, at)
    return True


def _parts(month: TaxedMonth, applied: Tax, wanted: int, at: datetime) -> Iterator[_Part]:
    rounding = books.current(at).rounding
    rows = InvoiceTax.objects.filter(
        invoice__taxed_month__holder=month.holder,
        invoice__taxed_month__currency=month.currency,
        invoice__void__isnull=True,
    ).select_related("invoice")
    for row in rows.order_by("-invoice__id", "no"):
        if not wanted or tax.stored(row, rounding) != applied:
            continue
        lines: dict[int, int] = {}
        most = min(wanted, _left(row))
        for line in row.invoice.lines.filter(tax_no=row.no, taxed_minor__gt=0):
            taken = min(most - sum(lines.values()), _left_of_line(line))
            if taken > 0:
                lines[line.position] = taken
        if lines:
            part = _Part(row.invoice, lines)
            wanted -= part.base_minor
            yield part


def _left(row: InvoiceTax) -> int:
    """What of a document's tax base no credit note has taken back."""
    notes = row.invoice.credit_notes.filter(taxes__no=row.no)
    return row.net_minor - int(notes.aggregate(sum=Sum("taxes__net_minor", default=0))["sum"])


def _left_of_line(line: InvoiceLine) -> int:
    taken = CreditNoteLine.objects.filter(line=line).aggregate(sum=Sum("taxed_minor", default=0))
    return line.base_minor - int(taken["sum"])


def _note(part: _Part, month: TaxedMonth, at: datetime) -> CreditNote:
    opened = sold.open_up(part.invoice, at=at)
    language = part.invoice.language
    return credit_notes.issue(
        opened,
        _takings(opened.sold, part.lines),
        CreditNote.Occasion.CORRECTION,
        by="tax on use",
        reason=languages.say(language, "less_was_used", month=printed.month(month.month, language)),
        at=at,
    )


def _takings(lines: Sequence[sold.Sold], taken: dict[int, int]) -> list[Taking]:
    return [
        Taking(piece, taxed_minor=taken[piece.line.position])
        for piece in lines
        if piece.line.position in taken
    ]
