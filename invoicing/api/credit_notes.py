"""`/credit-notes` and what makes them: `/invoices/{number}/void`, `/credit-notes`, `/write-off`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypedDict

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope, Waiting
from creditops.lib import clock, money
from creditops.lib import pdf as paper
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Credits, Lines, Paged, Reason, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Page
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import credit_notes, documents, note_papers, refunds, voids, write_offs
from invoicing.api import invoices
from invoicing.api.invoices import InvoiceShown
from invoicing.models import CreditNote, CreditNoteLine

STATUSES = (documents.ISSUED, documents.PAID)
_TAKING = ("credits_consumed", "credits_held", "not_untouched", "reason_missing", "zero_amount")


class CreditNotesQuery(Paged):
    """Which credit notes."""

    customer = Text(required=False)


class CreditNoteBody(Body):
    """What to credit: so many unused credits, or whole lines."""

    credits = Credits(required=False)
    lines = serializers.ListField(
        child=Whole(min_value=1), required=False, min_length=1, help_text="their numbers, from 1"
    )
    reason = Lines(max_length=1000, help_text="is printed on the credit note")


class CreditNoteLineShown(TypedDict):
    """A line: what of which line of the invoice."""

    invoice_line: int
    text: str
    credits: int | None
    amount: shapes.Money


class CreditNoteShown(TypedDict):
    """A credit note. `open` is what is still to be paid back; the rest never changes.

    `waits_for_approval` names the request of a refund that needs a second person.
    """

    number: str
    invoice: str
    customer: str
    contract: str | None
    status: Annotated[str, shapes.one_of(status.lower() for status in STATUSES)]
    issue_date: shapes.Day
    currency: shapes.Currency
    net: shapes.Money
    tax: shapes.Money
    total: shapes.Money
    refundable: shapes.Money
    open: shapes.Money
    reason: str
    lines: list[CreditNoteLineShown]
    waits_for_approval: str | None


class WriteOffShown(TypedDict):
    """A write-off: the invoice as it stands then, and the credit note for what was not used.

    `waits_for_approval` names the request where a second person has to agree; nothing is written off
    until then.
    """

    invoice: InvoiceShown
    credit_note: CreditNoteShown | None
    loss: shapes.Money | None
    waits_for_approval: str | None


class InvoiceVoid(ApiView):
    """An invoice made void."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=Reason,
        answers=InvoiceShown,
        refuses=("credits_held", "not_untouched", "reason_missing"),
    )
    def post(self, request: Request, number: str) -> Response:
        """Make an untouched invoice void: nothing used, nothing paid. It keeps its number."""
        given, invoice = self.given(), invoices.visible(self, number)

        def void(at: datetime) -> InvoiceShown:
            voids.void(invoice, by=self.by, reason=given["reason"], at=at)
            return invoices.shown(invoice)

        return self.once(void)


class InvoiceCreditNotes(ApiView):
    """Credit notes of an invoice."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=CreditNoteBody,
        answers=CreditNoteShown,
        status=201,
        refuses=(*_TAKING, "line_unknown", "note_above_invoice"),
        unreadable=("credits_or_lines",),
    )
    def post(self, request: Request, number: str) -> Response:
        """Credit unused credits at what they cost, or whole lines. What is open falls first; what was
        paid is owed to the customer until it is refunded."""
        given, invoice = self.given(), invoices.visible(self, number)
        if ("credits" in given) == ("lines" in given):
            raise Refusal(
                "credits_or_lines",
                "Say either how many credits, or which lines of the invoice.",
                unreadable=True,
            )

        def credit(at: datetime) -> CreditNoteShown:
            how = {"by": self.by, "reason": given["reason"], "at": at}
            if "credits" in given:
                return shown(credit_notes.credit(invoice, credits=given["credits"], **how))
            return shown(credit_notes.credit_lines(invoice, positions=given["lines"], **how))

        return self.once(credit)


class InvoiceWriteOff(ApiView):
    """An invoice that nobody will pay."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        body=Reason,
        answers=WriteOffShown,
        waits=True,
        refuses=("credits_held", "not_untouched", "nothing_open", "reason_missing"),
    )
    def post(self, request: Request, number: str) -> Response:
        """Take back what is unpaid and unused, and write off the rest; above the key's limit a second
        person is asked first."""
        given, invoice = self.given(), invoices.visible(self, number)

        def write_off(at: datetime) -> Mapping[str, Any]:
            done = write_offs.write_off_or_ask(invoice, by=self.by, reason=given["reason"], at=at)
            now = invoices.shown(invoice)
            if isinstance(done, Approval):
                waits: WriteOffShown = {
                    "invoice": now, "credit_note": None, "loss": None,
                    "waits_for_approval": str(done.pk),
                }  # fmt: skip
                return Waiting(waits)
            body: WriteOffShown = {
                "invoice": now,
                "credit_note": shown(done.note) if done.note else None,
                "loss": money.text(done.write_off.amount_minor, invoice.currency),
                "waits_for_approval": None,
            }
            return body

        return self.once(write_off)


