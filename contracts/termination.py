"""Does the early end of a contract: its running term is cut short, and what is left expires there.

The end itself is the ordinary end of a term (`term_ends`): overage is charged, nothing is renewed; there
is no grace after it, since nobody can still renew what was given up. Fractions of a credit that packs
carry are waived with the contract (R4).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import agreements, amendments, commissions
from contracts.models import Amendment, Contract
from creditops.lib import due
from creditops.lib.refusals import Refusal
from ledger import balances, expiry
from ledger.models import Term


def terminate(contract: Contract, *, end: datetime, by: str, reason: str, at: datetime) -> Term:
    """Let the running term of a contract end early.

    Args:
        end: its new end, exclusive: not before `at`, inside the term. From then on nothing may be used;
            credits that would have lived longer expire there.
        reason: kept with the credits.

    Returns the term. Raises Refusal `term_ended`, `termination_in_the_past`, `termination_outside_term`.
    """
    due.catch_up([contract.customer.code], at)  # a term that is over can't be cut short any more
    with transaction.atomic():
        found = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if found.status == Contract.Status.ENDED:
            raise Refusal("term_ended", f"{found} has ended already.")
        if end < at:
            raise Refusal(
                "termination_in_the_past",
                f"{found} can't end at {end:%Y-%m-%d %H:%M}: that is past. Choose now or later.",
            )
        term = Term.objects.filter(customer_id=found.customer_id, holder=found.holder).latest(
            "number"
        )
        if not term.starts_at < end < term.ends_at:
            raise Refusal(
                "termination_outside_term",
                f"The term runs from {term.starts_at:%Y-%m-%d %H:%M} to "
                f"{term.ends_at:%Y-%m-%d %H:%M}. Choose an end inside of it.",
            )
        would_end, term.ends_at = term.ends_at, end
        term.save(update_fields=["ends_at"])
        by_itself = found.auto_renew
        found.terminated_at = at
        found.auto_renew = False
        found.renewal_signed_at = None
        found.save(update_fields=["terminated_at", "auto_renew", "renewal_signed_at"])
        for pool in balances.pools_of(found.holder):
            expiry.cut_short(pool, end, at=at, reason=f"{reason} (by {by})")
        agreements.plan_end(found, end)
        commissions.plan_ends(found)
        amendments.record_end(
            found,
            Amendment.Kind.TERMINATED,
            renewed_by_itself=by_itself,
            would_end=would_end,
            by=by,
            reason=reason,
            at=at,
        )
    contract.refresh_from_db()
    return term
