"""Does downgrades: a customer gives back credits of its running term, and gets their price back (V17).

A credit note takes them back at what they cost; what was used stays paid. The rest is rebased: overage is
capped by what is still committed. The unit price stays, so overage and renewal cost what they did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from contracts import amendments
from contracts.models import Amendment, Contract, ScheduledCharge
from creditops.lib import due
from creditops.lib.refusals import Refusal
from invoicing import credit_notes
from invoicing.models import CreditNote, Invoice
from ledger import caps, holders, limits, units
from ledger.line import SOFT
from ledger.models import CapLift, PoolTerm, Term


@dataclass(frozen=True)
class Reduced:
    """What a downgrade made: its record, and the credit note."""

    amendment: Amendment
    note: CreditNote


def reduce(
    contract: Contract, *, credits: int, source: str, by: str, reason: str, at: datetime
) -> Reduced:
    """Give back `credits` of the running term's commitment that were not used.

    Args:
        source: the act, unique: given back once.

    Raises Refusal `no_running_term`, `already_amended`, `credits_consumed` where fewer are left, or what
    a credit note is refused with.
    """
    due.catch_up([contract.customer.code], at)
    with transaction.atomic():
        amendments.check_new(source)
        term = amendments.running(contract, at)
        before = amendments.standing(contract, at)
        note = credit_notes.credit(
            _invoice(contract, term), credits=credits, by=by, reason=reason, at=at
        )
        _rebase(contract, term, credits, by, at)
        amendment = amendments.record(
            contract,
            Amendment.Kind.REDUCED,
            credits=credits,
            price_minor=note.net_minor,
            effect=amendments.effect(contract, before, amendments.standing(contract, at)),
            source=source,
            by=by,
            reason=reason,
            at=at,
        )
    return Reduced(amendment, note)


def _invoice(contract: Contract, term: Term) -> Invoice:
    """The invoice of the term's commitment."""
    found: Invoice | None = Invoice.objects.filter(
        lines__charge__contract=contract,
        lines__charge__term=term,
        lines__charge__kind=ScheduledCharge.Kind.COMMITMENT,
    ).first()
    if found is None:
        raise Refusal(
            "commitment_not_invoiced",
            f"The commitment of {contract} has no invoice yet that could be credited. Bill it first.",
        )
    return found


def _rebase(contract: Contract, term: Term, credits: int, by: str, at: datetime) -> None:
    """Lower the cap of overage with the commitment, unless somebody set it for this term by hand."""
    pool = holders.pool(contract.holder, units.ensure(units.CREDITS), at)
    committed = PoolTerm.objects.get(customer_id=pool.customer_id, pool=pool, term=term)
    key = limits.key_of(contract.holder, contract.customer.code)
    settings = limits.of([key], at)[contract.holder_id]
    lifted = CapLift.objects.filter(customer_id=pool.customer_id, pool=pool, term=term)
    if settings.rules.enforcement != SOFT or lifted.exclude(reason=_REASON).exists():
        return
    earlier = contract.amendments.filter(
        kind=Amendment.Kind.REDUCED, signed_at__gte=term.starts_at
    ).aggregate(credits=Sum("credits", default=0))["credits"]
    if settings.overage_base == limits.COMMITMENT:
        cap = settings.cap(committed.commitment - int(earlier) - credits)
        caps.lift(contract.holder, unit_id=pool.unit_id, cap=cap, by=by, reason=_REASON, at=at)


_REASON = "credits were given back"
