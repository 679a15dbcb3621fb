"""Does what a correction downwards asks for of grace use that was charged: a credit note (O7, L10, JE-33).

The correction itself gives the revenue back to the unbilled receivable; the note takes it off what was
billed. A grace that an upgrade settled needs none: its block gets the credits back.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import subscriptions
from contracts.models import PlanCharge, Subscription
from invoicing import credit_notes, documents, grace_charges, plan_charges, sold
from invoicing.credit_notes import Taking
from invoicing.models import CreditNote, Invoice
from ledger.models import Term

_REASON = "Use of a period that was billed was corrected to less"


def credit(subscription: Subscription, term: Term, *, at: datetime) -> list[CreditNote]:
    """Credit grace use of a period that was charged and is not beyond the balance any more; the newest
    charge first, one note per invoice.

    A charge that nothing is open of any more is settled with it, so no card is tried for it. Returns the
    notes, none where nothing was charged too much.
    """
    with transaction.atomic():
        due = grace_charges.uncharged(subscription, term, at=at)
        if due is None or due.minor >= 0:
            return []
        found = subscriptions.lock(subscription)
        credits, minor = max(0, -due.credits), -due.minor
        notes = []
        for charge in _newest_first(found, term):
            left = grace_charges.left_of(charge)
            taken = min(left.credits, credits)
            amount = (
                left.minor if taken == left.credits and taken < credits else min(left.minor, minor)
            )
            credits, minor = credits - taken, minor - amount
            if amount:
                notes.append(_note(charge, taken, amount, at))
        return notes


def _newest_first(subscription: Subscription, term: Term) -> list[PlanCharge]:
    charges = subscription.charges.filter(term=term, kind=PlanCharge.Kind.GRACE)
    return list(charges.select_related("subscription").order_by("-made_at", "-id"))


def _note(charge: PlanCharge, credits: int, minor: int, at: datetime) -> CreditNote:
    """The note for the invoice of one charge."""
    invoice = Invoice.objects.get(source=charge.source)
    opened = sold.open_up(invoice, at=at)
    taking = Taking(opened.sold[0], credits=credits, amount_minor=minor)
    note = credit_notes.issue(
        opened, [taking], CreditNote.Occasion.CORRECTION, by="billing", reason=_REASON, at=at
    )
    if charge.state == PlanCharge.State.OPEN and not documents.open_minor(invoice):
        plan_charges.collect_now(charge, at=at)
    return note
