"""Does the billing run: scheduled charges become invoices, one per contract and billing instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from django.db import transaction

from contracts import agreements, standing, terms_of_sale
from contracts.models import Contract, ScheduledCharge
from creditops.lib import calendar, languages, money, policies, policy_values, printed
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing import issuing, owed, sale_notes
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine

SETTING = "invoice_release"
AUTOMATIC, REVIEWED = "AUTOMATIC", "REVIEWED"

# Overage of the closed term stands before the commitment of the next (O5).
_ORDER = (
    ScheduledCharge.Kind.OVERAGE,
    ScheduledCharge.Kind.COMMITMENT,
    ScheduledCharge.Kind.BONUS,
    ScheduledCharge.Kind.ADDITION,
)


def define_settings() -> None:
    """Make the setting of billing known, at start."""
    policies.define(
        Policy(
            SETTING,
            AUTOMATIC,
            policy_values.choice(AUTOMATIC, REVIEWED),
            "finance",
            "Whether invoices go out when they are due, or when finance has looked at them in a "
            "billing run.",
            alone=True,
        )
    )


def bill_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: invoice what contract `subject` has left to be billed at `due_at`.

    Where finance looks at invoices before they go out, the charge waits for a billing run; so it does
    where something has to be told first, like a tax rate. Neither holds up other work of the customer, and
    what is owed is owed all the same.
    """
    contract = agreements.find(subject)
    if terms_of_sale.in_force(contract.holder, recorded_at)[SETTING] == REVIEWED:
        owed.owe_held(contract, due_at, recorded_at)
        return
    try:
        bill(contract, until=due_at, at=recorded_at)
    except Refusal as refusal:
        if refusal.code not in issuing.HOLDS:
            raise
        owed.owe_held(contract, due_at, recorded_at)


def bill(contract: Contract, *, until: datetime, at: datetime) -> Invoice | None:
    """Invoice the contract's charges that are due at `until` and not billed yet.

    Args:
        until: the billing instant; charges to be issued at or before it.
        at: the instant of issue.

    Returns the invoice, or None if nothing waits. Charges are locked, so two runs bill once.
    """
    with transaction.atomic():
        waiting = ScheduledCharge.objects.filter(
            contract=contract, issue_at__lte=until, line__isnull=True
        ).order_by("issue_at", "id")
        # Whoever waited for another run's locks asks again, and sees what that one billed.
        list(waiting.select_for_update(of=("self",)))
        charges = sorted(waiting, key=lambda c: _ORDER.index(ScheduledCharge.Kind(c.kind)))
        if not charges:
            return None
        return issuing.issue(_document(contract, charges, at), at=at)


def _receivable_at(charges: Sequence[ScheduledCharge]) -> datetime | None:
    """When the right to all of an invoice is unconditional; None: when it is paid, if to any of it (V3).

    What of it is owed before is an unbilled receivable until then, as overage always is (`owed`).
    """
    rights = [
        None if charge.receivable_at is None else max(charge.receivable_at, charge.issue_at)
        for charge in charges
    ]
    known = [right for right in rights if right is not None]
    return max(known) if len(known) == len(rights) else None


def _document(contract: Contract, charges: Sequence[ScheduledCharge], at: datetime) -> Document:
    return Document(
        customer=contract.customer,
        contract=contract,
        holder=contract.holder,
        lines=[_line(contract, charge) for charge in charges],
        currency=contract.currency,
        due_date=max(charge.due_on for charge in charges),
        source=f"charges:{charges[0].source}",
        receivable_at=_receivable_at(charges),
        notes=_notes(contract, charges, at),
    )


def _line(contract: Contract, charge: ScheduledCharge) -> Line:
    starts = calendar.local_date(charge.term.starts_at, contract.time_zone)
    ends = calendar.last_day(charge.term.ends_at, contract.time_zone)
    language = contract.customer.language
    return Line(
        kind=InvoiceLine.Kind(charge.kind),
        text=languages.say(
            language,
            f"line_{charge.kind.lower()}",
            credits=printed.credits(charge.credits, language),
        ),
        amount_minor=charge.amount_minor,
        credits=charge.credits,
        unit_price=_unit_price(contract, charge),
        period_from=starts,
        period_to=ends,
        charge=charge,
    )


def _unit_price(contract: Contract, charge: ScheduledCharge) -> str:
    """What a credit costs, exact (M3): by the commitment; of a term to come, by its charge."""
    if charge.kind == ScheduledCharge.Kind.BONUS:
        return ""
    committed = standing.commitment(contract, charge.term, charge.issue_at)
    if committed is not None and charge.kind != ScheduledCharge.Kind.ADDITION:
        return money.decimal_text(standing.unit_price(committed))
    scale = charge.credits * 10 ** money.exponent(charge.currency)
    return money.decimal_text(Fraction(charge.amount_minor, scale))


def _notes(contract: Contract, charges: Sequence[ScheduledCharge], at: datetime) -> list[str]:
    """What a buyer of credits should know, in sentences (S78)."""
    holder = contract.holder
    sold = [
        charge.term.ends_at for charge in charges if charge.kind != ScheduledCharge.Kind.OVERAGE
    ]
    return sale_notes.of(holder, at, ends_at=max(sold, default=None), renewed=True)
