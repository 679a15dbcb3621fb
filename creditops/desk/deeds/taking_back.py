"""Does what takes credits and money back: voids, credit notes, refunds, write-offs. And invoices by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms

from accounts import customers
from accounts.models import Customer
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar, money
from creditops.lib.admin_columns import amount, count
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import ad_hoc, credit_notes, documents, refunds, voids, write_offs
from invoicing.admin.invoices import today
from invoicing.models import CreditNote, Invoice
from ledger import balances
from ledger.models import Holder


class OfInvoice(Deed):
    """An act about an issued invoice."""

    verb = "take_back"
    danger = True

    def find(self, key: str) -> Invoice:
        """The invoice."""
        found = Invoice.objects.select_related("customer", "holder").filter(number=key).first()
        if found is None:
            raise NotFound("invoice", key)
        invoice: Invoice = found
        if documents.status(invoice, today()) == documents.VOID:
            raise Refusal("not_untouched", f"{key} is void. Nothing is left to take back.")
        return invoice

    @property
    def heading(self) -> str:
        """Of which invoice."""
        return f"{self.title}: {self.subject.number}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def figures(self, values: dict[str, Any]) -> Figures:
        """How the invoice stands, what is owed to the customer, and what it has to use."""
        invoice, found = self.subject, documents.standing(self.subject, today())
        notes = list(invoice.credit_notes.all())
        owed_back = sum(documents.note_open_minors(notes).values())
        return [
            (f"Open of {invoice.number}", amount(found.open_minor, invoice.currency)),
            ("Status", found.status.replace("_", " ").lower()),
            ("Owed back to the customer", amount(owed_back, invoice.currency)),
            *_available(invoice.holder, self.at),
        ]


class VoidInvoice(OfInvoice):
    """Make an untouched invoice void."""

    name = "void-invoice"
    title = "Make an invoice void"
    button = "Make it void"
    about = (
        "Only while nothing of it was used or paid. It keeps its number, its credits are taken back, "
        "and nothing of it is owed. Otherwise issue a credit note."
    )
    form = fields.ReasonForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make it void."""
        voids.void(self.subject, by=by, reason=values["reason"], at=at)
        return Done(f"{self.subject.number} is void.", self.home())


class CreditNoteForm(fields.DeskForm):
    """How many credits, or which lines, and why."""

    credits = fields.Credits(
        label="Credits", required=False, help_text="unused ones, at what they cost"
    )
    lines = fields.text(
        "Or whole lines", required=False, help="their numbers on the invoice, like 1, 2", most=60
    )
    reason = fields.reason("is printed on the credit note")


