"""Does what late use of a closed term asks for: its overage is billed beside, its figures restated (O7).

What was signed or renewed by those figures does not move.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from contracts import renewals, term_ends
from contracts.models import Contract, ScheduledCharge
from ledger.models import Term


def bill_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: overage of term `<customer id>-<term id>` was moved after the term's end."""
    customer_id, term_id = map(int, subject.split("-"))
    term = Term.objects.get(customer_id=customer_id, id=term_id)
    contract = (
        Contract.objects.filter(holder_id=term.holder_id)
        .select_related("customer", "holder__customer")
        .first()
    )
    if contract is not None:
        bill(contract, term, at=recorded_at)


def bill(contract: Contract, term: Term, *, at: datetime) -> ScheduledCharge | None:
    """Leave the charge for overage of a closed term that was not charged yet, and restate its figures.

    Args:
        term: over, and charged with the overage known at its end.
        at: the instant of the charge; its amount is what the running sum comes to, less what was
            charged already (M4, O4).

    Returns the charge; None if there is no more than was charged.
    """
    with transaction.atomic():
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        figures = renewals.proposal(contract, term, at)
        renewals.restate(contract, term, figures, at=at)
        charges = ScheduledCharge.objects.filter(
            contract=contract, term=term, kind=ScheduledCharge.Kind.OVERAGE
        )
        charged = charges.aggregate(
            credits=Sum("credits", default=0), minor=Sum("amount_minor", default=0)
        )
        more = figures.overage_credits - charged["credits"]
        if more <= 0:
            return None
        return term_ends.leave_overage(
            contract,
            term,
            credits=more,
            amount_minor=figures.overage_minor - charged["minor"],
            at=at,
            part=f":{charges.count() + 1}",
        )
