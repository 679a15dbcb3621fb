"""Does purchases: credits bought at once, without a contract or on top of one (L14, Q1, V5).

Invoice, payment and blocks are one transaction: credits are granted when their invoice stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction

from contracts import agreements, consumer_credits, prices, terms_of_sale
from contracts.models import Contract, RateCard
from creditops.lib import calendar, languages, money, printed
from creditops.lib.refusals import Refusal
from invoicing import cards, issuing, options, payments, sale_notes
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine, Payment, PurchaseOption
from invoicing.options import Offered
from ledger import balances, books, exchange, grants, holders, units
from ledger.grants import Grant
from ledger.models import Block, Holder, Term
from ledger.periods import Months

CARD, INVOICE = "card", "invoice"


@dataclass(frozen=True)
class Order:
    """What is bought.

    Attributes:
        holder: whose pool it goes to: a customer's open one, or a contract's.
        credits: how many; None: what the price buys at the ratio in force.
        price_minor, currency: net, in minor units.
        pay: by card, paid in the same instant, or by invoice.
        source: the act, unique: bought once.
        expires_at: None: with the term; without a contract by the policy `validity`.
        validity: a life of credits instead of the policy's.
        bonus_credits, bonus_expires_at: of the same purchase; they share its price (V5).
        rate_card: prices the holder's usage from now on, if none does yet.
        option: a right to buy more, sold with them; it shares the price (V6).
    """

    holder: Holder
    credits: int | None
    price_minor: int
    currency: str
    pay: str
    source: str
    unit: str = units.CREDITS
    expires_at: datetime | None = None
    validity: dict[str, Any] | None = None
    bonus_credits: int = 0
    bonus_expires_at: datetime | None = None
    due_on: date | None = None
    rate_card: RateCard | None = None
    option: Offered | None = None


@dataclass(frozen=True)
class Bought:
    """The outcome: the invoice, the blocks: what was bought, then the bonus if any; and the right."""

    invoice: Invoice
    blocks: list[Block]
    option: PurchaseOption | None = None


def buy(order: Order, *, by: str, at: datetime) -> Bought:
    """Buy credits at `at`.

    Raises Refusal `price_negative`, `no_price` (no ratio in force), `grant_not_positive`,
    `no_running_term`, `card_declined`, `consumer_credits_end_early`, or what a grant is refused with; then
    nothing was bought.
    """
    if order.price_minor < 0:
        raise Refusal("price_negative", "The price of credits can't be below zero.")
    exchange.check(order.currency, at)
    credits = credits_of(order, at)
    if credits <= 0:
        price = f"{money.text(order.price_minor, order.currency)} {order.currency}"
        raise Refusal("grant_not_positive", f"{price} would buy {credits} credits. Buy at least 1.")
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        Months([today], received_on=today)
        term = _term(order.holder, at)
        if order.rate_card is not None:
            agreements.follow_rates(order.holder, order.rate_card, at=at)
        blocks, option = _grant(order, credits, term, by, at)
        invoice = issuing.issue(_document(order, credits, blocks, at), at=at)
        if order.pay == CARD and invoice.total_minor:
            charge = cards.charge(invoice, at=at)
            payments.record(
                invoice,
                amount_minor=invoice.total_minor,
                currency=invoice.currency,
                method=Payment.Method.CARD,
                reference=charge,
                by=by,
                at=at,
            )
    return Bought(invoice, blocks, option)


def _grant(
    order: Order, credits: int, term: Term | None, by: str, at: datetime
) -> tuple[list[Block], PurchaseOption | None]:
    pool = holders.pool(order.holder, units.ensure(order.unit), at)
    parts = [credits, order.bonus_credits]
    if order.option is not None:
        options.check(order.option, at)
        parts = options.weights(order.holder, order.option, parts, order.currency, at)
    costs = money.allocate(order.price_minor, parts)
    price = exchange.functional(order.price_minor, order.currency, at)
    in_books = money.allocate(price, parts)
    end = order.expires_at or _end(order, term, at)
    consumer_credits.check(
        order.holder, end, order.bonus_expires_at or end, price_minor=order.price_minor, begins_at=at,
        at=at,
    )  # fmt: skip

    def block(kind: str, number: int, part: int, expires_at: datetime, what: str) -> Grant:
        return Grant(
            kind=kind,
            credits=number,
            source=f"{order.source}:{what}",
            effective_at=at,
            expires_at=expires_at,
            cost_minor=costs[part],
            cost_functional_minor=in_books[part],
            currency=order.currency,
            term=term,
            by=by,
            reason="bought",
        )

    wanted = [block(Block.Kind.PAID, credits, 0, end, "credits")]
    if order.bonus_credits:
        wanted.append(
            block(Block.Kind.BONUS, order.bonus_credits, 1, order.bonus_expires_at or end, "bonus")
        )
    option = None
    if order.option is not None:
        option = options.sell(
            order.holder, order.option, unit=order.unit, currency=order.currency,
            allocated_minor=costs[-1], allocated_functional_minor=in_books[-1],
            source=order.source, by=by, at=at,
        )  # fmt: skip
    return grants.issue(pool, wanted, at=at), option


def _document(order: Order, credits: int, blocks: list[Block], at: datetime) -> Document:
    in_contract = order.holder.kind != Holder.Kind.OPEN
    kind = InvoiceLine.Kind.TOP_UP if in_contract else InvoiceLine.Kind.PURCHASE
    granted = blocks[0].changes.get(customer_id=blocks[0].customer_id, no=1)
    ends_at = granted.expires_at or at
    until = calendar.last_day(ends_at, order.holder.time_zone)
    language = order.holder.customer.language
    lines = [
        Line(
            kind=kind,
            text=languages.say(
                language, "line_commitment", credits=printed.credits(credits, language)
            ),
            period_from=calendar.local_date(at, order.holder.time_zone),
            period_to=until,
            amount_minor=order.price_minor,
            credits=credits,
            unit_price=_unit_price(order, credits),
            block=blocks[0],
        )
    ]
    if order.bonus_credits:
        lines.append(
            Line(
                kind=InvoiceLine.Kind.BONUS,
                text=languages.say(
                    language, "line_bonus", credits=printed.credits(order.bonus_credits, language)
                ),
                amount_minor=0,
                credits=order.bonus_credits,
                block=blocks[1],
            )
        )
    contract = Contract.objects.filter(holder=order.holder).first() if in_contract else None
    today = books.date_of(at, books.current(at))
    days = terms_of_sale.in_force(order.holder, at)["invoice_terms_days"]
    return Document(
        customer=order.holder.customer,
        contract=contract,
        holder=order.holder,
        lines=lines,
        currency=order.currency,
        due_date=order.due_on or today + timedelta(days=days),
        source=order.source,
        prepaid=order.pay == CARD,
        receivable_at=at,
        notes=[
            *_right(order),
            *sale_notes.of(order.holder, at, ends_at=ends_at, renewed=in_contract),
        ],
    )


def _right(order: Order) -> list[str]:
    """What a right that is sold with the credits says, in a sentence."""
    offered = order.option
    if offered is None:
        return []
    price = offered.exercise_price_minor(money.HALF_UP)
    last = calendar.last_day(offered.valid_until, order.holder.time_zone)
    language = order.holder.customer.language
    return [
        languages.say(
            language,
            "right_sold",
            credits=printed.credits(offered.credits, language),
            price=f"{order.currency} {printed.amount(price, order.currency, language)}",
            day=printed.day(last, language),
        )
    ]


def _unit_price(order: Order, credits: int) -> str:
    """What one credit costs, exact, in units of the currency."""
    scale = credits * 10 ** money.exponent(order.currency)
    return money.decimal_text(Fraction(order.price_minor, scale))


def _end(order: Order, term: Term | None, at: datetime) -> datetime:
    """With the term; credits of a subscription live on as those of its plan do."""
    if term is not None and order.holder.kind == Holder.Kind.CONTRACT:
        return term.ends_at
    if order.validity is not None:
        life = order.validity
        return calendar.expires_at(at, life["rule"], life["months"], order.holder.time_zone)
    return terms_of_sale.end_of_credits(order.holder, at)


def _term(holder: Holder, at: datetime) -> Term | None:
    """The running term of a contract; None for a customer's open contract."""
    if holder.kind == Holder.Kind.OPEN:
        return None
    running = balances.running_terms(holder.customer_id, [holder.id], at).get(holder.id)
    if running is None:
        raise Refusal(
            "no_running_term", f"{holder.code} has no term running that a top-up could join."
        )
    return Term.objects.get(customer_id=holder.customer_id, id=running)


def credits_of(order: Order, at: datetime) -> int:
    """What an order buys: as it says, else by its price, at the ratio locked for the contract or at the
    one in force (R7). Raises Refusal `no_price`."""
    if order.credits is not None:
        return order.credits
    contract = Contract.objects.filter(holder=order.holder).first()
    locked = None
    if contract and contract.price_lock_until is not None and at < contract.price_lock_until:
        locked = contract.locked_price
    price = locked or prices.in_force(order.currency, at)
    if price is None:
        raise Refusal(
            "no_price", f"No price in {order.currency} is published. Say how many credits to buy."
        )
    return prices.credits_for(order.price_minor, order.currency, price.credits_per_currency_unit)
