"""Does what a correction downwards asks for of overage that was billed: a credit note (O7, L10, JE-33).

The correction itself gives the revenue back to the unbilled receivable; the note takes it off what was
billed. The signed commitment of the next term does not move.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import late_overage
from contracts.models import Contract, ScheduledCharge
from invoicing import billing, credit_notes, grace_charges, grace_notes, sold
from invoicing.credit_notes import Taking
from invoicing.models import CreditNote, Invoice
from ledger.models import Term

_REASON = "Use of a term that was billed was corrected to less"


def restate_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: overage of term `<customer id>-<term id>` was moved after the term's end: what is more
    than was charged is charged beside, what is less is credited."""
    late_overage.bill_due(subject, due_at, recorded_at)
    contract, term = late_overage.of_subject(subject)
    if contract is None:
        grace_charges.restate(term, at=recorded_at)
        subscription = grace_charges.of_holder(term.holder_id)
        if subscription is not None:
            grace_notes.credit(subscription, term, at=recorded_at)
    else:
        credit(contract, term, at=recorded_at)


def credit(contract: Contract, term: Term, *, at: datetime) -> list[CreditNote]:
    """Credit overage of a closed term that was charged and is not overage any more; the newest charge
    first, one note per invoice.

    Charges that wait for the billing run are invoiced first, as they were left. Returns the notes, none
    where nothing was charged too much.
    """
    with transaction.atomic():
        sold.lock(contract, at=at)
        surplus = late_overage.surplus(contract, term, at)
        if surplus.credits <= 0:
            return []
        billing.bill(contract, until=at, at=at)
        by_invoice: dict[int, list[tuple[ScheduledCharge, int, int]]] = {}
        for charge, credits, minor in _shares(contract, term, surplus.credits, surplus.minor):
            by_invoice.setdefault(charge.line.invoice_id, []).append((charge, credits, minor))
        notes = [_note(Invoice.objects.get(pk=pk), shares, at) for pk, shares in by_invoice.items()]
        return [note for note in notes if note is not None]


def _shares(
    contract: Contract, term: Term, credits: int, minor: int
) -> list[tuple[ScheduledCharge, int, int]]:
    """Which charges give back how much: whole ones from the newest on, of the last one the rest."""
    charges = ScheduledCharge.objects.filter(
        contract=contract, term=term, kind=ScheduledCharge.Kind.OVERAGE
    ).select_related("line")
    found = []
    for charge in charges.order_by("-issue_at", "-id"):
        left = charge.credits - charge.taken_back_credits
        if not credits or not left:
            continue
        rest = charge.amount_minor - charge.taken_back_minor
        taken = min(left, credits)
        amount = rest if taken == left and taken < credits else min(rest, minor)
        found.append((charge, taken, amount))
        credits, minor = credits - taken, minor - amount
    return found


def _note(
    invoice: Invoice, shares: list[tuple[ScheduledCharge, int, int]], at: datetime
) -> CreditNote | None:
    """The note for one invoice; None where the overage cost nothing (I5)."""
    opened = sold.open_up(invoice, at=at)
    lines = {piece.line.pk: piece for piece in opened.sold}
    takings = []
    for charge, credits, minor in shares:
        charge.taken_back_credits += credits
        charge.taken_back_minor += minor
        charge.save(update_fields=["taken_back_credits", "taken_back_minor"])
        if minor:
            takings.append(Taking(lines[charge.line.pk], credits=credits, amount_minor=minor))
    if not takings:
        return None
    return credit_notes.issue(
        opened, takings, CreditNote.Occasion.CORRECTION, by="billing", reason=_REASON, at=at
    )
