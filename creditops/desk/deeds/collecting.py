"""Does what is done about debts: disputes, interest, expected losses, bank statements, cards charged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms

from accounts import customers
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.desk.deeds.taking_back import OfInvoice
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal
from invoicing import (
    ageing,
    bank_lines,
    charges,
    disputes,
    expected_losses,
    export_accounts,
    interest_bills,
)
from invoicing.models import BankLine, Dispute, Invoice, LossEstimate
from ledger import books


class OpenDispute(OfInvoice):
    """Note that a customer disputes an invoice."""

    name = "open-dispute"
    title = "Note a dispute"
    verb = "record_payment"
    button = "Note the dispute"
    about = "Nobody is reminded of the invoice while it is disputed."
    form = fields.ReasonForm
    danger = False

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Note it."""
        made = disputes.open_(self.subject, reason=values["reason"], by=by, at=at)
        shown = amount(made.amount_minor, made.currency)
        return Done(f"{self.subject.number} is disputed over {shown}.", self.home())


class SettleDisputeForm(fields.DeskForm):
    """How it ended."""

    owed = fields.choice("It ended", [("yes", "it is owed"), ("no", "it is not owed")])


class SettleDispute(Deed):
    """Say how a customer's dispute ended."""

    name = "settle-dispute"
    title = "Settle a dispute"
    verb = "record_payment"
    button = "Settle it"
    about = "What is not owed is credited by a credit note of its own."
    form = SettleDisputeForm

    def find(self, key: str) -> Dispute:
        """The open dispute of an invoice."""
        return disputes.find(key)

    @property
    def heading(self) -> str:
        """Of which invoice."""
        return f"{self.title}: {self.subject.invoice.number}"

    def home(self) -> str:
        """The list of receivables."""
        return addresses.of("receivables")

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is disputed and why."""
        row = self.subject
        return (("Disputed", amount(row.amount_minor, row.currency)), ("Because", row.reason))

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Settle it."""
        row = disputes.settle(self.subject, owed=values["owed"] == "yes", by=by, at=at)
        return Done(
            f"The dispute of {row.invoice.number} is {row.get_state_display()}.", self.home()
        )


class Nothing(fields.DeskForm):
    """Nothing has to be typed."""


