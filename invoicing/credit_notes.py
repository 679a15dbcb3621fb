"""Does credit notes: credits that were not used go back, and their price (V13, I1, I8, JE-18).

By credits, at the cost basis of their blocks, or by whole lines of the invoice. What was used is never
credited. A note lessens what is owed; what was paid is owed back until it is refunded (`refunds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from contracts import activation
from creditops.lib import languages, outbox, printed
from creditops.lib.refusals import Refusal
from invoicing import (
    documents,
    issuing,
    losses,
    note_entries,
    numbering,
    seller,
    settling,
    sold,
    tax,
)
from invoicing.models import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from invoicing.sold import Opened, Sold
from ledger import books, grants
from ledger.models import Block

RENDER = "invoicing.render_note"
REASON_MAX = 1_000


@dataclass(frozen=True)
class Taking:
    """What a note is to take back of a line: credits at their cost basis, or an amount as it stands; of a
    line that only taxes, what less is taxed."""

    of: Sold
    credits: int | None = None
    amount_minor: int | None = None
    taxed_minor: int | None = None


@dataclass(frozen=True)
class Taken:
    """What was taken back of a line, and what it was worth, in minor units; `taxed_minor` as in Taking."""

    line: InvoiceLine
    credits: int | None
    amount_minor: int
    block: Block | None = None
    move_seq: int | None = None
    taxed_minor: int | None = None

    @property
    def base_minor(self) -> int:
        """What tax is taken back on."""
        return self.amount_minor if self.taxed_minor is None else self.taxed_minor


def credit(invoice: Invoice, *, credits: int, by: str, reason: str, at: datetime) -> CreditNote:
    """Credit so many credits of an invoice that were not used, at what they cost.

    They are taken line by line, in the order of the invoice. Raises Refusal `credits_consumed` if fewer
    are left, `credits_held`, `zero_amount` (I5), `not_untouched` for a void invoice.
    """
    with transaction.atomic():
        opened = sold.open_up(invoice, at=at)
        takings, missing = [], credits
        for piece in opened.sold:
            taken = min(piece.left, max(missing, 0))
            if taken:
                takings.append(Taking(piece, credits=taken))
                missing -= taken
        if missing > 0:
            raise _consumed(invoice, sum(piece.left for piece in opened.sold), credits)
        return issue(opened, takings, CreditNote.Occasion.CREDIT, by=by, reason=reason, at=at)


def credit_lines(
    invoice: Invoice, *, positions: Sequence[int], by: str, reason: str, at: datetime
) -> CreditNote:
    """Credit whole lines of an invoice, with all their credits.

    Args:
        positions: numbers of lines, from 1. Bonus credits share the price of what they came with, so
            they go back with it.

    Raises Refusal `line_unknown`, `credits_consumed` where something of a line was used, has expired or
    was credited before, `note_above_invoice`, and what `credit` is refused with.
    """
    with transaction.atomic():
        opened = sold.open_up(invoice, at=at)
        takings = [_whole(invoice, piece) for piece in _chosen(opened, positions)]
        return issue(opened, takings, CreditNote.Occasion.CREDIT, by=by, reason=reason, at=at)


def issue(
    opened: Opened,
    takings: Sequence[Taking],
    occasion: str,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> CreditNote:
    """Issue a credit note for what is to be taken back of an opened invoice; inside a transaction.

    Raises Refusal `zero_amount`, `reason_missing`, or what taking back is refused with.
    """
    invoice = opened.invoice
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands on the credit note.")
    number = numbering.take(numbering.CREDIT_NOTES, max(opened.today, invoice.issue_date))
    act = f"credit note {number}: {reason}"
    rounding = books.current(at).rounding
    taken = [_take(taking, act, by, at, rounding) for taking in takings]
    nets = _nets(taken)
    if not sum(nets.values()):
        raise Refusal(
            "zero_amount", "A credit note of nothing is not issued: these credits cost nothing."
        )
    taxes = _taxes(invoice, nets, rounding)
    note = _write(opened, number, taken, taxes, occasion, by, reason, at)
    if issuing.is_posted(invoice):
        note_entries.post_note(note, on=opened.posting_date, at=at)
    losses.tell(invoice)
    settling.begin_if_paid(invoice, at=at)
    outbox.add(RENDER, note.number, {"number": note.number}, at=at)
    return note


def _chosen(opened: Opened, positions: Sequence[int]) -> list[Sold]:
    known = {piece.line.position: piece for piece in opened.sold}
    unknown = sorted(set(positions) - known.keys())
    if unknown or not positions:
        asked = ", ".join(map(str, unknown)) or "none"
        raise Refusal(
            "line_unknown",
            f"{opened.invoice.number} has lines 1 to {len(known)}; asked for: {asked}.",
        )
    chosen = {position: known[position] for position in sorted(set(positions))}
    if any(piece.line.amount_minor and piece.credits for piece in chosen.values()):
        chosen |= {p: s for p, s in known.items() if s.line.kind == InvoiceLine.Kind.BONUS}
    return list(chosen.values())


def _whole(invoice: Invoice, piece: Sold) -> Taking:
    if piece.line.kind == InvoiceLine.Kind.USE:
        raise Refusal(
            "tax_follows_use",
            f"{invoice.number} taxes credits that were used. Correct the events: the next month gives the "
            "tax of it back. Make the document void if nothing of it is paid.",
        )
    if piece.credits is None:
        if piece.line.credited.exists():
            raise Refusal(
                "note_above_invoice",
                f"Line {piece.line.position} of {invoice.number} was credited already.",
            )
        return Taking(piece, amount_minor=piece.line.amount_minor)
    if piece.left < piece.credits:
        raise _consumed(invoice, piece.left, piece.credits)
    return Taking(piece, credits=piece.credits)


def _consumed(invoice: Invoice, left: int, wanted: int) -> Refusal:
    return Refusal(
        "credits_consumed",
        f"Only {left:,} credits of {invoice.number} are left unused; {wanted:,} can't be credited. "
        "What was used is corrected by its events.",
    )


def _take(taking: Taking, act: str, by: str, at: datetime, rounding: str) -> Taken:
    """Take the credits back: from their block, or of the charge that will grant them."""
    piece, credits = taking.of, taking.credits
    if taking.taxed_minor is not None:
        return Taken(piece.line, None, 0, taxed_minor=taking.taxed_minor)
    if taking.amount_minor is not None:
        return Taken(piece.line, credits, taking.amount_minor)
    if credits is None:
        raise ValueError("a taking has credits or an amount")
    if piece.block is not None:
        back = grants.revoke(piece.block, credits=credits, by=by, reason=act, at=at)
        return Taken(piece.line, credits, back.value_minor, piece.block, back.move_seq)
    if piece.charge is None:
        raise ValueError(f"line {piece.line.position} has no credits to take back")
    return Taken(
        piece.line, credits, activation.take_back(piece.charge, credits=credits, rounding=rounding)
    )


def _nets(taken: Sequence[Taken]) -> dict[int, int]:
    nets: dict[int, int] = {}
    for piece in taken:
        nets[piece.line.tax_no] = nets.get(piece.line.tax_no, 0) + piece.base_minor
    return nets


def _taxes(invoice: Invoice, nets: Mapping[int, int], rounding: str) -> list[CreditNoteTax]:
    """The tax of each rate on the note's own net; the note that completes a rate takes the rest, and
    none takes more than is left of it (I8)."""
    billed = {row.no: row for row in InvoiceTax.objects.filter(invoice=invoice)}
    before = {
        row["no"]: row
        for row in CreditNoteTax.objects.filter(note__invoice=invoice)
        .order_by()
        .values("no")
        .annotate(net=Sum("net_minor"), taxable=Sum("taxable_minor"), tax=Sum("tax_minor"))
    }
    nothing = {"net": 0, "taxable": 0, "tax": 0}
    made = []
    for no, net in sorted(nets.items()):
        whole, done = billed[no], before.get(no, nothing)
        if done["net"] + net > whole.net_minor:
            raise Refusal(
                "note_above_invoice",
                f"{invoice.number} would be credited by more than it was issued for.",
            )
        applied = tax.stored(whole, rounding)
        last = done["net"] + net == whole.net_minor
        taxable_left = whole.taxable_minor - int(done["taxable"])
        tax_left = whole.tax_minor - int(done["tax"])
        made.append(
            CreditNoteTax(
                no=no,
                net_minor=net,
                taxable_minor=taxable_left if last else min(applied.taxable([net]), taxable_left),
                tax_minor=tax_left if last else min(applied.on([net]), tax_left),
            )
        )
    return made


def _write(
    opened: Opened,
    number: numbering.Number,
    taken: Sequence[Taken],
    taxes: Sequence[CreditNoteTax],
    occasion: str,
    by: str,
    reason: str,
    at: datetime,
) -> CreditNote:
    invoice = opened.invoice
    net, taxed = sum(t.amount_minor for t in taken), sum(t.tax_minor for t in taxes)
    receivable = min(net + taxed, documents.owed_minor(invoice))
    note = CreditNote.objects.create(
        number=str(number),
        series=number.series,
        year=number.year,
        sequence=number.sequence,
        invoice=invoice,
        customer=invoice.customer,
        contract=invoice.contract,
        holder=invoice.holder,
        occasion=occasion,
        issued_at=at,
        issue_date=number.issue_date,
        currency=invoice.currency,
        language=invoice.language,
        net_minor=net,
        tax_minor=taxed,
        total_minor=net + taxed,
        receivable_minor=receivable,
        refundable_minor=net + taxed - receivable,
        seller=seller.as_printed(),
        buyer=issuing.as_printed(invoice.customer),
        notes=[],
        reason=reason[:REASON_MAX],
        issued_by=by,
        source=f"credit_note:{number}",
    )
    for row in taxes:
        row.note = note
    CreditNoteTax.objects.bulk_create(taxes)
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            note=note,
            position=position,
            line=piece.line,
            text=_text(piece, invoice.language),
            credits=piece.credits,
            amount_minor=piece.amount_minor,
            taxed_minor=piece.taxed_minor,
            block=piece.block,
            move_seq=piece.move_seq,
        )
        for position, piece in enumerate(taken, start=1)
    )
    return note


def _text(piece: Taken, language: str) -> str:
    kinds = {
        InvoiceLine.Kind.OVERAGE: "note_line_overage",
        InvoiceLine.Kind.GRACE: "note_line_overage",
        InvoiceLine.Kind.BONUS: "note_line_bonus",
    }
    if piece.credits is None:
        return piece.line.text
    return languages.say(
        language,
        kinds.get(InvoiceLine.Kind(piece.line.kind), "note_line"),
        credits=printed.credits(piece.credits, language),
        line=piece.line.position,
    )
