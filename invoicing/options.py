"""Does material rights: the right to buy more credits at a discount, sold with credits (V6, JE-34).

The price of a purchase is spread over its credits, at what a credit costs on its own, and the right; the
right's share is deferred on account 2110. Used, it joins the price of the credits that it buys; lapsed,
it is revenue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction

from contracts import consumer_credits, terms_of_sale
from creditops.lib import calendar, due, languages, locks, money, printed, sql
from creditops.lib.refusals import NotFound, Refusal
from invoicing import cards, issuing, payments, sale_notes, translation
from invoicing.issuing import Document, Line
from invoicing.models import Invoice, InvoiceLine, OptionEnd, Payment, PurchaseOption
from ledger import books, chart, exchange, grants, holders, pool_books, units
from ledger.grants import Grant
from ledger.journal import Posting, post
from ledger.models import Block, Holder, Pool
from ledger.periods import Months

OPEN, ENDS = "open", tuple(OptionEnd.How)
LAPSE = "invoicing.option_lapse"
_HUNDRED = 100


@dataclass(frozen=True)
class Offered:
    """A right to be sold with credits.

    Attributes:
        code: by which everyone knows it, unique.
        credits: how many it may buy.
        list_price_minor: what they cost without it, net.
        discount_pct, discount_anyone_gets_pct: off that: with the right, and for anybody.
        likelihood_pct: how likely it is used.
        valid_until: its end, exclusive.
    """

    code: str
    credits: int
    list_price_minor: int
    discount_pct: Fraction
    discount_anyone_gets_pct: Fraction
    likelihood_pct: Fraction
    valid_until: datetime

    def ssp_minor(self, rounding: str) -> int:
        """What the right is worth on its own: what it takes off beyond anybody's discount, if used."""
        incremental = max(self.discount_pct - self.discount_anyone_gets_pct, Fraction(0))
        worth = self.list_price_minor * incremental * self.likelihood_pct / _HUNDRED**2
        return money.rounded(worth, rounding)

    def exercise_price_minor(self, rounding: str) -> int:
        """What its credits cost with it."""
        return money.rounded(
            self.list_price_minor * (_HUNDRED - self.discount_pct) / _HUNDRED, rounding
        )


def check(offered: Offered, at: datetime) -> None:
    """Refuse what can't be sold as a right: `option_unfit`, `option_over`, `option_exists`."""
    shares = (offered.discount_pct, offered.discount_anyone_gets_pct, offered.likelihood_pct)
    if (
        offered.credits <= 0
        or offered.list_price_minor < 0
        or not all(0 <= share <= _HUNDRED for share in shares)
    ):
        raise Refusal(
            "option_unfit",
            "A right buys at least one credit; its discounts and its likelihood are from 0 to 100 %.",
        )
    if offered.valid_until <= at:
        raise Refusal("option_over", f"The right would be over at {offered.valid_until:%Y-%m-%d}.")
    if PurchaseOption.objects.filter(code=offered.code).exists():
        raise Refusal("option_exists", f"There is an option {offered.code!r} already.")


def weights(
    holder: Holder, offered: Offered, parts: Sequence[int], currency: str, at: datetime
) -> list[int]:
    """By which whole numbers a price is spread over parts of credits, and last the right (V6, M5).

    Args:
        parts: credits bought, bonus credits.
        currency: of the deal; what a credit costs on its own is said in it.

    Raises Refusal `ssp_missing`.
    """
    ssp = terms_of_sale.in_force(holder, at)["ssp_per_credit"]
    if ssp is None:
        raise Refusal(
            "ssp_missing",
            "Nobody has said what a credit costs on its own, so nobody can say what its price, or a "
            "right to more of them, is worth. Set ssp_per_credit for the books, the customer or the "
            "contract first.",
        )
    per_credit = money.decimal(ssp) * 10 ** money.exponent(currency)
    worth = offered.ssp_minor(books.current(at).rounding)
    scale = per_credit.denominator
    return [*(int(credits * per_credit * scale) for credits in parts), worth * scale]


