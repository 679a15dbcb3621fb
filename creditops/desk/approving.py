"""Does what was approved: each kind of request names the work function that carries it out.

Decision and act are one transaction: what can't be carried out stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts import agreements, renewals
from creditops.lib import approvals
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from ledger import caps, units

# Does what was asked for, with what the approver typed; returns a sentence.
Carry = Callable[[Approval, Mapping[str, Any], str, datetime], str]


def approve(
    approval_id: int, given: Mapping[str, Any], *, by: str, at: datetime, reason: str
) -> str:
    """Approve a request and carry it out. Returns a sentence that names what was done.

    Raises Refusal of `approvals.approve`, or whatever the act is refused with.
    """
    with transaction.atomic():
        approval = approvals.approve(approval_id, by=by, at=at, reason=reason)
        carry = CARRIED_OUT.get(approval.kind)
        if carry is None:
            raise Refusal(
                "approval_unknown_kind", f"Nobody knows how to carry out {approval.kind!r}."
            )
        return carry(approval, {**given, "reason": reason}, by, at)


def _lift(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Lift the overage cap of the term that the request names, to the cap that was typed."""
    contract = agreements.find(approval.content["contract"])
    term = renewals.running_term(contract, at)
    if term is None or term.number != approval.content["term"]:
        raise Refusal(
            "no_running_term",
            f"Term {approval.content['term']} of {contract} is over. Reject this request.",
        )
    if given.get("cap") is None:
        raise Refusal("cap_missing", "Type the new cap in credits, of the whole term.")
    unit = units.find(units.CREDITS)
    caps.lift(
        contract.holder, unit_id=unit.id, cap=given["cap"], by=by,
        reason=given["reason"] or approval.summary, at=at,
    )  # fmt: skip
    return f"The overage cap of {contract} is {given['cap']:,} credits."


CARRIED_OUT: dict[str, Carry] = {caps.LIFT: _lift}
