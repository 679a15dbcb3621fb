"""Does disputes about commission: a rep objects, somebody else answers, once (S56).

An answer moves no money. What was wrong is put right where it was: the contract's owners, its usage, its
plan from the next term on; the next month's end restates what follows from that.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts.models import CommissionDispute, Contract
from creditops.lib.refusals import NotFound, Refusal

_State = CommissionDispute.State


def raise_one(
    rep: str, year: int, *, text: str, by: str, at: datetime, contract: Contract | None = None
) -> CommissionDispute:
    """Object to a statement, or to one contract in it. Raises Refusal `reason_missing`."""
    if not text.strip():
        raise Refusal("reason_missing", "Say what is wrong: whoever answers reads nothing else.")
    made: CommissionDispute = CommissionDispute.objects.create(
        rep=rep, year=year, contract=contract, text=text.strip(), raised_at=at, raised_by=by
    )
    return made


def answer(
    dispute: CommissionDispute, *, accepted: bool, text: str, by: str, at: datetime
) -> CommissionDispute:
    """Answer a dispute. Raises Refusal `reason_missing`, `dispute_answered`, `approval_own`."""
    if not text.strip():
        raise Refusal("reason_missing", "Say why: the rep reads it.")
    with transaction.atomic():
        found = CommissionDispute.objects.select_for_update().get(pk=dispute.pk)
        if found.state != _State.OPEN:
            raise Refusal("dispute_answered", f"This was answered by {found.answered_by} already.")
        if found.raised_by == by:
            raise Refusal("approval_own", "You raised this yourself. Another person has to answer.")
        found.state = _State.ACCEPTED if accepted else _State.DECLINED
        found.answer = text.strip()
        found.answered_at = at
        found.answered_by = by
        found.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    return found


def find(key: int) -> CommissionDispute:
    """The dispute of this number. Raises NotFound."""
    found = CommissionDispute.objects.select_related("contract").filter(pk=key).first()
    if found is None:
        raise NotFound("dispute", key)
    return found
