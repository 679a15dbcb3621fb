"""Answers what was charged to a customer and what was paid, in order, with a running balance (S61).

A statement of account is of one currency. It is no issued document: it is rendered when it is asked for,
from documents and payments as they are known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import Customer
from creditops.lib import calendar, languages, pdf, printed
from creditops.lib.refusals import Refusal
from invoicing import rendering, seller
from invoicing.documents import OpenMinor
from invoicing.models import CreditNote, Invoice, InvoiceVoid, Payment, Refund, WriteOff
from ledger import books

# More lines than these are asked for in parts.
LINES_MAX = 500
# What is open is told by these many days after it was due.
_AGES = ((1, 30), (31, 60), (61, 90), (91, None))


@dataclass(frozen=True)
class Entry:
    """A line: what raised the balance (`charged_minor`) or lowered it (`paid_minor`), in minor units.

    `key` and `number` say what it is, as the tables of words do.
    """

    on: date
    key: str
    number: str
    charged_minor: int = 0
    paid_minor: int = 0


@dataclass(frozen=True)
class Statement:
    """The account of a customer in a currency from `first` to `last`, both included.

    `open_by_age`: what is open now of invoices issued by `last`: (label's days, minor units); the first
    is what is not due yet.
    """

    customer: Customer
    currency: str
    first: date
    last: date
    opening_minor: int
    entries: Sequence[Entry]
    open_by_age: Sequence[tuple[str, int]]

    @property
    def closing_minor(self) -> int:
        """What is owed after the last line; below zero: owed to the customer."""
        moved = sum(entry.charged_minor - entry.paid_minor for entry in self.entries)
        return self.opening_minor + moved


def currencies(customer: Customer) -> list[str]:
    """In which currencies the customer has documents; its own first."""
    found = Invoice.objects.filter(customer=customer).order_by().values_list("currency", flat=True)
    return sorted(set(found), key=lambda code: (code != customer.currency, code))


def of(customer: Customer, currency: str, *, first: date, last: date, at: datetime) -> Statement:
    """The account from `first` to `last`, dates in the books' zone; a constant number of queries.

    Raises Refusal `statement_time_unfit`, or `statement_too_long` above `LINES_MAX` lines.
    """
    if last < first:
        raise Refusal("statement_time_unfit", "A statement ends no earlier than it begins.")
    zone = books.current(at).time_zone
    entries = sorted(
        (entry for entry in _entries(customer, currency, zone) if entry.on <= last),
        key=lambda entry: (entry.on, -entry.charged_minor),
    )
    before = [entry for entry in entries if entry.on < first]
    shown = [entry for entry in entries if entry.on >= first]
    if len(shown) > LINES_MAX:
        raise Refusal(
            "statement_too_long",
            f"That would be {len(shown):,} lines; a statement has {LINES_MAX}. Ask for a shorter "
            "time.",
        )
    return Statement(
        customer=customer,
        currency=currency,
        first=first,
        last=last,
        opening_minor=sum(entry.charged_minor - entry.paid_minor for entry in before),
        entries=shown,
        open_by_age=_open_by_age(customer, currency, last, calendar.local_date(at, zone)),
    )


def paper(statement: Statement, *, at: datetime) -> bytes:
    """The statement as PDF. Raises Refusal `pdf_unavailable`."""
    vendor = seller.as_printed()
    return pdf.render(
        "documents/account_statement.html",
        facts(statement, vendor, at=at),
        assets=rendering.assets(vendor),
    )


def facts(statement: Statement, vendor: dict[str, str], *, at: datetime) -> dict[str, Any]:
    """What the document prints, as text: the context of its template."""
    customer, language, currency = (
        statement.customer,
        statement.customer.language,
        statement.currency,
    )

    def amount(minor: int) -> str:
        return printed.amount(minor, currency, language)

    closing = statement.closing_minor
    key = "you_owe" if closing > 0 else "in_your_favour" if closing else "nothing_owed"
    return {
        "language": language,
        "w": languages.words(language),
        "created": at.isoformat(timespec="seconds"),
        "period": " – ".join(printed.day(d, language) for d in (statement.first, statement.last)),
        "seller": rendering.party(vendor, language),
        "buyer": rendering.party(
            {
                "code": customer.code,
                "name": customer.legal_name or customer.name,
                "address": customer.address,
                "country": customer.country,
                "vat_id": customer.tax_id,
            },
            language,
        ),
        "currency": currency,
        "headline": languages.say(language, key),
        "total": amount(abs(closing)),
        "opening": amount(statement.opening_minor),
        "closing": amount(closing),
        "rows": list(_rows(statement, language)),
        "ages": [(label, amount(minor)) for label, minor in statement.open_by_age if minor],
    }


def _rows(statement: Statement, language: str) -> Iterator[dict[str, str]]:
    balance = statement.opening_minor

    def amount(minor: int) -> str:
        return printed.amount(minor, statement.currency, language)

    for entry in statement.entries:
        balance += entry.charged_minor - entry.paid_minor
        carried = languages.say(language, "carried")
        yield {
            "day": printed.day(entry.on, language),
            "what": _what(entry, language),
            "charged": amount(entry.charged_minor) if entry.charged_minor else "",
            "paid": amount(entry.paid_minor) if entry.paid_minor else "",
            "balance": amount(balance),
            "carried": f"{carried}: {statement.currency} {amount(balance)}",
        }


def _what(entry: Entry, language: str) -> str:
    """The line in words: "Invoice INV-2026-000001", "Payment, wire 7"."""
    word = languages.words(language)[entry.key]
    if "{" in word:
        return word.format(number=entry.number, reference=entry.number)
    return f"{word} {entry.number}"


def _entries(customer: Customer, currency: str, zone: str) -> Iterator[Entry]:
    """Everything that moved the balance, in no order; six queries."""
    own = {"customer": customer, "currency": currency}
    of_invoice = {"invoice__customer": customer, "invoice__currency": currency}
    for invoice in Invoice.objects.filter(**own).exclude(total_minor=0):
        yield Entry(invoice.issue_date, "invoice", invoice.number, invoice.total_minor)
    for note in CreditNote.objects.filter(**own):
        yield Entry(note.issue_date, "credit_note", note.number, 0, note.total_minor)
    for void in InvoiceVoid.objects.filter(**of_invoice).select_related("invoice"):
        day = calendar.local_date(void.voided_at, zone)
        yield Entry(day, "void_of", void.invoice.number, 0, void.amount_minor)
    for given_up in WriteOff.objects.filter(**of_invoice).select_related("invoice"):
        day = calendar.local_date(given_up.written_off_at, zone)
        yield Entry(day, "written_off", given_up.invoice.number, 0, given_up.amount_minor)
    for payment in Payment.objects.filter(**of_invoice):
        day = calendar.local_date(payment.paid_at, zone)
        yield Entry(day, "payment_of", payment.reference, 0, payment.amount_minor)
    refunds = Refund.objects.filter(note__customer=customer, currency=currency)
    for refund in refunds:
        day = calendar.local_date(refund.paid_at, zone)
        yield Entry(day, "refund_of", refund.reference, refund.amount_minor)


def _open_by_age(
    customer: Customer, currency: str, last: date, today: date
) -> list[tuple[str, int]]:
    """What is open of the invoices, by how long it is overdue today; not due first."""
    rows = (
        Invoice.objects.filter(customer=customer, currency=currency, issue_date__lte=last)
        .annotate(still_open=OpenMinor("pk"))
        .filter(still_open__gt=0)
        .values_list("due_date", "still_open")
    )
    late = [((today - due).days, int(minor)) for due, minor in rows]
    language = customer.language
    sums = [(languages.say(language, "not_due"), sum(minor for days, minor in late if days < 1))]
    for fewest, most in _AGES:
        label = f"{fewest}–{most}" if most else f"{fewest}+"
        open_minor = sum(
            minor for days, minor in late if days >= fewest and (most is None or days <= most)
        )
        sums.append((languages.say(language, "overdue_days", days=label), open_minor))
    return sums
