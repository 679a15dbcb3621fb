"""Does what was approved: each kind of request names the work function that carries it out.

Decision and act are one transaction: what can't be carried out stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts import (
    agreements,
    amendment_requests,
    commission_payouts,
    quotes,
    renewals,
)
from creditops.desk import setting_words
from creditops.lib import approvals, money, policies, setting_requests
from creditops.lib.models import Approval, PolicySetting
from creditops.lib.refusals import Refusal
from invoicing import billing, money_on_account, refunds, seller, write_offs
from ledger import caps, closing, cohorts, recognition, units

# Does what was asked for, with what the approver typed; returns a sentence.
Carry = Callable[[Approval, Mapping[str, Any], str, datetime], str]


def approve(
    approval_id: int,
    given: Mapping[str, Any],
    *,
    by: str,
    at: datetime,
    reason: str,
    speaks_for: Collection[str] = (),
) -> str:
    """Approve a request and carry it out. Returns a sentence that names what was done.

    Args:
        approval_id: which request.
        given: what was typed with the decision.
        by, at, reason: who decides, when, and why.
        speaks_for: as which approvers of settings they do (`accounts.roles.speaks_for`).

    Raises Refusal of `approvals.approve`, `approval_not_yours`, or whatever the act is refused with.
    """
    with transaction.atomic():
        _check_approver(approval_id, speaks_for)
        approval = approvals.approve(approval_id, by=by, at=at, reason=reason)
        carry = CARRIED_OUT.get(approval.kind)
        if carry is None:
            raise Refusal(
                "approval_unknown_kind", f"Nobody knows how to carry out {approval.kind!r}."
            )
        return carry(approval, {**given, "reason": reason}, by, at)


def reject(
    approval_id: int, *, by: str, at: datetime, reason: str, speaks_for: Collection[str] = ()
) -> Approval:
    """Decline a request; of a change of a setting with it what other approvers were asked.

    Raises Refusal of `approvals.reject`, or `approval_not_yours`.
    """
    with transaction.atomic():
        _check_approver(approval_id, speaks_for)
        approval = approvals.reject(approval_id, by=by, at=at, reason=reason)
        if approval.kind == setting_requests.KIND:
            setting_requests.reject_others(approval, by=by, at=at, reason=reason)
        if approval.kind == quotes.KIND:
            quotes.take_back(approval)
        return approval


def _check_approver(approval_id: int, speaks_for: Collection[str]) -> None:
    """A change of a setting is decided by its approver only, an estimate of breakage by finance;
    decisions about one change wait for each other, so that the last one makes it."""
    asked = Approval.objects.filter(pk=approval_id).first()
    if asked is None:
        return
    if asked.kind == setting_requests.KIND:
        setting_requests.lock(asked)
        check_approver(asked, speaks_for)
    elif asked.kind in _OF_FINANCE and ESTIMATES_AGREED_BY not in speaks_for:
        raise Refusal("approval_not_yours", _OF_FINANCE[asked.kind])


def check_approver(asked: Approval, speaks_for: Collection[str]) -> None:
    """Refuse to decide a change of a setting as somebody else. Raises `approval_not_yours`."""
    approver = setting_requests.approver_of(asked)
    if approver not in speaks_for:
        raise Refusal(
            "approval_not_yours",
            f"This is for {approver} to decide: somebody of that role, in the desk.",
        )


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


def _change_setting(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Change the setting that the request names, if nobody else has to agree any more."""
    done = setting_requests.carry_out(approval, at=at)
    if not isinstance(done, PolicySetting):
        return f"It still has to be agreed by: {', '.join(done)}."
    said = setting_words.value(done.name, done.value)
    scope = policies.scope_words(done.scope)
    when = "now" if done.effective_at <= at else f"{done.effective_at:%Y-%m-%d %H:%M} UTC"
    return f"{setting_words.name(done.name)}: {said}, for {scope}, from {when} on."


def _refund(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Pay back what the credit note that the request names owes."""
    paid = refunds.pay_approved(approval, at=at)
    amount = money.text(sum(refund.amount_minor for refund in paid), paid[0].currency)
    return f"{amount} {paid[0].currency} of {approval.content['credit_note']} are paid back."


def _pay_back(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Pay back what stands on account of the receipt that the request names."""
    paid = money_on_account.pay_back_approved(approval, at=at)
    amount = money.text(paid.amount_minor, paid.currency)
    return f"{amount} {paid.currency} of {approval.content['receipt']} are paid back."


def _write_off(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Write off what is open of the invoice that the request names."""
    done = write_offs.write_off_approved(approval, at=at)
    invoice = done.write_off.invoice
    amount = money.text(done.write_off.amount_minor, invoice.currency)
    return f"{invoice.number} is written off: {amount} {invoice.currency} are a loss."


def _pay_commission(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Pay the commission that the request names."""
    made = commission_payouts.pay_approved(approval, at=at)
    cash = money.text(made.cash_minor, made.currency)
    return f"{cash} {made.currency} of commission are paid to {made.rep}."


def _estimate(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Estimate the breakage of the block that the request names."""
    made = recognition.carry_out_estimate(approval, by=by, at=at)
    return f"{made.expected:,} credits are expected to be used in the end."


def _estimate_cohort(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Estimate the breakage of every block of the cohort that the request names."""
    made = cohorts.carry_out_estimate(approval, by=by, at=at)
    share = approval.content["expected_pct"]
    return f"{share} % of the credits of {len(made)} blocks are expected to be used in the end."


def _reopen(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Open the month again that the request names."""
    made = closing.reopen_approved(approval, by=by, at=at)
    return f"{made} is open again."


def _send_quote(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Send the version that the request names."""
    sent = quotes.send_approved(approval, by=by, at=at, vendor=seller.as_printed())
    return f"{sent} is sent. {approval.requested_by} can make its link."


def _add(approval: Approval, given: Mapping[str, Any], by: str, at: datetime) -> str:
    """Add the credits that the request names to their contract, and bill them."""
    made = amendment_requests.add_approved(approval, at=at)
    contract = made.amendment.contract
    invoice = billing.bill(contract, until=at, at=at)
    number = "" if invoice is None else f" Invoice {invoice.number} is issued."
    return f"{made.block.granted:,} credits are added to {contract}.{number}"


# As whom an estimate of breakage is agreed to (V10); two persons, as for everything that is asked for.
ESTIMATES_AGREED_BY = "finance"

# What only finance or the controller agrees to, and what others are told.
_BREAKAGE = "An estimate of breakage is agreed to by finance or the controller, in the desk."
_OF_FINANCE = {
    recognition.ESTIMATE: _BREAKAGE,
    cohorts.ESTIMATE: _BREAKAGE,
    closing.REOPEN: "A closed month is opened again by finance or the controller, in the desk.",
}

CARRIED_OUT: dict[str, Carry] = {
    amendment_requests.KIND: _add,
    caps.LIFT: _lift,
    commission_payouts.KIND: _pay_commission,
    quotes.KIND: _send_quote,
    recognition.ESTIMATE: _estimate,
    cohorts.ESTIMATE: _estimate_cohort,
    closing.REOPEN: _reopen,
    setting_requests.KIND: _change_setting,
    refunds.KIND: _refund,
    money_on_account.KIND: _pay_back,
    write_offs.KIND: _write_off,
}
