"""Does the steps about invoices and what becomes of them."""

from __future__ import annotations

from datetime import date, datetime

from creditops.scenarios import values
from creditops.scenarios.verbs import steps
from creditops.scenarios.world import PROPOSER, World
from invoicing import (
    ad_hoc,
    credit_notes,
    e_invoices,
    plan_charges,
    receipts,
    refunds,
    voids,
    write_offs,
)
from invoicing.models import CreditNote


def pay(world: World, step: steps.Step, at: datetime) -> None:
    """Record a payment of an invoice; what is too much stands on the customer's account. One of a
    subscription whose card was declined is issued with it."""
    charge = world.plan_charge(step["invoice"])
    if charge is not None:
        plan_charges.pay(
            charge,
            amount_minor=values.minor(step["amount"], charge.currency),
            currency=charge.currency,
            reference=f"{charge.source}:{at.isoformat()}",
            by=PROPOSER,
            at=at,
        )
        return
    invoice = world.invoice(step["invoice"])
    receipts.record_for(
        invoice,
        amount_minor=values.minor(step["amount"], invoice.currency),
        currency=invoice.currency,
        method="transfer",
        reference=f"{invoice.number}:{invoice.customer.receipts.count() + 1}",
        by=PROPOSER,
        at=at,
    )


def issue_invoice(world: World, step: steps.Step, at: datetime) -> None:
    """Issue a document with several lines; a line with credits grants a block of its name."""
    buyer = world.customer(step["customer"])
    currency = buyer.currency
    issued = ad_hoc.issue(
        buyer,
        [
            ad_hoc.Item(
                amount_minor=values.minor(line.get("amount", "0"), currency),
                text=line.get("text", ""),
                credits=line.get("credits"),
                tax_rate=line.get("tax_rate", ""),
            )
            for line in step["lines"]
        ],
        currency=currency,
        source=f"{steps.SOURCE}:{step['name']}",
        discount_minor=values.minor(step.get("discount", "0"), currency),
        due_on=date.fromisoformat(step["due"]) if "due" in step else None,
        expires_at=steps.instant(step, "expires_at", None),
        by=PROPOSER,
        at=at,
    )
    world.define(step["name"], issued.invoice)
    for line, block in zip(step["lines"], issued.blocks, strict=True):
        if "name" in line and block is not None:
            world.define(line["name"], block)


def credit_note(world: World, step: steps.Step, at: datetime) -> None:
    """Credit what was not used of an invoice: so many credits, or whole lines."""
    invoice = world.invoice(step["invoice"])
    how = {"by": PROPOSER, "reason": step.get("reason", "scenario"), "at": at}
    if "lines" in step:
        made = credit_notes.credit_lines(invoice, positions=step["lines"], **how)
    else:
        made = credit_notes.credit(invoice, credits=step.get("credits", 0), **how)
    world.define(step["name"], made)


def refund(world: World, step: steps.Step, at: datetime) -> None:
    """Pay a credit note back to the payer; a second person agrees where one has to."""
    steps.agree(refunds.pay_or_ask(world.note(step["credit_note"]), by=PROPOSER, at=at), at)


def void_invoice(world: World, step: steps.Step, at: datetime) -> None:
    """Make an untouched invoice void."""
    voids.void(world.invoice(step["invoice"]), by=PROPOSER, reason=step["reason"], at=at)


def write_off(world: World, step: steps.Step, at: datetime) -> None:
    """Take back what is unpaid and unused of an invoice, and write off the rest."""
    invoice = world.invoice(step["invoice"])
    reason = step.get("reason", "scenario")
    steps.agree(write_offs.write_off_or_ask(invoice, by=PROPOSER, reason=reason, at=at), at)
    note = invoice.credit_notes.filter(issued_at=at, occasion=CreditNote.Occasion.WRITE_OFF)
    world.define(step["name"], note.first())


def export_invoice(world: World, step: steps.Step, at: datetime) -> None:
    """Export a document as EN 16931 has it."""
    e_invoices.export(world.document(step["invoice"]))


VERBS: dict[str, steps.Verb] = {
    "pay": pay,
    "issue_invoice": issue_invoice,
    "credit_note": credit_note,
    "refund": refund,
    "void_invoice": void_invoice,
    "write_off": write_off,
    "export_invoice": export_invoice,
}
