"""Does the issuing of invoices: frozen, numbered, posted; the PDF waits in the outbox.

Everything that a document prints is written on it here, in one transaction with its number and its
journal entry (I1, I2, V3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.models import Customer
from contracts.models import Contract, ScheduledCharge
from creditops.lib import due, languages, locks, money, outbox, printed
from creditops.lib.refusals import Refusal
from invoicing import (
    dunning_plan,
    note_entries,
    numbering,
    owed,
    seller,
    tax,
    tax_ids,
    tax_months,
    translation,
)
from invoicing.models import Invoice, InvoiceLine, InvoiceTax, InvoiceVoid, SellerProfile
from invoicing.translation import receivable_source
from ledger import balances, books, chart, exchange, posting
from ledger.journal import Posting, post
from ledger.models import Block, BookSettings, Holder, JournalEntry
from ledger.periods import Months

RENDER = "invoicing.render"
# What holds a document back until somebody has told more: it is a draft until then, and no fault.
HOLDS = frozenset({"tax_rate_unknown", "tax_id_doubtful", "seller_tax_id_missing"})
CREDITS, SERVICES = tax.CREDITS, tax.SERVICES


@dataclass(frozen=True)
class Line:
    """A line to be issued.

    `amount_minor` is net, `list_minor` before the document's discount; `charge` the scheduled charge
    that it bills; `tax_rate` a rate of its own in percent instead of the customer's; `product` its tax
    code in the tax table, by default that of credits or of services. `taxed_minor` is what the tax is on
    where it was paid before and only the tax is owed, and `taxed` that tax.
    """

    kind: str
    text: str
    amount_minor: int
    credits: int | None = None
    unit_price: str = ""
    period_from: date | None = None
    period_to: date | None = None
    charge: ScheduledCharge | None = None
    block: Block | None = None
    list_minor: int | None = None
    tax_rate: str = ""
    product: str = ""
    taxed_minor: int | None = None
    taxed: tax.Tax | None = None

    @property
    def base_minor(self) -> int:
        """What its tax is on."""
        return self.amount_minor if self.taxed_minor is None else self.taxed_minor


@dataclass(frozen=True)
class Document:
    """An invoice to be issued.

    Attributes:
        customer, contract, holder: for whom, under which contract, for whose credits.
        lines: in their order.
        currency: ISO 4217, of all amounts.
        due_date: last day to pay.
        source: the act that it bills; the same source is invoiced once.
        prepaid: paid by card in the same transaction, and printed so.
        receivable_at: when the right to the money is unconditional; None: at payment (V3).
        notes: sentences to print: conversion rates, expiry, rollover (S78).
    """

    customer: Customer
    lines: Sequence[Line]
    currency: str
    due_date: date
    source: str
    contract: Contract | None = None
    holder: Holder | None = None
    prepaid: bool = False
    receivable_at: datetime | None = None
    notes: Sequence[str] = ()


def issue(document: Document, *, at: datetime) -> Invoice:
    """Issue an invoice at `at`.

    Returns it. Raises Refusal `invoice_empty` or `already_invoiced`. Its entry is posted now, or
    when the right to the money becomes unconditional.
    """
    if not document.lines:
        raise Refusal("invoice_empty", "An invoice needs at least one line.")
    with transaction.atomic():
        current = books.current(at)
        today = books.date_of(at, current)
        owed_from = document.receivable_at
        owed_now = owed_from is not None and owed_from <= at
        owed_on = books.date_of(owed_from, current) if owed_from and owed_now else today
        months = Months([owed_on, today], received_on=today)
        if Invoice.objects.filter(source=document.source).exists():
            raise Refusal("already_invoiced", f"{document.source} has its invoice already.")
        number = numbering.take(numbering.INVOICES, today)
        invoice = _write(document, number, at)
        # Nobody else sees the invoice yet: no second asker, no void, no note to look for.
        if owed_from is not None and owed_now and invoice.total_minor:
            _post_owed(invoice, owed_from, current, months.posting_date(owed_on), at)
        elif owed_from is not None and not owed_now:
            due.plan(
                "invoicing.receivable", invoice.number, owed_from,
                rank=due.START, group=document.customer.code,
            )  # fmt: skip
        if document.holder is not None and any(row.at_use for row in invoice.taxes.all()):
            tax_months.plan(document.holder, after=at)
        outbox.add(RENDER, invoice.number, {"number": invoice.number}, at=at)
        if invoice.total_minor and not document.prepaid:
            dunning_plan.next_step(invoice, after=at)
    return invoice


def receivable_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the right to invoice `subject` has become unconditional."""
    post_receivable(Invoice.objects.get(number=subject), owed_from=due_at, at=recorded_at)