def sell(
    holder: Holder,
    offered: Offered,
    *,
    unit: str,
    currency: str,
    allocated_minor: int,
    allocated_functional_minor: int,
    source: str,
    by: str,
    at: datetime,
) -> PurchaseOption:
    """Write down the right that is sold with a purchase, before its invoice; inside its transaction.

    Args:
        allocated_minor, allocated_functional_minor: its share of the price, in the deal's currency and
            in the books'.
        source: of the purchase and its invoice.
    """
    check(offered, at)
    rounding = books.current(at).rounding
    made: PurchaseOption = PurchaseOption.objects.create(
        code=offered.code,
        customer=holder.customer,
        holder=holder,
        unit=units.ensure(unit),
        credits=offered.credits,
        currency=currency,
        list_price_minor=offered.list_price_minor,
        discount_pct=money.decimal_text(offered.discount_pct),
        discount_anyone_gets_pct=money.decimal_text(offered.discount_anyone_gets_pct),
        likelihood_pct=money.decimal_text(offered.likelihood_pct),
        exercise_price_minor=offered.exercise_price_minor(rounding),
        ssp_minor=offered.ssp_minor(rounding),
        allocated_minor=allocated_minor,
        allocated_functional_minor=allocated_functional_minor,
        valid_until=offered.valid_until,
        source=source,
        sold_at=at,
        sold_by=by,
    )
    due.plan(LAPSE, made.code, made.valid_until, rank=due.TERM_END, group=holder.customer.code)
    return made


def find(code: str) -> PurchaseOption:
    """The option known as `code`. Raises NotFound."""
    known = PurchaseOption.objects.select_related("customer", "holder__customer", "unit", "end")
    found: PurchaseOption | None = known.filter(code=code).first()
    if found is None:
        raise NotFound("option", code)
    return found


def state(option: PurchaseOption, at: datetime) -> str:
    """open, exercised, lapsed or void; lapsed from its end on, whether a sweep has come or not."""
    if hasattr(option, "end"):
        return str(option.end.how)
    return OPEN if at < option.valid_until else str(OptionEnd.How.LAPSED)


@dataclass(frozen=True)
class Exercised:
    """A right that was used: the invoice, paid by card, and the block."""

    invoice: Invoice
    block: Block


def exercise(option: PurchaseOption, *, by: str, at: datetime) -> Exercised:
    """Use a right: its credits are bought by card at its price; what was deferred for it joins their cost.

    Once per option. Raises Refusal `option_closed` for one that was used, has lapsed or is void,
    `consumer_credits_end_early` or `card_declined`; then it stays open.
    """
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        pool = holders.pool(option.holder, option.unit, at)
        pool_books.lock([(pool.customer_id, pool.id)], at)
        locks.hold(f"option:{option.code}")
        now = find(option.code)
        if state(now, at) != OPEN:
            raise Refusal(
                "option_closed",
                f"The right {now.code!r} is {_WORDS[state(now, at)]}: nothing can be bought by it.",
            )
        price = exchange.functional(now.exercise_price_minor, now.currency, at)
        consumer_credits.check(
            now.holder, terms_of_sale.end_of_credits(now.holder, at),
            price_minor=now.exercise_price_minor + now.allocated_minor, begins_at=at, at=at,
        )  # fmt: skip
        block = _grant(now, pool, price + now.allocated_functional_minor, by, at)
        end: OptionEnd = OptionEnd.objects.create(
            option=now, how=OptionEnd.How.EXERCISED, block=block, ended_at=at, recorded_at=at,
            ended_by=by,
        )  # fmt: skip
        invoice = issuing.issue(_document(now, block, at), at=at)
        if invoice.total_minor:
            payments.record(
                invoice,
                amount_minor=invoice.total_minor,
                currency=invoice.currency,
                method=Payment.Method.CARD,
                reference=cards.charge(invoice, at=at),
                by=by,
                at=at,
            )
        _post(now, end, chart.DEFERRED_CREDITS, months.posting_date(today), at)
    return Exercised(invoice, block)


