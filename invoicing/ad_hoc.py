"""Does invoices that are written by hand: several lines, each with its own credits and tax rate (I4, I6).

A discount on the document is spread over its lines before tax, by largest remainder (M5). Credits go to
the customer's open pool at what they cost after it. A line without credits is a service: revenue at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction

from accounts.models import Customer
from contracts import consumer_credits, terms_of_sale
from creditops.lib import calendar, languages, money, printed
from creditops.lib.refusals import Refusal
from invoicing import issuing, sale_notes
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine
from ledger import books, exchange, grants, holders, units
from ledger.grants import Grant
from ledger.models import Block, Holder
from ledger.periods import Months

LINES_MAX = 500


@dataclass(frozen=True)
class Item:
    """A line to be billed.

    Attributes:
        amount_minor: net, before the document's discount.
        text: as printed; empty: how many credits.
        credits: granted with it; None: none.
        tax_rate: in percent, instead of the customer's rate; empty: that.
    """

    amount_minor: int
    text: str = ""
    credits: int | None = None
    tax_rate: str = ""


@dataclass(frozen=True)
class Issued:
    """The invoice, and per line its block; None for a line without credits."""

    invoice: Invoice
    blocks: list[Block | None]


def issue(
    customer: Customer,
    items: Sequence[Item],
    *,
    currency: str,
    source: str,
    by: str,
    at: datetime,
    discount_minor: int = 0,
    due_on: date | None = None,
    expires_at: datetime | None = None,
) -> Issued:
    """Issue an invoice at `at` and grant its credits, all or nothing.

    Args:
        items: the lines, in their order.
        source: the act, unique: invoiced once.
        discount_minor: off the whole document.
        due_on: None: by the payment terms.
        expires_at: of the credits; None: by the policy `validity`.

    Raises Refusal `invoice_empty`, `invoice_too_long`, `price_negative`, `discount_too_large`,
    `consumer_credits_end_early`, or what
    a grant or an invoice is refused with.
    """
    _check(items, discount_minor)
    exchange.check(currency, at)
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        Months([today], received_on=today)
        holder = holders.pay_as_you_go(customer, at)
        cuts = money.allocate(discount_minor, [item.amount_minor for item in items])
        nets = [item.amount_minor - cut for item, cut in zip(items, cuts, strict=True)]
        end = expires_at or terms_of_sale.end_of_credits(holder, at)
        sold = [net for item, net in zip(items, nets, strict=True) if item.credits]
        consumer_credits.check(holder, end, price_minor=sum(sold), begins_at=at, at=at)
        blocks = _grant(holder, items, nets, currency, source, end, by, at)
        days = terms_of_sale.in_force(holder, at)["invoice_terms_days"]
        last_day = calendar.last_day(end, holder.time_zone)
        first_day = calendar.local_date(at, holder.time_zone)
        invoice = issuing.issue(
            Document(
                customer=customer,
                holder=holder,
                lines=[
                    _line(item, net, block, currency, (first_day, last_day), customer.language)
                    for item, net, block in zip(items, nets, blocks, strict=True)
                ],
                currency=currency,
                due_date=due_on or today + timedelta(days=days),
                source=source,
                receivable_at=at,
                notes=sale_notes.of(holder, at, ends_at=end) if any(blocks) else [],
            ),
            at=at,
        )
    return Issued(invoice, blocks)


def _check(items: Sequence[Item], discount_minor: int) -> None:
    if not items:
        raise Refusal("invoice_empty", "An invoice needs at least one line.")
    if len(items) > LINES_MAX:
        raise Refusal("invoice_too_long", f"Write at most {LINES_MAX} lines on one invoice.")
    if any(item.amount_minor < 0 for item in items):
        raise Refusal("price_negative", "A line of an invoice can't be below zero.")
    if not 0 <= discount_minor <= sum(item.amount_minor for item in items):
        raise Refusal(
            "discount_too_large", "A discount is from nothing up to the sum of the lines."
        )


def _grant(
    holder: Holder,
    items: Sequence[Item],
    nets: Sequence[int],
    currency: str,
    source: str,
    end: datetime,
    by: str,
    at: datetime,
) -> list[Block | None]:
    wanted = {
        position: Grant(
            kind=Block.Kind.PAID,
            credits=item.credits,
            source=f"{source}:{position}",
            effective_at=at,
            expires_at=end,
            cost_minor=net,
            cost_functional_minor=exchange.functional(net, currency, at),
            currency=currency,
            by=by,
            reason="invoiced",
        )
        for position, (item, net) in enumerate(zip(items, nets, strict=True), start=1)
        if item.credits is not None
    }
    if not wanted:
        return [None] * len(items)
    pool = holders.pool(holder, units.ensure(units.CREDITS), at)
    made = dict(zip(wanted, grants.issue(pool, list(wanted.values()), at=at), strict=True))
    return [made.get(position) for position in range(1, len(items) + 1)]


def _line(
    item: Item,
    net: int,
    block: Block | None,
    currency: str,
    period: tuple[date, date],
    language: str,
) -> Line:
    cut = item.amount_minor - net
    if item.credits is None:
        return Line(
            kind=InvoiceLine.Kind.OTHER,
            text=item.text or languages.say(language, "line_services"),
            amount_minor=net,
            list_minor=item.amount_minor if cut else None,
            tax_rate=item.tax_rate,
        )
    scale = item.credits * 10 ** money.exponent(currency)
    return Line(
        kind=InvoiceLine.Kind.PURCHASE,
        text=item.text
        or languages.say(
            language, "line_commitment", credits=printed.credits(item.credits, language)
        ),
        amount_minor=net,
        list_minor=item.amount_minor if cut else None,
        credits=item.credits,
        unit_price=money.decimal_text(Fraction(item.amount_minor, scale)),
        period_from=period[0],
        period_to=period[1],
        block=block,
        tax_rate=item.tax_rate,
    )
