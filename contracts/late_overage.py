"""Does what late use of a closed term asks for: its overage is billed beside, its figures restated (O7).

What was signed or renewed by those figures does not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from contracts import renewals, term_ends
from contracts.models import Contract, ScheduledCharge
from ledger.models import Term


@dataclass(frozen=True)
class Surplus:
    """Overage that was charged and not taken back, less what there is: credits, and minor units."""

    credits: int
    minor: int


def bill_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: overage of term `<customer id>-<term id>` was moved after the term's end."""
    contract, term = of_subject(subject)
    if contract is not None:
        bill(contract, term, at=recorded_at)


def of_subject(subject: str) -> tuple[Contract | None, Term]:
    """The term that due work names, and its contract; None where the term is not a contract's."""
    customer_id, term_id = map(int, subject.split("-"))
    term = Term.objects.get(customer_id=customer_id, id=term_id)
    contract = (
        Contract.objects.filter(holder_id=term.holder_id)
        .select_related("customer", "holder__customer")
        .first()
    )
    return contract, term


def surplus(contract: Contract, term: Term, at: datetime) -> Surplus:
    """By how much the overage of a closed term was charged too high; below zero: too low."""
    figures = renewals.proposal(contract, term, at)
    charged = _charges(contract, term).aggregate(
        credits=Sum(F("credits") - F("taken_back_credits"), default=0),
        minor=Sum(F("amount_minor") - F("taken_back_minor"), default=0),
    )
    return Surplus(
        int(charged["credits"]) - figures.overage_credits,
        int(charged["minor"]) - figures.overage_minor,
    )


def _charges(contract: Contract, term: Term) -> QuerySet[ScheduledCharge]:
    return ScheduledCharge.objects.filter(
        contract=contract, term=term, kind=ScheduledCharge.Kind.OVERAGE
    )


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
        too_high = surplus(contract, term, at)
        if too_high.credits >= 0:
            return None
        return term_ends.leave_overage(
            contract,
            term,
            credits=-too_high.credits,
            amount_minor=-too_high.minor,
            at=at,
            recorded_at=at,
            part=f":{_charges(contract, term).count() + 1}",
        )