class BillInterest(OfInvoice):
    """Bill what late payment cost."""

    name = "bill-interest"
    title = "Bill late interest"
    verb = "issue_invoice"
    button = "Issue the invoice"
    about = "On an invoice of its own, once, when all is paid. The setting says at which rates."
    form = Nothing
    danger = False

    def find(self, key: str) -> Invoice:
        """An invoice that was paid late."""
        invoice = super().find(key)
        interest_bills.cost(invoice, self.at)
        return invoice

    def facts(self, values: dict[str, Any]) -> Figures:
        """What it comes to."""
        found, currency = interest_bills.cost(self.subject, self.at), self.subject.currency
        return (
            ("Days late, at most", f"{found.days}"),
            ("Interest", amount(found.interest_minor, currency)),
            ("Fixed sum", amount(found.fixed_minor, currency)),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Bill it."""
        made = interest_bills.bill(self.subject, by=by, at=at)
        shown = amount(made.total_minor, made.currency)
        return Done(f"Invoice {made.number} over {shown} is issued.", self.home())


class ChargeCard(OfInvoice):
    """Charge the customer's card for what is open."""

    name = "charge-card"
    title = "Charge the card on file"
    verb = "record_payment"
    button = "Charge it"
    about = "The charge is sent after this; its outcome stands in the list of charges."
    form = Nothing
    danger = False

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Leave the charge."""
        made = charges.ask_for(self.subject, by=by, at=at)
        shown = amount(made.amount_minor, made.currency)
        return Done(f"{shown} for {self.subject.number} are being charged.", self.home())


class MonthForm(fields.DeskForm):
    """Which month."""

    month = fields.text("Month", help="like 2026-01; it has to be over", most=7)


class BookExpectedLosses(Deed):
    """Bring the allowance for credit losses to what is expected."""

    name = "book-expected-losses"
    title = "Book expected credit losses"
    verb = "close_period"
    button = "Book them"
    about = "By age of what is owed at the month's end and the setting's rates, once per month."
    form = MonthForm
    keyed = False
    live = True

    def home(self) -> str:
        """The list of estimates."""
        return addresses.of_list(LossEstimate)

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is owed by age, and what is expected of it."""
        try:
            found = expected_losses.estimate(_month(values.get("month", "")), at=self.at)
        except Refusal:
            return ()
        bands = [
            (
                f"{ageing.BANDS[band]}, {money.decimal_text(found.rates[band] * 100)} %",
                amount(minor, found.currency),
            )
            for band, minor in found.owed_by_band.items()
        ]
        return [
            *bands,
            ("Expected to be lost", amount(found.expected_minor, found.currency)),
            ("The allowance stands at", amount(found.before_minor, found.currency)),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Book it."""
        made = expected_losses.book(_month(values["month"]), by=by, at=at)
        shown = amount(made.expected_minor, books.current(at).currency)
        return Done(f"The allowance of {made.month:%Y-%m} is {shown}.", self.home())


class StatementForm(fields.DeskForm):
    """The file's text."""

    content = forms.CharField(
        label="The bank's file",
        help_text="CSV or camt.053, its whole text; lines that are known already are left alone",
        widget=fields.lines(),
        max_length=4_000_000,
    )


class ImportStatement(Deed):
    """Import a bank statement."""

    name = "import-statement"
    title = "Import a bank statement"
    verb = "record_payment"
    button = "Import it"
    about = (
        "Lines that name open invoices and bring no more than is open are placed by themselves; all "
        "others wait in the list of receivables."
    )
    form = StatementForm
    keyed = False

    def home(self) -> str:
        """The list of receivables."""
        return addresses.of("receivables")

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Import it."""
        done = bank_lines.take(
            values["content"].encode(), currency=books.current(at).currency, by=by, at=at
        )
        said = (
            f"{done.new} new lines, {done.placed} of them placed, {done.waiting} wait for somebody; "
            f"{done.known} were known."
        )
        return Done(said, self.home())


class PlaceForm(fields.DeskForm):
    """Whose it is, or what else."""

    customer = fields.text("Customer", required=False, help="its code", most=100)
    invoices = fields.text(
        "For invoices", required=False, help="their numbers; empty: the oldest due first", most=600
    )
    not_ours = fields.text(
        "Or it is no customer's payment, but", required=False, help="a refund of a supplier, say"
    )


class PlaceBankLine(Deed):
    """Place money of a bank statement."""

    name = "place-bank-line"
    title = "Place money of a bank statement"
    verb = "record_payment"
    button = "Place it"
    form = PlaceForm

    def find(self, key: str) -> BankLine:
        """A line that waits."""
        line = bank_lines.find(key)
        if line.state == BankLine.State.PLACED:
            raise Refusal("line_placed", f"This line was placed already: {line.receipt}.")
        return line

    def home(self) -> str:
        """The list of receivables."""
        return addresses.of("receivables")

    def facts(self, values: dict[str, Any]) -> Figures:
        """What the statement says."""
        line = self.subject
        return (
            ("Arrived", f"{amount(line.amount_minor, line.currency)} on {line.booked_on}"),
            ("From", line.payer or "–"),
            ("Text", line.said or "–"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Place it, or set it aside."""
        if bool(values["customer"]) == bool(values["not_ours"]):
            raise Refusal("line_of_nobody", "Say either whose it is, or what it is instead.")
        if values["not_ours"]:
            bank_lines.set_aside(self.subject, reason=values["not_ours"], at=at)
            return Done("It is set aside.", self.home())
        placed = bank_lines.place(
            self.subject,
            customers.find(values["customer"]),
            invoices=_invoices(values["invoices"]),
            by=by,
            at=at,
        )
        settled = ", ".join(payment.invoice.number for payment in placed.payments) or "nothing yet"
        return Done(f"It settles {settled}.", self.home())


class NameForm(fields.DeskForm):
    """In which program, and how."""

    program = fields.choice("Program", [(name, name) for name in export_accounts.PROGRAMS])
    name = fields.text("Its name there", help="for datev its number", most=120)


class NameAccount(Deed):
    """Say what an account is called in another program."""

    name = "name-account"
    title = "Name an account in another program"
    verb = "change_policy"
    button = "Name it"
    form = NameForm

    def find(self, key: str) -> str:
        """The account's code."""
        if key not in export_accounts.names("csv"):
            raise NotFound("account", key)
        return key

    @property
    def heading(self) -> str:
        """Which account."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The page of exports."""
        return addresses.of("exports")

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Name it."""
        made = export_accounts.name(values["program"], self.subject, values["name"], at=at)
        return Done(f"{self.subject} is {made.name} in {made.program} from now on.", self.home())


def _month(text: str) -> date:
    """Raises Refusal `month_unreadable`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Refusal(
            "month_unreadable", f"{text!r} is no month. Write one like 2026-01."
        ) from error


def _invoices(typed: str) -> list[Invoice]:
    numbers = [part for part in typed.replace(",", " ").split() if part]
    found = {
        invoice.number: invoice
        for invoice in Invoice.objects.filter(number__in=numbers).select_related(
            "customer", "contract"
        )
    }
    for number in numbers:
        if number not in found:
            raise NotFound("invoice", number)
    return [found[number] for number in numbers]
