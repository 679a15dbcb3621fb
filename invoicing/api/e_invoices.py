"""`/invoices/{number}/factur-x.xml` and that of credit notes: documents as EN 16931 has them."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.api.callers import ApiView, Scope
from creditops.lib.api.operations import Operation
from invoicing import e_invoices
from invoicing.api import credit_notes, invoices
from invoicing.models import CreditNote, Invoice

_REFUSES = ("en16931_decimals", "e_invoice_incomplete")


class InvoiceFacturX(ApiView):
    """The invoice as an e-invoice."""

    @Operation(scope=Scope.BILLING_READ, answers=e_invoices.CONTENT_TYPE, refuses=_REFUSES)
    def get(self, request: Request, number: str) -> HttpResponse:
        """Download an invoice as XML of EN 16931 (CII); its PDF carries the same, as Factur-X."""
        return _sent(invoices.visible(self, number))


class CreditNoteFacturX(ApiView):
    """The credit note as an e-invoice."""

    @Operation(scope=Scope.BILLING_READ, answers=e_invoices.CONTENT_TYPE, refuses=_REFUSES)
    def get(self, request: Request, note: str) -> HttpResponse:
        """Download a credit note as XML of EN 16931 (CII); its PDF carries the same, as Factur-X."""
        return _sent(credit_notes.visible(self, note))


def _sent(paper: Invoice | CreditNote) -> HttpResponse:
    answer = HttpResponse(e_invoices.export(paper).whole(), content_type=e_invoices.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{paper.number}.xml"'
    return answer