class IssueCreditNote(OfInvoice):
    """Credit what was not used of an invoice."""

    name = "credit-note"
    title = "Issue a credit note"
    button = "Issue the credit note"
    about = (
        "For credits that were not used, or for whole lines. What is open of the invoice falls first; "
        "what was paid is owed to the customer until it is refunded."
    )
    form = CreditNoteForm

    def facts(self, values: dict[str, Any]) -> Figures:
        """The lines of the invoice."""
        return [
            (f"{line.position}. {line.text}", amount(line.amount_minor, self.subject.currency))
            for line in self.subject.lines.all()
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Issue it."""
        how = {"by": by, "reason": values["reason"], "at": at}
        if bool(values["credits"]) == bool(values["lines"]):
            raise Refusal(
                "credits_or_lines", "Say either how many credits, or which lines of the invoice."
            )
        if values["credits"]:
            made = credit_notes.credit(self.subject, credits=values["credits"], **how)
        else:
            positions = _numbers(values["lines"])
            made = credit_notes.credit_lines(self.subject, positions=positions, **how)
        shown = amount(made.total_minor, made.currency)
        said = f"Credit note {made.number} over {shown} for {self.subject.number}."
        return Done(said, self.home())


class WriteOffInvoice(OfInvoice):
    """Write off what nobody will pay."""

    name = "write-off-invoice"
    title = "Write off an invoice"
    button = "Write it off"
    about = (
        "Unpaid credits that were not used are taken back by a credit note; only the rest is a loss. "
        "Above what you may do alone a second person has to agree first."
    )
    form = fields.ReasonForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write it off, or ask."""
        done = write_offs.write_off_or_ask(self.subject, by=by, reason=values["reason"], at=at)
        if isinstance(done, Approval):
            return Done(f"Asked for a second person: {done.summary}", self.home())
        shown = amount(done.write_off.amount_minor, self.subject.currency)
        return Done(f"{self.subject.number} is written off: {shown} are a loss.", self.home())


class RefundForm(fields.DeskForm):
    """Nothing is typed: all that is owed goes back the way it came."""


class RefundNote(Deed):
    """Pay back what a credit note owes."""

    name = "refund"
    title = "Refund a credit note"
    verb = "take_back"
    button = "Pay it back"
    danger = True
    about = (
        "All that is owed goes back the way it came, to the original payer. Above what you may do alone "
        "a second person has to agree first."
    )
    form = RefundForm

    def find(self, key: str) -> CreditNote:
        """A credit note that owes something."""
        note = refunds.find(key)
        if not documents.note_open_minor(note):
            raise Refusal("nothing_to_refund", f"Nothing of {key} is owed to the customer.")
        return note

    @property
    def heading(self) -> str:
        """Of which note."""
        return f"{self.title}: {self.subject.number}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is owed."""
        owed = documents.note_open_minor(self.subject)
        return (("Owed back to the customer", amount(owed, self.subject.currency)),)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Pay it, or ask."""
        done = refunds.pay_or_ask(self.subject, by=by, at=at)
        if isinstance(done, Approval):
            return Done(f"Asked for a second person: {done.summary}", self.home())
        shown = amount(sum(refund.amount_minor for refund in done), self.subject.currency)
        return Done(f"{shown} of {self.subject.number} are paid back.", self.home())


class NewInvoiceForm(fields.DeskForm):
    """Lines, one per row, and what applies to all."""

    act = fields.Act()
    lines = forms.CharField(
        label="Lines",
        help_text="one per row: net amount | credits, or nothing | tax rate in %, or nothing | text",
        widget=fields.lines(),
        max_length=20_000,
    )
    discount = fields.Amount(label="Discount", required=False, help_text="off the whole document")
    due_on = fields.Day(label="Due on", required=False, help_text="empty: by the payment terms")
    last_day = fields.Day(
        label="Last day of the credits", required=False, help_text="empty: by policy"
    )


class NewInvoice(Deed):
    """Issue an invoice by hand."""

    name = "new-invoice"
    title = "Issue an invoice"
    verb = "issue_invoice"
    button = "Issue the invoice"
    about = (
        "Credits go to the customer at once, without a contract. A discount is spread over the lines "
        "before tax. A line without credits is a service."
    )
    form = NewInvoiceForm

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """For whom."""
        return f"{self.title}: {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """In the customer's currency."""
        made = super().make_form(data)
        made.fields["discount"].label = f"Discount, {self.subject.currency}"
        return made

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the customer has to use without a contract."""
        holder = Holder.objects.filter(
            customer_id=self.subject.root_id, kind=Holder.Kind.OPEN
        ).first()
        return _available(holder, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Issue it."""
        currency = self.subject.currency
        issued = ad_hoc.issue(
            self.subject,
            [_item(row, currency) for row in values["lines"].splitlines() if row.strip()],
            currency=currency,
            source=values["act"],
            discount_minor=money.minor_units(values["discount"] or "0", currency),
            due_on=values["due_on"],
            expires_at=_end(values["last_day"], self.subject.time_zone),
            by=by,
            at=at,
        )
        shown = amount(issued.invoice.total_minor, currency)
        return Done(f"Invoice {issued.invoice.number} over {shown} is issued.", self.home())


def _available(holder: Holder | None, at: datetime) -> Figures:
    if holder is None:
        return []
    pools = balances.pools_of(holder)
    return [
        (f"Available, {balance.unit.lower()}s", count(balance.available))
        for balance in balances.of_pools(pools, as_of=at, known_at=at)
    ]


def _numbers(text: str) -> list[int]:
    """`"1, 2"` as numbers of lines. Raises Refusal `line_unknown`."""
    parts = [part for part in text.replace(",", " ").split() if part]
    if not all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
        raise Refusal("line_unknown", f"{text!r} are no numbers of lines. Write them like 1, 2.")
    return [int(part) for part in parts]


def _item(row: str, currency: str) -> ad_hoc.Item:
    """A line as typed. Raises Refusal `line_unreadable`, `amount_unreadable` or `amount_exponent`."""
    price, credits, rate, text = [*(part.strip() for part in row.split("|", 3)), "", "", ""][:4]
    number = credits.replace(",", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 17):
        raise Refusal(
            "line_unreadable",
            f"{row!r} can't be read. Write a line like 1250.00 | 100,000 | 19 | Credits.",
        )
    return ad_hoc.Item(
        amount_minor=money.minor_units(price.replace(",", ""), currency),
        credits=int(number) if number else None,
        tax_rate=rate,
        text=text[:300],
    )


def _end(day: date | None, zone: str) -> datetime | None:
    if day is None:
        return None
    return calendar.local_midnight(date.fromordinal(day.toordinal() + 1), zone)