def post_receivable(invoice: Invoice, *, owed_from: datetime, at: datetime) -> None:
    """Post what the customer owes by the invoice (JE-02, JE-16), and the credit notes that waited for
    it; once, whoever asks first. By a void invoice nothing is owed.

    Args:
        owed_from: when the right to the money became unconditional (V3): the entry is of that day, or
            of today if its month is closed, however late the work is done (T7).
        at: the instant of recording.
    """
    with transaction.atomic():
        current = books.current(at)
        today, owed_on = books.date_of(at, current), books.date_of(owed_from, current)
        noted = invoice.credit_notes.values_list("issue_date", flat=True)
        months = Months([owed_on, *noted, today], received_on=today)
        locks.hold(f"invoice:{invoice.number}")
        if is_receivable(invoice) or InvoiceVoid.objects.filter(invoice=invoice).exists():
            return
        _post_owed(invoice, owed_from, current, months.posting_date(owed_on), at)
        for note in invoice.credit_notes.order_by("id"):
            waited_until = max(owed_on, note.issue_date)
            note_entries.post_note(note, on=months.posting_date(waited_until), at=at)


def _post_owed(
    invoice: Invoice, owed_from: datetime, current: BookSettings, on: date, at: datetime
) -> None:
    """The entry of what the customer owes, of day `on`; what was owed before goes over into it."""
    _let_overage_be_posted(invoice, current.currency, at)
    credit = translation.owed_parts(invoice, owed_from)
    total = exchange.functional(invoice.total_minor, invoice.currency, owed_from)
    post(
        Posting(
            on=on,
            recipe=_recipe(credit),
            memo=f"Invoice {invoice.number}",
            source=receivable_source(invoice),
            customer_id=invoice.customer_id,
            holder=invoice.holder,
        ),
        debit={chart.RECEIVABLES: total, chart.CURRENCY: sum(credit.values()) - total},
        credit=credit,
        foreign=translation.foreign_parts(invoice),
        currency=current.currency,
        at=at,
    )
    if any(line.charge_id for line in invoice.lines.all()):
        charged = invoice.lines.filter(charge__isnull=False)
        for line in charged.select_related("charge__contract"):
            owed.take_over(line.charge, on=on, at=at)


def _recipe(credit: Mapping[str, int]) -> str:
    """Which recipe bills these: tax alone is that of credits as they are used."""
    if credit.keys() == {chart.TAX}:
        return "JE-44"
    return "JE-16" if chart.UNBILLED in credit else "JE-02"


def earned(invoice: Invoice) -> dict[str, int]:
    """Account -> net of the lines that go there, in the invoice's currency."""
    found: dict[str, int] = {}
    for line in invoice.lines.all():
        account = translation.account_of(line)
        found[account] = found.get(account, 0) + line.amount_minor
    return found


def _let_overage_be_posted(invoice: Invoice, ours: str, at: datetime) -> None:
    """What overage is carried at stands in the journal: in another currency its use is posted first."""
    bills_overage = any(
        translation.account_of(line) == chart.UNBILLED for line in invoice.lines.all()
    )
    if invoice.currency != ours and bills_overage and invoice.holder is not None:
        pools = balances.pools_of(invoice.holder)
        posting.post_pools([(pool.customer_id, pool.id) for pool in pools], at)


def is_receivable(invoice: Invoice) -> bool:
    """Whether what the customer owes by the invoice is posted; by an invoice of nothing, nothing."""
    return invoice.total_minor == 0 or is_posted(invoice)


def is_posted(invoice: Invoice) -> bool:
    """Whether what the customer owes by the invoice stands in the journal."""
    found: bool = JournalEntry.objects.filter(source=receivable_source(invoice)).exists()
    return found


