"""Answers with documents as PDF and as e-invoices, for staff; the stored bytes are what the customer gets."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from contracts import proposal_letters
from contracts.models import RenewalProposal
from creditops.lib import clock
from creditops.lib.models import StoredFile
from creditops.lib.refusals import Refusal
from invoicing import e_invoices, note_papers, rendering, seller
from invoicing.models import CreditNote, Invoice

UNAVAILABLE, INCOMPLETE = 503, 409


def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """An invoice."""
    found = Invoice.objects.filter(number=number).first()
    if found is None:
        raise Http404
    try:
        return _sent(rendering.pdf(found, at=clock.now()), f"{number}.pdf")
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=UNAVAILABLE, content_type="text/plain")


def invoice_xml(request: HttpRequest, number: str) -> HttpResponse:
    """An invoice as an e-invoice; in its place what it lacks to be one."""
    found = Invoice.objects.filter(number=number).first()
    if found is None:
        raise Http404
    return _xml(found)


def note_xml(request: HttpRequest, number: str) -> HttpResponse:
    """A credit note as an e-invoice."""
    found = CreditNote.objects.select_related("invoice").filter(number=number).first()
    if found is None:
        raise Http404
    return _xml(found)


def note(request: HttpRequest, number: str) -> HttpResponse:
    """A credit note."""
    found = CreditNote.objects.select_related("invoice").filter(number=number).first()
    if found is None:
        raise Http404
    try:
        return _sent(note_papers.pdf(found, at=clock.now()), f"{number}.pdf")
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=UNAVAILABLE, content_type="text/plain")


def proposal(request: HttpRequest, key: int) -> HttpResponse:
    """A renewal proposal, as last restated."""
    found = RenewalProposal.objects.select_related("contract__customer").filter(pk=key).first()
    if found is None:
        raise Http404
    vendor = seller.profile()
    try:
        stored = proposal_letters.proposal_pdf(
            found, clock.now(), vendor=vendor.legal_name or vendor.name
        )
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=UNAVAILABLE, content_type="text/plain")
    return _sent(stored, f"renewal-{found.contract.code}.pdf")


def _xml(document: Invoice | CreditNote) -> HttpResponse:
    try:
        content = e_invoices.export(document).whole()
    except Refusal as refusal:
        return HttpResponse(refusal.detail, status=INCOMPLETE, content_type="text/plain")
    return HttpResponse(
        content,
        content_type=e_invoices.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{document.number}.xml"'},
    )


def _sent(stored: StoredFile, name: str) -> HttpResponse:
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
