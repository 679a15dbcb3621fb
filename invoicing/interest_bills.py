"""Does the billing of late payment: interest and a fixed sum, on an invoice of their own (I15).

Off unless the setting `late_interest` names the rates that the parties agreed or the law gives. What it costs
is computed for each payment that came late, when everything is paid; it is no part of the price, so no
tax is on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from contracts import terms_of_sale
from creditops.lib import locks, money, policies
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing import documents, issuing, late_interest
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine
from ledger import books
from ledger.periods import Months

SETTING = "late_interest"
_PARTS = ("reference_pct", "margin_pct", "fixed")


@dataclass(frozen=True)
class Cost:
    """What late payment of an invoice cost, in minor units: interest, and the fixed sum; days at most."""

    days: int
    interest_minor: int
    fixed_minor: int


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SETTING,
            None,
            _read,
            "finance",
            "What late payment costs a business: the reference rate and what is added to it, in percent "
            "per year, and a fixed sum in the invoice's currency. None: nothing is charged.",
        )
    )


def cost(invoice: Invoice, at: datetime) -> Cost:
    """What late payment of a paid invoice cost by the setting in force.

    Raises Refusal `interest_off`, `interest_of_consumer`, `not_paid_yet` or `paid_in_time`.
    """
    terms = policies.in_force([policies.customer_scope(invoice.customer.code)], at)[SETTING]
    if terms is None:
        raise Refusal("interest_off", f"No interest is agreed for {invoice.customer.code}.")
    if invoice.customer.kind != invoice.customer.Kind.BUSINESS:
        raise Refusal("interest_of_consumer", "Only businesses are charged for late payment here.")
    if documents.open_minor(invoice) or not invoice.payments.exists():
        raise Refusal("not_paid_yet", f"{invoice.number} is not paid yet: the days still run.")
    fixed = money.minor_units(terms["fixed"], invoice.currency)
    parts = [
        late_interest.of(
            payment.amount_minor,
            due=invoice.due_date,
            paid=books.date_of(payment.paid_at, books.current(at)),
            reference_pct=money.decimal(terms["reference_pct"]),
            margin_pct=money.decimal(terms["margin_pct"]),
            fixed_minor=fixed,
        )
        for payment in invoice.payments.all()
    ]
    days = max(part.days for part in parts)
    if not days:
        raise Refusal("paid_in_time", f"{invoice.number} was paid in time.")
    return Cost(days, sum(part.interest_minor for part in parts), fixed)


def bill(invoice: Invoice, *, by: str, at: datetime) -> Invoice:
    """Bill what late payment of an invoice cost, once.

    Raises as `cost`, and `already_invoiced`.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        Months([today], received_on=today)
        locks.hold(f"invoice:{invoice.number}")
        found = cost(invoice, at)
        return issuing.issue(
            Document(
                customer=invoice.customer,
                contract=invoice.contract,
                holder=invoice.holder,
                lines=_lines(invoice, found),
                currency=invoice.currency,
                due_date=_due_on(invoice, today, at),
                source=f"interest:{invoice.number}",
                receivable_at=at,
                notes=[
                    f"For the late payment of invoice {invoice.number}, due {invoice.due_date}."
                ],
            ),
            at=at,
        )


def _lines(invoice: Invoice, found: Cost) -> list[Line]:
    kind = InvoiceLine.Kind.INTEREST
    texts = (
        (f"Interest on {invoice.number}, {found.days} days at most", found.interest_minor),
        (f"Fixed sum for the recovery of {invoice.number}", found.fixed_minor),
    )
    return [
        Line(kind=kind, text=text, amount_minor=minor, tax_rate="0")
        for text, minor in texts
        if minor
    ]


def _due_on(invoice: Invoice, today: date, at: datetime) -> date:
    if invoice.holder is None:
        return today
    days: int = terms_of_sale.in_force(invoice.holder, at)["invoice_terms_days"]
    return today + timedelta(days=days)


def _read(value: Any) -> Any:
    """Nothing, or `{"reference_pct": "2.15", "margin_pct": "8", "fixed": "40.00"}`."""
    if value is None:
        return None
    wrong = 'write {"reference_pct": "2.15", "margin_pct": "8", "fixed": "40.00"}, or null.'
    if not isinstance(value, dict) or set(value) != set(_PARTS):
        raise ValueError(wrong)
    try:
        exact = {name: money.decimal(str(value[name])) for name in _PARTS}
    except Refusal as refusal:
        raise ValueError(refusal.detail) from refusal
    if any(number < 0 for number in exact.values()):
        raise ValueError(wrong)
    return {name: money.decimal_text(number) for name, number in exact.items()}
