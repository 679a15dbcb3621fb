"""Does the PDF of a credit note: rendered once, stored with its hash, the same bytes ever after (I16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from creditops.lib import files, languages, printed
from creditops.lib import pdf as paper
from creditops.lib.models import StoredFile
from invoicing import rendering
from invoicing.models import CreditNote, CreditNoteLine


def render_due(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Outbox: render credit note `payload["number"]`; a second time nothing changes.

    Raises Refusal `pdf_unavailable` where pango is missing: the message waits until it is there.
    """
    pdf(CreditNote.objects.select_related("invoice").get(number=payload["number"]), at=at)


def pdf(note: CreditNote, *, at: datetime) -> StoredFile:
    """The stored PDF of a credit note; rendered now if the outbox has not done it yet.

    Raises Refusal `pdf_unavailable` where it would have to be rendered and pango is missing.
    """
    name = f"credit_notes/{note.number}.pdf"
    found = files.find(name)
    if found is not None:
        return found
    lines = list(note.lines.select_related("line").order_by("position"))
    content = paper.render(
        "documents/credit_note.html",
        facts(note, lines),
        assets=rendering.assets(note.seller),
        attached=rendering.attached(note),
    )
    return files.keep(name, content, content_type=paper.CONTENT_TYPE, at=at)


def facts(note: CreditNote, lines: Sequence[CreditNoteLine]) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    language, currency, invoice = note.language, note.currency, note.invoice
    rows = [_row(note, line) for line in lines]
    rendering.carry(rows, [line.base_minor for line in lines], currency, language)
    before = sum(line.taxed_minor or 0 for line in lines)
    rates = dict(invoice.taxes.filter(at_use=False).order_by().values_list("no", "rate_pct"))
    return {
        **rendering.frame(note, "credit_note"),
        "invoice": {
            "number": invoice.number,
            "issue_date": printed.day(invoice.issue_date, language),
        },
        "headline": _headline(note),
        "rows": rows,
        "has": {"credits": any(row["credits"] for row in rows)},
        "net": printed.amount(note.net_minor + before, currency, language),
        "gross": printed.amount(note.total_minor + before, currency, language),
        "billed_before": printed.amount(-before, currency, language) if before else "",
        "taxes": rendering.taxes(
            note.taxes.filter(no__in=rates).order_by("no"), rates, currency, language
        ),
        "tax_note": invoice.tax_note,
        "total": printed.amount(note.total_minor, currency, language),
        "reason": note.reason,
        "notes": [*_notes(note, lines), *note.notes],
    }


def _headline(note: CreditNote) -> str:
    """What becomes of the sum: less is owed, or it is paid back."""
    language = note.language
    if not note.refundable_minor:
        return languages.say(language, "lessens", number=note.invoice.number)
    if not note.receivable_minor:
        return languages.say(language, "paid_back")
    return languages.say(
        language, "lessens_and_paid_back", amount=_amount(note, note.refundable_minor)
    )


def _notes(note: CreditNote, lines: Sequence[CreditNoteLine]) -> list[str]:
    """What the document says about itself, in sentences."""
    language, invoice = note.language, note.invoice
    day = printed.day(invoice.issue_date, language)
    said = [languages.say(language, "corrects", number=invoice.number, day=day)]
    for key, minor in (("less_owed", note.receivable_minor), ("goes_back", note.refundable_minor)):
        if minor:
            said.append(languages.say(language, key, amount=_amount(note, minor)))
    if any(line.block_id for line in lines):
        said.append(languages.say(language, "taken_back"))
    return said


def _amount(note: CreditNote, minor: int) -> str:
    return f"{note.currency} {printed.amount(minor, note.currency, note.language)}"


def _row(note: CreditNote, line: CreditNoteLine) -> dict[str, Any]:
    return {
        "position": str(line.position),
        "text": line.text,
        "credits": "" if line.credits is None else printed.credits(line.credits, note.language),
        "amount": printed.amount(line.base_minor, note.currency, note.language),
    }
