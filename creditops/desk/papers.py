"""Answers with documents as PDF, for staff; the stored bytes are what the customer gets."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from contracts import proposal_letters
from contracts.models import RenewalProposal
from creditops.lib import clock
from creditops.lib.models import StoredFile
from creditops.lib.refusals import Refusal
from invoicing import rendering, seller
from invoicing.models import Invoice

UNAVAILABLE = 503


def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """An invoice."""
    found = Invoice.objects.filter(number=number).first()
    if found is None:
        raise Http404
    try:
        return _sent(rendering.pdf(found, at=clock.now()), f"{number}.pdf")
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


def _sent(stored: StoredFile, name: str) -> HttpResponse:
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