def _write(document: Document, number: numbering.Number, at: datetime) -> Invoice:
    vendor = seller.profile()
    applied = _taxes_of(document, vendor, at)
    rates = list(dict.fromkeys(applied))
    taxes = [_tax(no, rate, document, applied) for no, rate in enumerate(rates, start=1)]
    net = sum(line.amount_minor for line in document.lines)
    taxed = sum(row.tax_minor for row in taxes)
    invoice = Invoice.objects.create(
        number=str(number),
        series=number.series,
        year=number.year,
        sequence=number.sequence,
        customer=document.customer,
        contract=document.contract,
        holder=document.holder,
        issued_at=at,
        issue_date=number.issue_date,
        due_date=document.due_date,
        currency=document.currency,
        language=document.customer.language,
        net_minor=net,
        tax_minor=taxed,
        total_minor=net + taxed,
        prepaid_minor=net + taxed if document.prepaid else 0,
        tax_category=rates[0].category,
        tax_rate=taxes[0].rate_pct if len(taxes) == 1 else "",
        tax_note="; ".join(_tax_notes(document, rates, taxed, at))[:200],
        seller=seller.as_printed(vendor),
        buyer=as_printed(document.customer),
        notes=list(document.notes),
        receivable_at=document.receivable_at,
        source=document.source,
    )
    for row in taxes:
        row.invoice = invoice
    InvoiceTax.objects.bulk_create(taxes)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            kind=line.kind,
            text=line.text,
            credits=line.credits,
            unit_price=line.unit_price,
            amount_minor=line.amount_minor,
            taxed_minor=line.taxed_minor,
            list_minor=line.list_minor,
            tax_no=rates.index(applied[position - 1]) + 1,
            period_from=line.period_from,
            period_to=line.period_to,
            charge=line.charge,
            block=line.block,
        )
        for position, line in enumerate(document.lines, start=1)
    )
    # What was issued never changes: read once, for the entry, the paper and the e-invoice.
    prefetch_related_objects([invoice], "lines", "taxes")
    return invoice


def _tax_notes(document: Document, rates: Sequence[tax.Tax], taxed: int, at: datetime) -> list[str]:
    """Why nothing is taxed, or part; and the tax in the books' currency where the invoice is in another
    (I3)."""
    said = [*dict.fromkeys(rate.note for rate in rates if rate.note)]
    ours, language = books.current(at).currency, document.customer.language
    if taxed and document.currency != ours:
        in_ours = exchange.functional(taxed, document.currency, at)
        rate = money.decimal_text(exchange.rate(document.currency, at))
        said.append(
            languages.say(
                language,
                "tax_in_books",
                amount=f"{ours} {printed.amount(in_ours, ours, language)}",
                rate=printed.percent(rate, language),
            )
        )
    return said


def _taxes_of(document: Document, vendor: SellerProfile, at: datetime) -> list[tax.Tax]:
    """The tax of each line: by its product, or at a rate of its own; of credits that are taxed as they are
    used none yet. A reverse charge is proven."""
    buyer = document.customer
    told = [line.taxed or _not_yet(document, line, at) for line in document.lines]
    products = [line.product or _product(line) for line in document.lines]
    asked = {product for product, found in zip(products, told, strict=True) if found is None}
    known = tax.of_each(buyer, vendor, at, asked) if asked else {}
    applied = [
        found or (known[product].at_rate(line.tax_rate) if line.tax_rate else known[product])
        for line, product, found in zip(document.lines, products, told, strict=True)
    ]
    if any(found.category == tax.REVERSE_CHARGE for found in applied):
        tax_ids.prove(buyer, vendor, at=at)
    return applied


def _not_yet(document: Document, line: Line, at: datetime) -> tax.Tax | None:
    """The tax of a line of credits that are taxed as they are used; None: it is taxed here. What it bills was
    sold when its charge was made; a rate of its own was written by somebody who knows it."""
    sells = line.block is not None or (
        line.charge is not None and line.charge.kind != ScheduledCharge.Kind.OVERAGE
    )
    if not sells or document.holder is None or line.tax_rate:
        return None
    sold_at = at if line.charge is None else line.charge.recorded_at
    if not tax.due_at_use(document.holder, sold_at):
        return None
    return tax.later(document.customer.language)


def _product(line: Line) -> str:
    return SERVICES if line.kind == InvoiceLine.Kind.OTHER else CREDITS


def _tax(no: int, rate: tax.Tax, document: Document, applied: Sequence[tax.Tax]) -> InvoiceTax:
    """The tax of the lines that this rate applies to: on their sum, rounded once (I7)."""
    nets = [
        line.base_minor for line, own in zip(document.lines, applied, strict=True) if own == rate
    ]
    return InvoiceTax(
        no=no,
        category=rate.category,
        rate_pct=money.decimal_text(rate.rate_pct),
        share_pct=money.decimal_text(rate.share_pct),
        net_minor=sum(nets),
        taxable_minor=rate.taxable(nets),
        tax_minor=rate.on(nets),
        note=rate.note[:200],
        at_use=rate.at_use,
    )


def as_printed(customer: Customer) -> Mapping[str, Any]:
    """The customer's facts to freeze on a document."""
    return {
        "code": customer.code,
        "name": customer.legal_name or customer.name,
        "address": customer.address,
        "country": customer.country,
        "vat_id": customer.tax_id,
    }
