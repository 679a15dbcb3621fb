"""Answers which credits an invoice sold, and what of them could be taken back now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from contracts import activation
from contracts.models import Contract, ScheduledCharge
from creditops.lib import locks
from creditops.lib.refusals import Refusal
from invoicing import settling
from invoicing.models import Invoice, InvoiceLine, InvoiceVoid
from ledger import balances, books, grants, pool_books
from ledger.models import Block
from ledger.periods import Months

CONSUMED = (InvoiceLine.Kind.OVERAGE, InvoiceLine.Kind.GRACE)
_WITHOUT_CREDITS = (InvoiceLine.Kind.OTHER, InvoiceLine.Kind.INTEREST, InvoiceLine.Kind.USE)


@dataclass(frozen=True)
class Sold:
    """A line of an invoice, and how its credits stand.

    Attributes:
        line: of the invoice.
        credits: how many it sold; None: it sold none.
        left: how many of them could be taken back; of overage nothing, it was used.
        untouched: whether nothing of it was used, expired or taken back.
        block: the credits in the ledger; None where they are not granted yet.
        charge: what is to be granted, where it is not yet.
    """

    line: InvoiceLine
    credits: int | None
    left: int
    untouched: bool
    block: Block | None = None
    charge: ScheduledCharge | None = None


@dataclass(frozen=True)
class Opened:
    """An invoice about to be changed by another document: what is locked, and what stands on it."""

    invoice: Invoice
    today: date
    posting_date: date
    sold: Sequence[Sold]


def open_up(invoice: Invoice, *, at: datetime) -> Opened:
    """Lock all that taking back of this invoice may touch, in the one order: months, pools, names.

    Raises Refusal `not_untouched` for an invoice that is void: nothing is left of it.
    """
    today = books.date_of(at, books.current(at))
    months = Months([today], received_on=today)
    settling.lock_pools(invoice, at=at)
    lines = list(invoice.lines.select_related("charge__contract", "charge__term"))
    blocks = {line.pk: block_of(line) for line in lines}
    rests = grants.rests([block for block in blocks.values() if block is not None], at=at)
    locks.hold(f"invoice:{invoice.number}")
    if invoice.contract_id is not None:
        Contract.objects.select_for_update(of=("self",)).get(pk=invoice.contract_id)
    if InvoiceVoid.objects.filter(invoice=invoice).exists():
        raise Refusal("not_untouched", f"{invoice.number} is void. Nothing is left to take back.")
    found = [_sold(line, blocks[line.pk], rests) for line in lines]
    return Opened(invoice, today, months.posting_date(today), found)


def lock(contract: Contract, *, at: datetime) -> None:
    """Lock what documents of a contract may touch, in the one order: months, pools, the contract."""
    today = books.date_of(at, books.current(at))
    Months([today], received_on=today)
    pools = balances.pools_of(contract.holder)
    pool_books.lock([(pool.customer_id, pool.id) for pool in pools], at)
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)


def block_of(line: InvoiceLine) -> Block | None:
    """The block that a line sold; None before it is granted, and for a line without credits."""
    if line.block_id is not None:
        return line.block
    return None if line.charge is None else activation.block_of(line.charge)


def _sold(line: InvoiceLine, block: Block | None, rests: dict[int, grants.Rest]) -> Sold:
    if line.kind in CONSUMED:
        return Sold(line, line.credits, 0, untouched=False)
    if block is not None:
        rest = rests[block.id]
        return Sold(line, block.granted, rest.left, rest.untouched, block=block)
    if line.charge is None or line.kind in _WITHOUT_CREDITS:
        return Sold(line, None, 0, untouched=True)
    # Read again: the contract is locked only now.
    charge = ScheduledCharge.objects.select_related("contract", "term").get(pk=line.charge.pk)
    taken = charge.taken_back_credits
    return Sold(line, charge.credits, charge.credits - taken, taken == 0, charge=charge)
