"""`/invoices`: documents and their payments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypedDict

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from creditops.lib import clock, money
from creditops.lib import pdf as paper
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from invoicing import documents, receipts, rendering
from invoicing.documents import Standing
from invoicing.models import Invoice, InvoiceLine, Payment
from ledger import books

# As many as surely fit a bigint.
_ID_DIGITS_MAX = 18
STATUSES = (
    documents.ISSUED,
    documents.PAID,
    documents.PARTLY_PAID,
    documents.OVERDUE,
    documents.VOID,
    documents.WRITTEN_OFF,
)


class InvoicesQuery(Paged):
    """Which invoices."""

    customer = Text(required=False)


class PaymentBody(Body):
    """A payment that arrived, in the invoice's currency."""

    amount = Text(max_length=30)
    currency = Text(max_length=3)
    reference = Text(max_length=200, help_text="the bank's or gateway's; recorded once")


class InvoiceLineShown(TypedDict):
    """A line; `unit_price` is what one credit costs, exact; `taxed` what its tax is on: its amount, but of
    credits that are taxed as they are used what was paid for them before."""

    kind: Annotated[str, shapes.one_of(InvoiceLine.Kind.values)]
    text: str
    credits: int | None
    unit_price: str | None
    amount: shapes.Money
    taxed: shapes.Money


class InvoiceTaxShown(TypedDict):
    """The tax of the lines of one rate; `taxable` is the part of their net that it is on."""

    rate: str
    category: str
    net: shapes.Money
    taxable: shapes.Money
    tax: shapes.Money


class InvoiceShown(TypedDict):
    """An invoice. `open` and `status` follow from payments, credit notes, a void or a write-off; the rest
    never changes. `tax_rate` is empty where lines have different ones: see `taxes`."""

    id: int
    number: str
    customer: str
    contract: str | None
    status: Annotated[str, shapes.one_of(status.lower() for status in STATUSES)]
    issue_date: shapes.Day
    due_date: shapes.Day
    currency: shapes.Currency
    net: shapes.Money
    tax: shapes.Money
    tax_rate: str
    tax_category: str
    taxes: list[InvoiceTaxShown]
    total: shapes.Money
    open: shapes.Money
    lines: list[InvoiceLineShown]


class Invoices(ApiView):
    """Issued invoices."""

    @Operation(scope=Scope.BILLING_READ, query=InvoicesQuery, answers=Page[InvoiceShown])
    def get(self, request: Request) -> Response:
        """List invoices, newest first."""
        rows = access.visible_to(self.key, Invoice.objects.select_related("customer", "contract"))
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        page = pages.page(
            rows.prefetch_related("lines", "taxes"), self.query, lambda invoice: invoice
        )
        standings = documents.standings(page["results"], _today())
        listed = [_shown(invoice, standings[invoice.pk]) for invoice in page["results"]]
        return Response({"results": listed, "next": page["next"]})


class InvoiceDetail(ApiView):
    """One invoice."""

    @Operation(scope=Scope.BILLING_READ, answers=InvoiceShown)
    def get(self, request: Request, number: str) -> Response:
        """Show an invoice with its lines and what is open."""
        return Response(shown(visible(self, number)))


class InvoicePdf(ApiView):
    """The invoice as PDF."""

    @Operation(scope=Scope.BILLING_READ, answers=paper.CONTENT_TYPE, refuses=("pdf_unavailable",))
    def get(self, request: Request, number: str) -> HttpResponse:
        """Download an invoice as PDF. It is rendered once: the same bytes ever after."""
        invoice = visible(self, number)
        stored = rendering.pdf(invoice, at=clock.now())
        answer = HttpResponse(bytes(stored.content), content_type=stored.content_type)
        answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
        return answer


class InvoicePayments(ApiView):
    """Payments of an invoice."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=PaymentBody,
        answers=InvoiceShown,
        status=201,
        refuses=("payment_currency", "payment_known", "payment_not_positive"),
        unreadable=("amount_exponent", "amount_unreadable", "currency_unknown"),
    )
    def post(self, request: Request, number: str) -> Response:
        """Record a payment that arrived. The same reference is recorded once; what is more than is open
        stands on the customer's account."""
        given, invoice = self.given(), visible(self, number)

        def record(at: datetime) -> InvoiceShown:
            receipts.record_for(
                invoice,
                amount_minor=money.minor_units(given["amount"], given["currency"]),
                currency=given["currency"],
                method=Payment.Method.TRANSFER,
                reference=given["reference"],
                by=self.by,
                at=at,
            )
            return shown(invoice)

        return self.once(record)


def shown(invoice: Invoice) -> InvoiceShown:
    """An invoice as the API shows it; money as decimal text in its currency."""
    return _shown(invoice, documents.standing(invoice, _today()))


def visible(view: ApiView, number: str) -> Invoice:
    """The invoice of this number or id, if the caller may see it. Raises NotFound."""
    rows = access.visible_to(view.key, Invoice.objects.select_related("customer", "contract"))
    is_id = number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS_MAX
    invoice: Invoice | None = rows.filter(**{"pk" if is_id else "number": number}).first()
    if invoice is None:
        raise NotFound("invoice", number)
    return invoice


def _today() -> date:
    now = clock.now()
    return books.date_of(now, books.current(now))


def _shown(invoice: Invoice, standing: Standing) -> InvoiceShown:
    currency = invoice.currency
    return {
        "id": invoice.pk,
        "number": invoice.number,
        "customer": invoice.customer.code,
        "contract": invoice.contract.code if invoice.contract else None,
        "status": standing.status.lower(),
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat(),
        "currency": currency,
        "net": money.text(invoice.net_minor, currency),
        "tax": money.text(invoice.tax_minor, currency),
        "tax_rate": invoice.tax_rate,
        "tax_category": invoice.tax_category,
        "taxes": [
            {
                "rate": row.rate_pct,
                "category": row.category,
                "net": money.text(row.net_minor, currency),
                "taxable": money.text(row.taxable_minor, currency),
                "tax": money.text(row.tax_minor, currency),
            }
            for row in invoice.taxes.all()
        ],
        "total": money.text(invoice.total_minor, currency),
        "open": money.text(standing.open_minor, currency),
        "lines": [_shown_line(line, currency) for line in invoice.lines.all()],
    }


def _shown_line(line: InvoiceLine, currency: str) -> InvoiceLineShown:
    return {
        "kind": line.kind,
        "text": line.text,
        "credits": line.credits,
        "unit_price": line.unit_price or None,
        "amount": money.text(line.amount_minor, currency),
        "taxed": money.text(line.base_minor, currency),
    }
