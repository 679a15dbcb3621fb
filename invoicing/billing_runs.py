"""Does billing runs: finance sees what would go out, lets it out, and sees what is held, and why.

A preview issues each invoice and takes it back, so its figures are those that the run writes. The tax on used
credits of months that have ended goes out with them, on documents of its own. A run
leaves a row and a message per contract: a worker bills them one by one, each in its own transaction.
Whatever is broken off goes on; what was billed is not billed again, by the charges' own keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from contracts.models import Contract, ScheduledCharge
from creditops.lib import outbox
from creditops.lib.refusals import Refusal
from invoicing import billing, tax, tax_months, tax_on_use
from invoicing.models import BillingRun, BillingRunItem, Invoice

BILL = "invoicing.bill"

# A preview of more would keep its reader waiting: some seconds as it is.
PREVIEW_MAX = 200


@dataclass(frozen=True)
class Proposed:
    """An invoice as it would be issued; amounts in minor units of `currency`.

    `lines` are its texts; `notice` is worth a second look, a sentence.
    """

    contract: Contract
    lines: Sequence[str]
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    due_on: date
    notice: str = ""


@dataclass(frozen=True)
class Held:
    """A contract whose invoice can't be issued, and why."""

    contract: Contract
    reason: str


@dataclass(frozen=True)
class Preview:
    """What a run would issue and hold; `more` contracts wait beyond what a preview looks at."""

    proposed: Sequence[Proposed]
    held: Sequence[Held]
    more: int

    def totals(self) -> dict[str, tuple[int, int, int]]:
        """Net, tax and total per currency."""
        sums: dict[str, tuple[int, int, int]] = {}
        for one in self.proposed:
            net, taxed, total = sums.get(one.currency, (0, 0, 0))
            sums[one.currency] = (
                net + one.net_minor, taxed + one.tax_minor, total + one.total_minor,
            )  # fmt: skip
        return sums


def waiting(until: datetime) -> QuerySet[Contract]:
    """The contracts that have something to be billed by `until`."""
    charges = ScheduledCharge.objects.filter(
        contract=OuterRef("pk"), issue_at__lte=until, line__isnull=True
    )
    taxes = tax_months.waiting(until).filter(holder=OuterRef("holder"))
    found = Contract.objects.filter(Exists(charges) | Exists(taxes))
    found = found.select_related("customer", "holder__customer")
    return found.order_by("customer__name", "id")


def preview(*, until: datetime, at: datetime) -> Preview:
    """What a run until `until` would do at `at`; nothing of it remains."""
    contracts = waiting(until)
    proposed: list[Proposed] = []
    held: list[Held] = []
    for contract in contracts[:PREVIEW_MAX]:
        invoices, reasons = _rehearse(contract, until, at)
        proposed += invoices
        held += [Held(contract, reason) for reason in reasons]
    return Preview(proposed, held, max(0, contracts.count() - PREVIEW_MAX))


def start(*, until: datetime, by: str, at: datetime, reason: str = "") -> BillingRun:
    """Let out what waits until `until`: the run's contracts are billed as workers come to them.

    Raises Refusal `nothing_waits`.
    """
    with transaction.atomic():
        contracts = list(waiting(until).values_list("pk", flat=True))
        if not contracts:
            raise Refusal("nothing_waits", f"Nothing waits to be billed by {until:%Y-%m-%d}.")
        run: BillingRun = BillingRun.objects.create(
            until=until, started_at=at, started_by=by, reason=reason
        )
        items = BillingRunItem.objects.bulk_create(
            BillingRunItem(run=run, contract_id=contract) for contract in contracts
        )
        for item in items:
            outbox.add(BILL, str(item.pk), {"item": item.pk}, at=at)
    return run


def bill_due(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Outbox: bill item `payload["item"]` of a run; what a rule refuses is held, with its sentence."""
    with transaction.atomic():
        item = BillingRunItem.objects.select_for_update(of=("self",)).get(pk=payload["item"])
        if item.state != BillingRunItem.State.WAITING:
            return
        invoices, reasons = _bill(item.contract, item.run.until, at)
        item.invoice = invoices[0] if invoices else None
        item.state, item.held_for = _state(invoices, reasons), " ".join(reasons)[:1000]
        item.done_at = at
        item.save(update_fields=["invoice", "state", "held_for", "done_at"])


def _bill(contract: Contract, until: datetime, at: datetime) -> tuple[list[Invoice], list[str]]:
    """Bill what waits of a contract, then tax what was used of its credits: the documents, and why one is
    held. Neither holds up the other."""
    invoices: list[Invoice] = []
    reasons: list[str] = []
    try:
        invoice = billing.bill(contract, until=until, at=at)
        invoices += [] if invoice is None else [invoice]
    except Refusal as refusal:
        reasons.append(refusal.detail)
    try:
        invoices += tax_on_use.tax_waiting(contract.holder, until=until, at=at)
    except Refusal as refusal:
        reasons.append(refusal.detail)
    return invoices, reasons


def _state(invoices: Sequence[Invoice], reasons: Sequence[str]) -> str:
    if invoices:
        return BillingRunItem.State.ISSUED
    return BillingRunItem.State.HELD if reasons else BillingRunItem.State.NOTHING


def _rehearse(
    contract: Contract, until: datetime, at: datetime
) -> tuple[list[Proposed], list[str]]:
    """Bill the contract and take it back; the number series is held no longer than that."""
    with transaction.atomic():
        invoices, reasons = _bill(contract, until, at)
        proposed = [_proposed(contract, invoice) for invoice in invoices]
        transaction.set_rollback(True)
    return proposed, reasons


def _proposed(contract: Contract, invoice: Invoice) -> Proposed:
    return Proposed(
        contract=contract,
        lines=[line.text for line in invoice.lines.all()],
        currency=invoice.currency,
        net_minor=invoice.net_minor,
        tax_minor=invoice.tax_minor,
        total_minor=invoice.total_minor,
        due_on=invoice.due_date,
        notice=_notice(contract, invoice),
    )


def _notice(contract: Contract, invoice: Invoice) -> str:
    country = contract.customer.country
    if invoice.tax_category != tax.OUTSIDE or not invoice.net_minor:
        return ""
    if any(row.at_use for row in invoice.taxes.all()):
        return "No tax yet: the credits are taxed as they are used."
    if not country:
        return "No tax: the customer has no country."
    return f"No tax: the tax table has no rate for {country}."