def lapse_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: option `subject` has come to its end; what was deferred for it is revenue (JE-34)."""
    with transaction.atomic():
        current = books.current(recorded_at)
        lapsed_on = books.date_of(due_at - calendar.TICK, current)
        months = Months([lapsed_on], received_on=books.date_of(recorded_at, current))
        locks.hold(f"option:{subject}")
        option = find(subject)
        if hasattr(option, "end"):
            return
        end: OptionEnd = OptionEnd.objects.create(
            option=option, how=OptionEnd.How.LAPSED, ended_at=due_at, recorded_at=recorded_at,
            ended_by="schedule",
        )  # fmt: skip
        _post(option, end, chart.BREAKAGE, months.posting_date(lapsed_on), recorded_at)


def lapsed_minor(last: date, *, known_at: datetime) -> int:
    """What was deferred for rights that lapsed, by the end of a day as posted: minor units of the books'
    currency."""
    [(minor,)] = sql.rows("invoicing", "rights_lapsed", last=last, known_at=known_at)
    return int(minor)


def void_with(invoice: Invoice, *, by: str, at: datetime) -> int:
    """Close the right that an invoice sold, as the invoice is made void; inside its transaction.

    Returns its share of the price; 0 where none was sold. Raises Refusal `not_untouched` where it was
    used or has lapsed.
    """
    option = sold_with(invoice)
    if option is None:
        return 0
    locks.hold(f"option:{option.code}")
    if state(find(option.code), at) != OPEN:
        raise Refusal(
            "not_untouched",
            f"{invoice.number} can't be made void: the right that came with it was used or has lapsed.",
        )
    OptionEnd.objects.create(
        option=option, how=OptionEnd.How.VOID, ended_at=at, recorded_at=at, ended_by=by
    )
    return option.allocated_minor


def sold_with(invoice: Invoice) -> PurchaseOption | None:
    """The right that was sold on an invoice."""
    return translation.option_of(invoice)


def _grant(
    option: PurchaseOption, pool: Pool, functional_minor: int, by: str, at: datetime
) -> Block:
    wanted = Grant(
        kind=Block.Kind.PAID,
        credits=option.credits,
        source=f"option:{option.code}",
        effective_at=at,
        expires_at=terms_of_sale.end_of_credits(option.holder, at),
        cost_minor=option.exercise_price_minor + option.allocated_minor,
        cost_functional_minor=functional_minor,
        currency=option.currency,
        by=by,
        reason="bought by a right",
    )
    return grants.issue(pool, [wanted], at=at)[0]


def _document(option: PurchaseOption, block: Block, at: datetime) -> Document:
    zone, language = option.holder.time_zone, option.customer.language
    first = block.changes.get(customer_id=block.customer_id, no=1)
    scale = option.credits * 10 ** money.exponent(option.currency)
    line = Line(
        kind=InvoiceLine.Kind.PURCHASE,
        text=languages.say(
            language,
            "line_option",
            credits=printed.credits(option.credits, language),
            code=option.code,
        ),
        amount_minor=option.exercise_price_minor,
        credits=option.credits,
        unit_price=money.decimal_text(Fraction(option.exercise_price_minor, scale)),
        period_from=calendar.local_date(at, zone),
        period_to=calendar.last_day(first.expires_at or at, zone),
        block=block,
    )
    return Document(
        customer=option.customer,
        holder=option.holder,
        lines=[line],
        currency=option.currency,
        due_date=books.date_of(at, books.current(at)),
        source=f"option:{option.code}",
        prepaid=True,
        receivable_at=at,
        notes=sale_notes.of(option.holder, at, ends_at=first.expires_at),
    )


def _post(option: PurchaseOption, end: OptionEnd, to: str, on: date, at: datetime) -> None:
    """What was deferred for the right goes where its end says (JE-34)."""
    post(
        Posting(
            on=on,
            recipe="JE-34",
            memo=f"Right {option.code} {_WORDS[end.how]}",
            source=f"option:{option.code}:{end.how}",
            customer_id=option.customer_id,
            holder=option.holder,
        ),
        debit={chart.OPTIONS: option.allocated_functional_minor},
        credit={to: option.allocated_functional_minor},
        currency=books.current(at).currency,
        at=at,
    )


_WORDS: dict[str, str] = {
    OptionEnd.How.EXERCISED: "used",
    OptionEnd.How.LAPSED: "lapsed",
    OptionEnd.How.VOID: "void",
}
