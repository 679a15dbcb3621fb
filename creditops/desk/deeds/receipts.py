"""Does receipts: money that arrived is recorded and placed, what is too much is used or goes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import customers
from accounts.models import Customer
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import documents, money_on_account, receipts
from invoicing.models import Invoice, Payment, Receipt
from invoicing.receipts import Arrival, Share


class ReceiptForm(fields.DeskForm):
    """What arrived, and what the customer says that it is for."""

    amount = fields.Amount(label="Amount")
    currency = fields.text("Currency", most=3)
    method = fields.choice("How", Payment.Method.choices)
    reference = fields.text("Reference", help="the bank's; the same one is recorded once", most=180)
    invoices = fields.text(
        "For invoices",
        required=False,
        help="as the customer states: numbers, each with =amount for a part; empty: the oldest due first",
        most=1_000,
    )


class RecordReceipt(Deed):
    """Record money of a customer, over several invoices or none."""

    name = "record-receipt"
    title = "Record money that arrived"
    verb = "record_payment"
    button = "Record it"
    about = (
        "It settles the invoices that the customer names, else what is due first. What is left stands "
        "on the customer's account: it can settle later invoices or be paid back, and never becomes credits."
    )
    form = ReceiptForm

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """From whom."""
        return f"{self.title}: {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def initial(self) -> dict[str, Any]:
        """In the customer's currency."""
        return {"currency": self.subject.currency, "method": Payment.Method.TRANSFER}

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is open and what stands on account, in the currency that arrived."""
        currency = values["currency"]
        open_minor = documents.open_of(self.subject, currency)
        on_account = money_on_account.sums(self.subject).get(currency, 0)
        return (
            ("Open invoices", amount(open_minor, currency)),
            ("On account", amount(on_account, currency)),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Record and place it."""
        currency = values["currency"]
        arrival = Arrival(
            customer=self.subject,
            amount_minor=money.minor_units(values["amount"], currency),
            currency=currency,
            method=values["method"],
            reference=values["reference"],
        )
        placed = receipts.record(arrival, shares=_shares(values["invoices"]), by=by, at=at)
        said = f"{amount(arrival.amount_minor, currency)} of {self.subject.name} are recorded"
        if placed.on_account_minor:
            said += f", {amount(placed.on_account_minor, currency)} stand on account"
        return Done(f"{said}.", self.home())


class OnAccount(Deed):
    """An act about what a receipt left on a customer's account."""

    verb = "record_payment"

    def find(self, key: str) -> Receipt:
        """A receipt with something on account."""
        receipt = receipts.find(key)
        if not money_on_account.left_minor(receipt):
            raise Refusal("nothing_on_account", f"Nothing of {key} stands on account any more.")
        return receipt

    @property
    def heading(self) -> str:
        """Of which receipt."""
        return f"{self.title}: {self.subject.reference}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What stands on account."""
        left = money_on_account.left_minor(self.subject)
        return (("On account", amount(left, self.subject.currency)),)


class ApplyForm(fields.DeskForm):
    """Which invoice."""

    invoice = fields.text("Invoice", most=30)
    amount = fields.Amount(label="Amount", required=False, help_text="empty: as much as is open")


class ApplyReceipt(OnAccount):
    """Settle an invoice with money on account."""

    name = "apply-receipt"
    title = "Use money on account"
    button = "Settle the invoice"
    form = ApplyForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Settle it."""
        currency = self.subject.currency
        wanted = money.minor_units(values["amount"], currency) if values["amount"] else None
        paid = receipts.apply(
            self.subject, _invoice(values["invoice"]), amount_minor=wanted, by=by, at=at
        )
        shown = amount(paid.amount_minor, currency)
        return Done(f"{shown} on account settle {paid.invoice.number}.", self.home())


class PayBackReceipt(OnAccount):
    """Pay money on account back to the payer."""

    name = "pay-back"
    title = "Pay back money on account"
    verb = "take_back"
    button = "Pay it back"
    about = (
        "It goes back the way it came. Above what you may do alone a second person agrees first."
    )
    form = fields.ReasonForm
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Pay it back, or ask."""
        done = money_on_account.pay_back_or_ask(self.subject, by=by, reason=values["reason"], at=at)
        if isinstance(done, Approval):
            return Done(f"Asked for a second person: {done.summary}", self.home())
        shown = amount(done.amount_minor, done.currency)
        return Done(f"{shown} of {self.subject.reference} are paid back.", self.home())


def _shares(typed: str) -> list[Share] | None:
    """`"INV-2026-000001, INV-2026-000002=40.00"` as shares; None: nothing was stated."""
    parts = [part for part in typed.replace(",", " ").split() if part]
    return [_share(part) for part in parts] if parts else None


def _share(part: str) -> Share:
    number, stated, text = part.partition("=")
    invoice = _invoice(number)
    return Share(invoice, money.minor_units(text, invoice.currency) if stated else None)


def _invoice(number: str) -> Invoice:
    found = Invoice.objects.select_related("customer", "contract").filter(number=number).first()
    if found is None:
        raise NotFound("invoice", number)
    invoice: Invoice = found
    return invoice
