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

from accounts.models import Customer
from contracts.models import Contract, ScheduledCharge
from creditops.lib import due, locks, money, outbox
from creditops.lib.refusals import Refusal
from invoicing import numbering, seller, tax
from invoicing.models import Invoice, InvoiceLine
from ledger import books, chart
from ledger.journal import Posting, post
from ledger.models import Block, Holder, JournalEntry
from ledger.periods import Months

RENDER = "invoicing.render"
_CREDIT_OF = {InvoiceLine.Kind.OVERAGE: chart.UNBILLED}


@dataclass(frozen=True)
class Line:
    """A line to be issued. `amount_minor` is net; `charge` the scheduled charge that it bills."""

    kind: str
    text: str
    amount_minor: int
    credits: int | None = None
    unit_price: str = ""
    period_from: date | None = None
    period_to: date | None = None
    charge: ScheduledCharge | None = None
    block: Block | None = None


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
        Months([today], received_on=today)
        if Invoice.objects.filter(source=document.source).exists():
            raise Refusal("already_invoiced", f"{document.source} has its invoice already.")
        number = numbering.take(numbering.INVOICES, today)
        invoice = _write(document, number, at)
        if document.receivable_at is not None:
            if document.receivable_at <= at:
                post_receivable(invoice, at=at)
            else:
                due.plan(
                    "invoicing.receivable", invoice.number, document.receivable_at,
                    rank=due.START, group=document.customer.code,
                )  # fmt: skip
        outbox.add(RENDER, invoice.number, {"number": invoice.number}, at=at)
    return invoice


def receivable_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the right to invoice `subject` has become unconditional."""
    post_receivable(Invoice.objects.get(number=subject), at=recorded_at)


def post_receivable(invoice: Invoice, *, at: datetime) -> None:
    """Post what the customer owes by the invoice (JE-02, JE-16); once, whoever asks first."""
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        locks.hold(f"invoice:{invoice.number}")
        if is_receivable(invoice):
            return
        credit: dict[str, int] = {chart.TAX: invoice.tax_minor}
        for line in invoice.lines.all():
            account = _CREDIT_OF.get(InvoiceLine.Kind(line.kind), chart.DEFERRED_CREDITS)
            credit[account] = credit.get(account, 0) + line.amount_minor
        post(
            Posting(
                on=months.posting_date(today),
                recipe="JE-16" if chart.UNBILLED in credit else "JE-02",
                memo=f"Invoice {invoice.number}",
                source=receivable_source(invoice),
                customer_id=invoice.customer_id,
                holder=invoice.holder,
            ),
            debit={chart.RECEIVABLES: invoice.total_minor},
            credit=credit,
            currency=invoice.currency,
            at=at,
        )


def is_receivable(invoice: Invoice) -> bool:
    """Whether what the customer owes by the invoice is posted; by an invoice of nothing, nothing."""
    if invoice.total_minor == 0:
        return True
    return JournalEntry.objects.filter(source=receivable_source(invoice)).exists()


def receivable_source(invoice: Invoice) -> str:
    """What names the entry of what the customer owes by the invoice, in the journal."""
    return f"invoice:{invoice.number}:receivable"


def _write(document: Document, number: numbering.Number, at: datetime) -> Invoice:
    applied = tax.of(document.customer, seller.profile(), at)
    nets = [line.amount_minor for line in document.lines]
    taxed = applied.on(nets)
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
        net_minor=sum(nets),
        tax_minor=taxed,
        total_minor=sum(nets) + taxed,
        prepaid_minor=sum(nets) + taxed if document.prepaid else 0,
        tax_category=applied.category,
        tax_rate=money.decimal_text(applied.rate_pct),
        tax_note=applied.note,
        seller=seller.as_printed(),
        buyer=_buyer(document.customer),
        notes=list(document.notes),
        receivable_at=document.receivable_at,
        source=document.source,
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            kind=line.kind,
            text=line.text,
            credits=line.credits,
            unit_price=line.unit_price,
            amount_minor=line.amount_minor,
            period_from=line.period_from,
            period_to=line.period_to,
            charge=line.charge,
            block=line.block,
        )
        for position, line in enumerate(document.lines, start=1)
    )
    return invoice


def _buyer(customer: Customer) -> Mapping[str, Any]:
    return {
        "code": customer.code,
        "name": customer.legal_name or customer.name,
        "address": customer.address,
        "country": customer.country,
        "vat_id": customer.tax_id,
    }
