"""Does bank statements: lines are imported once, placed by invoice number and amount, or wait for somebody.

A line is placed by itself only where its text names open invoices of one customer in its currency and they
come to no less than what arrived: then nobody has to decide anything. All others wait in a list, each with
the reason, and stay there until somebody places them or says that they are no customer's payment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Customer
from creditops.lib import locks
from creditops.lib.refusals import NotFound, Refusal
from invoicing import bank_statements, documents, receipts
from invoicing.bank_statements import Came
from invoicing.models import BankLine, Invoice, Payment
from invoicing.receipts import Arrival, Placed, Share

# Numbers as people type them: INV-2026-000012, inv 2026 12.
_NUMBER = re.compile(r"\b([A-Z]{2,6})[ -]?(\d{4})[ -]?0*(\d{1,9})\b", re.IGNORECASE)
_STATE = BankLine.State


@dataclass(frozen=True)
class Imported:
    """What an import came to."""

    new: int
    known: int
    placed: int
    waiting: int


def take(content: bytes, *, currency: str, by: str, at: datetime) -> Imported:
    """Import a statement: lines that are new, placed where they say clearly what they are for.

    Raises Refusal `statement_unreadable` or `statement_too_large`; then nothing is imported.
    """
    came = bank_statements.read(content, currency=currency)
    with transaction.atomic():
        locks.hold("bank-lines")
        known = set(
            BankLine.objects.filter(line__in=[each.line for each in came]).values_list(
                "account", "line"
            )
        )
        new = [each for each in came if (each.account, each.line) not in known]
        made = [_keep(each, by, at) for each in new]
    placed = sum(place_by_itself(line, by=by, at=at) for line in made)
    return Imported(len(made), len(came) - len(new), placed, len(made) - placed)


def place_by_itself(line: BankLine, *, by: str, at: datetime) -> bool:
    """Place a line whose text says clearly what it is for; else say why it waits."""
    named = _named(line)
    why = _unclear(line, named)
    if why:
        BankLine.objects.filter(pk=line.pk).update(why=why)
        return False
    try:
        place(line, named[0].customer, invoices=named, by=by, at=at)
    except Refusal as refusal:
        BankLine.objects.filter(pk=line.pk).update(why=refusal.detail[:300])
        return False
    return True


def place(
    line: BankLine, customer: Customer, *, by: str, at: datetime, invoices: Sequence[Invoice] = ()
) -> Placed:
    """Record a line as a receipt of a customer: for these invoices, else for what is due first.

    Raises Refusal `line_placed`, or what a receipt is refused with.
    """
    with transaction.atomic():
        current = _locked(line)
        arrival = Arrival(
            customer,
            current.amount_minor,
            current.currency,
            Payment.Method.TRANSFER,
            f"bank:{current.account}:{current.line}"[:180],
            said=current.said,
        )
        shares = [Share(invoice) for invoice in invoices] if invoices else None
        placed = receipts.record(arrival, shares=shares, by=by, at=at)
        current.state, current.receipt, current.why = _STATE.PLACED, placed.receipt, ""
        current.save(update_fields=["state", "receipt", "why"])
    return placed


def set_aside(line: BankLine, *, reason: str, at: datetime) -> BankLine:
    """Say that a line is no customer's payment. Raises Refusal `reason_missing` or `line_placed`."""
    if not reason.strip():
        raise Refusal("reason_missing", "Say what it is instead.")
    with transaction.atomic():
        current = _locked(line)
        current.state, current.why = _STATE.SET_ASIDE, reason[:300]
        current.save(update_fields=["state", "why"])
    return current


def waiting(limit: int = 100) -> Sequence[BankLine]:
    """Lines that wait for somebody, oldest first."""
    return list(BankLine.objects.filter(state=_STATE.WAITING).order_by("booked_on", "id")[:limit])


def find(key: str) -> BankLine:
    """The line of this number. Raises NotFound."""
    found = BankLine.objects.filter(pk=int(key)).first() if key.isdecimal() else None
    if found is None:
        raise NotFound("bank line", key)
    line: BankLine = found
    return line


def _keep(came: Came, by: str, at: datetime) -> BankLine:
    made: BankLine = BankLine.objects.create(
        account=came.account,
        line=came.line,
        booked_on=came.booked_on,
        amount_minor=came.amount_minor,
        currency=came.currency,
        payer=came.payer,
        said=came.said,
        imported_at=at,
        imported_by=by,
    )
    return made


def _locked(line: BankLine) -> BankLine:
    current: BankLine = BankLine.objects.select_for_update().get(pk=line.pk)
    if current.state == _STATE.PLACED:
        raise Refusal("line_placed", f"This line was placed already: {current.receipt}.")
    return current


def _named(line: BankLine) -> list[Invoice]:
    """The invoices that the text names, in its order."""
    wanted = [
        (series.upper(), int(year), int(number))
        for series, year, number in _NUMBER.findall(line.said)
    ]
    found = {
        (invoice.series, invoice.year, invoice.sequence): invoice
        for invoice in Invoice.objects.filter(
            series__in=[series for series, _, _ in wanted],
            year__in=[year for _, year, _ in wanted],
            sequence__in=[number for _, _, number in wanted],
        ).select_related("customer", "contract")
    }
    return [found[key] for key in dict.fromkeys(wanted) if key in found]


def _unclear(line: BankLine, named: Sequence[Invoice]) -> str:
    """Why somebody has to decide; empty where nobody has to."""
    if not named:
        return "It names no invoice."
    if len({invoice.customer_id for invoice in named}) > 1:
        return "It names invoices of several customers."
    if any(invoice.currency != line.currency for invoice in named):
        return f"It is in {line.currency}, what it names is not."
    open_minor = sum(documents.open_minors(named).values())
    if line.amount_minor > open_minor:
        return "More arrived than is open of what it names."
    return ""
