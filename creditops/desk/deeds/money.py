"""Does money: what waits is billed, what arrives is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts import agreements
from contracts.models import Contract, ScheduledCharge
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal
from invoicing import billing, documents, money_on_account, receipts
from invoicing.admin.invoices import today
from invoicing.models import Invoice, Payment


class PaymentForm(fields.DeskForm):
    """What arrived."""

    amount = fields.Amount(label="Amount")
    method = fields.choice(
        "How", [(Payment.Method.TRANSFER, "bank transfer"), (Payment.Method.CARD, "card")]
    )
    reference = fields.text("Reference", help="the bank's; the same one is recorded once")


class RecordPayment(Deed):
    """Record a payment of an invoice."""

    name = "record-payment"
    title = "Record a payment"
    verb = "record_payment"
    button = "Record the payment"
    about = "What is more than is open stands on the customer's account."
    form = PaymentForm

    def find(self, key: str) -> Invoice:
        """An invoice with something open."""
        rows = Invoice.objects.select_related("customer", "contract").filter(number=key)
        invoice: Invoice | None = rows.first()
        if invoice is None:
            raise NotFound("invoice", key)
        if documents.open_minor(invoice) == 0:
            raise Refusal("nothing_open", f"Nothing of {invoice.number} is open.")
        return invoice

    @property
    def heading(self) -> str:
        """Of which invoice."""
        return f"Record a payment of {self.subject.number}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """In the invoice's currency."""
        made = super().make_form(data)
        made.fields["amount"].label = f"Amount, {self.subject.currency}"
        return made

    def initial(self) -> dict[str, Any]:
        """All that is open."""
        return {"amount": money.text(documents.open_minor(self.subject), self.subject.currency)}

    def figures(self, values: dict[str, Any]) -> Figures:
        """How the invoice stands."""
        invoice, found = self.subject, documents.standing(self.subject, today())
        on_account = money_on_account.sums(invoice.customer).get(invoice.currency, 0)
        stands = (
            (f"Open of {invoice.number}", amount(found.open_minor, invoice.currency)),
            ("Status", found.status.replace("_", " ").lower()),
        )
        if not on_account:
            return stands
        return (*stands, ("On account", amount(on_account, invoice.currency)))

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Record it."""
        invoice = self.subject
        placed = receipts.record_for(
            invoice,
            amount_minor=money.minor_units(values["amount"], invoice.currency),
            currency=invoice.currency,
            method=values["method"],
            reference=values["reference"],
            by=by,
            at=at,
        )
        receipt, rest = placed.receipt, placed.on_account_minor
        shown = amount(receipt.amount_minor, receipt.currency)
        more = f" {amount(rest, receipt.currency)} of it stand on account." if rest else ""
        return Done(
            f"Payment {receipt.reference} of {shown} for {invoice.number}.{more}", self.home()
        )


class Bill(Deed):
    """Invoice what a contract has left to be billed by now."""

    name = "bill"
    title = "Bill what waits"
    verb = "issue_invoice"
    button = "Issue the invoice"
    about = "The billing run does it by itself when it is due; here it is done now."
    form = fields.ReasonForm

    def find(self, key: str) -> Contract:
        """A contract with something waiting."""
        contract = agreements.find(key)
        if not self._waiting(contract).exists():
            raise Refusal("nothing_waits", f"Nothing of {contract} waits to be billed by now.")
        return contract

    @property
    def heading(self) -> str:
        """Of which contract."""
        return f"Bill what waits: {self.subject}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def facts(self, values: dict[str, Any]) -> Figures:
        """The charges."""
        return [
            (charge.get_kind_display().capitalize(), amount(charge.amount_minor, charge.currency))
            for charge in self._waiting(self.subject)
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Issue one invoice for all of it."""
        made = billing.bill(self.subject, until=at, at=at)
        if made is None:
            raise Refusal("nothing_waits", f"Nothing of {self.subject} waits any more.")
        shown = amount(made.total_minor, made.currency)
        return Done(f"Invoice {made.number} over {shown} is issued; its PDF waits.", self.home())

    def _waiting(self, contract: Contract) -> Any:
        return ScheduledCharge.objects.filter(
            contract=contract, issue_at__lte=self.at, line__isnull=True
        )
