"""Does additions to running contracts at a price that needs a second person: asked for, then signed as asked.

The limits are those of quotes: what somebody could not quote alone is not added alone either.
"""

from __future__ import annotations

from datetime import datetime

from contracts import agreements, amendments, quote_guards
from contracts.amendments import Added, Addition
from contracts.models import Contract
from contracts.quote_guards import Sale
from creditops.lib import approvals, money
from creditops.lib.models import Approval

KIND = "contract_addition"


def add_or_ask(
    contract: Contract, addition: Addition, *, source: str, by: str, reason: str, at: datetime
) -> Added | Approval:
    """Add credits to the running term, or ask somebody else where the price is beyond `by`'s limits.

    Args:
        source: the act, unique: added once.
        by: whose limits count, and who signs.

    Returns what was added, or the request that waits. Raises Refusal as `amendments.add`.
    """
    sale = Sale(addition.credits, addition.price_minor, contract.currency)
    paid = quote_guards.paid_today(contract, at)
    why = quote_guards.reasons_of_sale(sale, by=by, at=at, paid_today=paid)
    if not why:
        return amendments.add(contract, addition, source=source, by=by, reason=reason, at=at)
    amendments.check_new(source)
    amendments.treatment(contract, addition, at)  # what can't be added is not asked for
    price = money.for_people(addition.price_minor, contract.currency)
    summary = f"Add {addition.credits:,} credits for {price} to {contract}. {' '.join(why)}"
    return approvals.request(
        kind=KIND,
        subject=contract.code,
        summary=summary[:400],
        content={
            "contract": contract.code,
            "credits": addition.credits,
            "price_minor": addition.price_minor,
            "source": source,
            "reason": reason,
            "reasons": why,
        },
        by=by,
        at=at,
    )


def add_approved(approval: Approval, *, at: datetime) -> Added:
    """Add what somebody asked for, as they asked, after another person agreed. Raises as `amendments.add`."""
    asked = approval.content
    return amendments.add(
        agreements.find(asked["contract"]), Addition(asked["credits"], asked["price_minor"]),
        source=asked["source"], by=approval.requested_by, reason=asked["reason"], at=at,
    )  # fmt: skip