class CreditNotes(ApiView):
    """Issued credit notes."""

    @Operation(scope=Scope.BILLING_READ, query=CreditNotesQuery, answers=Page[CreditNoteShown])
    def get(self, request: Request) -> Response:
        """List credit notes, newest first."""
        rows = _rows(self)
        if "customer" in self.query:
            rows = rows.filter(customer=self.customer(self.query["customer"]))
        page = pages.page(rows.prefetch_related("lines__line"), self.query, lambda note: note)
        still_open = documents.note_open_minors(page["results"])
        listed = [_shown(note, still_open[note.pk]) for note in page["results"]]
        return Response({"results": listed, "next": page["next"]})


class CreditNoteDetail(ApiView):
    """One credit note."""

    @Operation(scope=Scope.BILLING_READ, answers=CreditNoteShown)
    def get(self, request: Request, note: str) -> Response:
        """Show a credit note with its lines, and what is still owed to the customer."""
        return Response(shown(visible(self, note)))


class CreditNotePdf(ApiView):
    """The credit note as PDF."""

    @Operation(scope=Scope.BILLING_READ, answers=paper.CONTENT_TYPE, refuses=("pdf_unavailable",))
    def get(self, request: Request, note: str) -> HttpResponse:
        """Download a credit note as PDF. It is rendered once: the same bytes ever after."""
        found = visible(self, note)
        stored = note_papers.pdf(found, at=clock.now())
        answer = HttpResponse(bytes(stored.content), content_type=stored.content_type)
        answer["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
        return answer


class CreditNoteRefund(ApiView):
    """What a credit note owes, paid back."""

    @Operation(
        scope=Scope.BILLING_WRITE,
        vendors_own=True,
        answers=CreditNoteShown,
        waits=True,
        refuses=("nothing_to_refund",),
    )
    def post(self, request: Request, note: str) -> Response:
        """Pay back all that is owed, the way it came; above the key's limit a second person is asked
        first."""
        self.given()
        found = visible(self, note)

        def refund(at: datetime) -> Mapping[str, Any]:
            done = refunds.pay_or_ask(found, by=self.by, at=at)
            if isinstance(done, Approval):
                return Waiting(shown(found, waits=done))
            return shown(found)

        return self.once(refund)


def shown(note: CreditNote, *, waits: Approval | None = None) -> CreditNoteShown:
    """A credit note as the API shows it; money as decimal text in its currency."""
    return _shown(note, documents.note_open_minor(note), waits)


def _rows(view: ApiView) -> Any:
    rows = CreditNote.objects.select_related("customer", "contract", "invoice")
    return access.visible_to(view.key, rows)


def visible(view: ApiView, number: str) -> CreditNote:
    """The credit note of this number, if the caller may see it. Raises NotFound."""
    found: CreditNote | None = _rows(view).filter(number=number).first()
    if found is None:
        raise NotFound("credit note", number)
    return found


def _shown(note: CreditNote, still_open: int, waits: Approval | None = None) -> CreditNoteShown:
    def text(minor: int) -> str:
        return money.text(minor, note.currency)

    return {
        "number": note.number,
        "invoice": note.invoice.number,
        "customer": note.customer.code,
        "contract": note.contract.code if note.contract else None,
        "status": documents.note_status(still_open).lower(),
        "issue_date": note.issue_date.isoformat(),
        "currency": note.currency,
        "net": text(note.net_minor),
        "tax": text(note.tax_minor),
        "total": text(note.total_minor),
        "refundable": text(note.refundable_minor),
        "open": text(still_open),
        "reason": note.reason,
        "lines": [_shown_line(line, text) for line in note.lines.all()],
        "waits_for_approval": str(waits.pk) if waits else None,
    }


def _shown_line(line: CreditNoteLine, text: Callable[[int], str]) -> CreditNoteLineShown:
    return {
        "invoice_line": line.line.position,
        "text": line.text,
        "credits": line.credits,
        "amount": text(line.amount_minor),
    }
