"""Answers what an act wrote into the books at its instant: documents, blocks, journal entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Model

from contracts.models import ScheduledCharge
from creditops.lib.admin_columns import amount, count, instant
from creditops.lib.admin_tables import Listing
from invoicing.models import CreditNote, Invoice
from ledger.models import Block, JournalEntry

_ENTRIES_SHOWN = 40


@dataclass(frozen=True)
class Mark:
    """How far the books went before an act."""

    invoice: int
    note: int
    block: int
    entry: int


@dataclass(frozen=True)
class Written:
    """What an act wrote."""

    invoices: list[Invoice]
    notes: list[CreditNote]
    charges: list[ScheduledCharge]
    blocks: list[Block]
    entries: list[JournalEntry]

    def listings(self) -> list[Listing]:
        """As tables, without links: in a rehearsal there is nothing to go to."""
        found = [
            _invoices(self.invoices),
            _notes(self.notes),
            _charges(self.charges),
            _blocks(self.blocks),
            _entries(self.entries),
        ]
        return [listing for listing in found if listing.rows]

    def sentence(self) -> str:
        """In one sentence; empty if the books were not touched."""
        said = [f"invoice {invoice.number}" for invoice in self.invoices]
        said += [f"credit note {note.number}" for note in self.notes]
        said += [f"a block of {block.granted:,} credits" for block in self.blocks]
        if self.entries:
            number = len(self.entries)
            said.append(f"{number:,} journal {'entry' if number == 1 else 'entries'}")
        return f"Written: {', '.join(said)}." if said else ""


def mark() -> Mark:
    """How far the books go now."""
    return Mark(_last(Invoice), _last(CreditNote), _last(Block), _last(JournalEntry))


def since(before: Mark, at: datetime) -> Written:
    """What was written after `before` with the instant `at`, which is that of one act."""
    return Written(
        list(Invoice.objects.filter(pk__gt=before.invoice, issued_at=at).order_by("pk")),
        list(CreditNote.objects.filter(pk__gt=before.note, issued_at=at).order_by("pk")),
        list(ScheduledCharge.objects.filter(contract__signed_at=at).order_by("pk")),
        list(Block.objects.filter(pk__gt=before.block, recorded_at=at).order_by("pk")),
        list(
            JournalEntry.objects.filter(pk__gt=before.entry, recorded_at=at)
            .prefetch_related("lines__account")
            .order_by("pk")
        ),
    )


def _last(model: type[Model]) -> int:
    rows: Any = model._default_manager
    return int(rows.aggregate(last=Max("pk"))["last"] or 0)


def _invoices(invoices: list[Invoice]) -> Listing:
    rows = [
        (i.number, f"{i.due_date}", amount(i.net_minor, i.currency), amount(i.tax_minor, i.currency),
         amount(i.total_minor, i.currency))
        for i in invoices
    ]  # fmt: skip
    return Listing("Invoice", ("Number", "Due", "#Net", "#Tax", "#Total"), rows)


def _notes(notes: list[CreditNote]) -> Listing:
    rows = [
        (n.number, n.invoice.number, amount(n.net_minor, n.currency), amount(n.tax_minor, n.currency),
         amount(n.total_minor, n.currency), amount(n.refundable_minor, n.currency))
        for n in notes
    ]  # fmt: skip
    heads = ("Number", "Of invoice", "#Net", "#Tax", "#Total", "#To be refunded")
    return Listing("Credit note", heads, rows)


def _charges(charges: list[ScheduledCharge]) -> Listing:
    rows = [
        (c.get_kind_display(), count(c.credits), amount(c.amount_minor, c.currency),
         instant(c.issue_at), f"{c.due_on}")
        for c in charges
    ]  # fmt: skip
    heads = ("Charge", "#Credits", "#Amount", "To be issued", "Due")
    return Listing("Charges left for the billing run", heads, rows)


def _blocks(blocks: list[Block]) -> Listing:
    rows = [
        (b.get_kind_display(), count(b.granted), instant(b.effective_at), instant(b.state.until))
        for b in blocks
    ]
    return Listing("Blocks of credits", ("Kind", "#Credits", "From", "Until"), rows)


def _entries(entries: list[JournalEntry]) -> Listing:
    rows = [
        (
            f"{entry.posting_date}",
            entry.memo,
            str(line.account),
            amount(line.debit_minor, line.currency) if line.debit_minor else "",
            amount(line.credit_minor, line.currency) if line.credit_minor else "",
        )
        for entry in entries[:_ENTRIES_SHOWN]
        for line in entry.lines.all()
    ]
    title = "Journal"
    if len(entries) > _ENTRIES_SHOWN:
        title = f"Journal: the first {_ENTRIES_SHOWN} of {len(entries):,} entries"
    return Listing(title, ("Date", "Entry", "Account", "#Debit", "#Credit"), rows)
