"""Answers what of credits that are taxed as they are used was used, and is not taxed yet (I10, M4).

What use was worth by now, month by month, less what documents have taxed of it: late use and corrections of
months that are taxed come out by themselves, and all bases of a block add up to what its use was worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db.models import Q

from creditops.lib import calendar
from invoicing import sold as invoice_sold
from invoicing import tax
from invoicing.models import InvoiceLine, InvoiceTax, SellerProfile, TaxedUse
from invoicing.tax import Tax
from ledger import books, consumed_value
from ledger.consumed_value import Window
from ledger.models import Block, Holder


@dataclass(frozen=True)
class Stretch:
    """A month, or a part of one between two changes of the tax table; `last` is exclusive."""

    month_begins: datetime
    first: datetime
    last: datetime

    @property
    def taxed_at(self) -> datetime:
        """The instant whose tax applies."""
        return max(self.first, self.month_begins)


@dataclass(frozen=True)
class Piece:
    """Credits of a block used in a stretch and not taxed yet, what was paid for them in minor units, and
    their tax; below zero: so much too much was taxed."""

    stretch: Stretch
    block_id: int
    credits: int
    base_minor: int
    applied: Tax


@dataclass(frozen=True)
class _Taxed:
    """What documents have taxed so far of a block, from an instant on."""

    block_id: int
    used_from: datetime
    credits: int
    base_minor: int
    applied: Tax | None


def sold(holder: Holder) -> dict[str, list[Block]]:
    """The holder's credits whose sale said that they are taxed as they are used, by the currency that they
    were sold in."""
    rows = InvoiceTax.objects.filter(at_use=True, invoice__holder=holder)
    at_use = set(rows.values_list("invoice_id", "no"))
    lines = InvoiceLine.objects.filter(invoice_id__in={invoice for invoice, _ in at_use})
    found: dict[str, dict[int, Block]] = defaultdict(dict)
    for line in lines.select_related("invoice", "block__state", "charge__contract", "charge__term"):
        block = invoice_sold.block_of(line)
        if block is not None and (line.invoice_id, line.tax_no) in at_use:
            found[line.invoice.currency].setdefault(block.id, block)
    return {currency: list(blocks.values()) for currency, blocks in found.items()}


def invoices(holder: Holder, currency: str) -> list[str]:
    """The numbers of the invoices that sold such credits."""
    rows = InvoiceTax.objects.filter(
        at_use=True, invoice__holder=holder, invoice__currency=currency
    )
    return list(rows.order_by("invoice__id").values_list("invoice__number", flat=True).distinct())


def untaxed(
    holder: Holder,
    currency: str,
    blocks: Sequence[Block],
    months: Sequence[date],
    *,
    seller: SellerProfile,
    at: datetime,
) -> list[Piece]:
    """What is to be taxed of the use of these blocks in these months, as known at `at`, oldest first.

    A stretch that was taxed before keeps its tax; else that of its time applies. Raises what `tax.of` does.
    """
    current = books.current(at)
    stretches = _stretches(holder, blocks, months, current.time_zone)
    windows = [Window(holder, currency, one.first, one.last, at) for one in stretches]
    mine = {block.id for block in blocks}
    before = _taxed(holder, currency, current.rounding)
    pieces = []
    for stretch, used in zip(stretches, consumed_value.in_windows(windows), strict=True):
        taxed = [row for row in before if stretch.first <= row.used_from < stretch.last]
        worth = {
            each.block_id: (each.credits, each.value_minor)
            for each in used
            if each.block_id in mine
        }
        changed = _less(worth, taxed)
        if not changed:
            continue
        known = [row.applied for row in taxed if row.applied is not None]
        applied = (
            known[0]
            if known
            else tax.of(holder.customer, seller, stretch.taxed_at, product=tax.CREDITS)
        )
        pieces += [
            Piece(stretch, block, credits, base, applied)
            for block, (credits, base) in sorted(changed.items())
        ]
    return pieces


def _less(
    worth: Mapping[int, tuple[int, int]], taxed: Sequence[_Taxed]
) -> dict[int, tuple[int, int]]:
    """Block -> credits and base that are not taxed yet; what comes to no amount is left for later."""
    found = dict(worth)
    for row in taxed:
        credits, base = found.get(row.block_id, (0, 0))
        found[row.block_id] = (credits - row.credits, base - row.base_minor)
    return {block: (credits, base) for block, (credits, base) in found.items() if base}


def _taxed(holder: Holder, currency: str, rounding: str) -> list[_Taxed]:
    """What documents have taxed; one that is void has taxed nothing, but what its month gave back."""
    rows = TaxedUse.objects.filter(
        Q(taxed_month__invoice__void__isnull=True) | Q(tax_no__isnull=True),
        taxed_month__holder=holder,
        taxed_month__currency=currency,
    ).select_related("taxed_month")
    documents = {row.taxed_month.invoice_id for row in rows}
    taxes = {
        (row.invoice_id, row.no): tax.stored(row, rounding)
        for row in InvoiceTax.objects.filter(invoice_id__in=documents)
    }
    return [
        _Taxed(
            row.block_id,
            row.used_from,
            row.credits,
            row.base_minor,
            taxes.get((row.taxed_month.invoice_id, row.tax_no)),
        )
        for row in rows
    ]


def _stretches(
    holder: Holder, blocks: Sequence[Block], months: Sequence[date], zone: str
) -> list[Stretch]:
    """The months, cut where the tax of the customer changes; the first one begins with the earliest use that
    the credits may pay for."""
    found = []
    for number, month in enumerate(months):
        begins = calendar.local_midnight(month, zone)
        last = calendar.local_midnight(calendar.add_months(month, 1), zone)
        first = begins if number else min(begins, *(block.term_start for block in blocks))
        cuts = [first, *tax.changes(holder.customer, begins, last, zone), last]
        found += [Stretch(begins, start, end) for start, end in pairwise(cuts)]
    return found
