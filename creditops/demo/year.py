"""Does the demo book: a vendor, customers of every kind, and a year of their usage up to now.

Everything happens at its own time, through the work modules: contracts are signed and invoiced,
usage comes in day by day, people are alerted, credits expire, a contract renews, months close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from heapq import merge
from typing import Any

from accounts import customers
from accounts.models import Customer
from contracts import (
    agreements,
    commission_payouts,
    commission_plans,
    commission_statements,
    free_credits,
)
from contracts.commission_figures import Share
from contracts.models import Contract, RateCard
from creditops import schedule
from creditops.close import month_end
from creditops.demo import catalogue, people
from creditops.demo.usage import Habit, days
from creditops.lib import approvals, calendar, outbox, policies
from invoicing import documents, payments, purchases
from invoicing.models import Invoice
from ledger import books, holders, metering, posting
from ledger.messages import Message

MONTHS = 13
# Reps get 8 %: 70 % of it at close, the rest by what is used; Mara helps with everything.
_PLAN = "sales"
_PAY_PLAN = commission_plans.Wanted(
    rate_pct=Decimal(8),
    split=[Share("sam@lumen.example", Decimal(80)), Share("mara@lumen.example", Decimal(20))],
)
# What large contracts cost to win is an asset, expensed over two years.
_LARGE = "enterprise"
_LARGE_PLAN = replace(_PAY_PLAN, cost="STRAIGHT_LINE", months=24)
# Usage of so many days is sent at once: enough for a picture, quick to make.
_DAYS_PER_BATCH = 7

HABITS = (
    Habit("acme", 14, 60, (("chat", 6), ("image", 2), ("research", 2)), growth=1.8, size=1.4),
    Habit("bright-pixel", 5, 6, (("image", 5), ("chat", 2)), growth=1.2),
    Habit("northgate", 9, 25, (("research", 3), ("lead", 5), ("chat", 3)), growth=0.8, size=1.2),
    Habit("quill", 4, 4, (("chat", 1),), growth=1.0, size=0.7),
    Habit("orbit", 6, 40, (("chat", 3), ("image", 1)), growth=2.5),
)


@dataclass(frozen=True, order=True)
class Moment:
    """Something that happens at an instant of the year."""

    at: datetime
    what: str
    do: Callable[[datetime], None] = field(compare=False)


def seed(now: datetime, tell: Callable[[str], None], *, closes: bool = True) -> None:
    """Make the demo book as of `now`, in an empty book.

    Args:
        now: the year ends here.
        tell: called with a sentence per step.
        closes: whether its months are closed, but for the last two.
    """
    first = calendar.local_midnight(
        calendar.add_months(calendar.month_start(now.date()), -MONTHS), "UTC"
    )
    card = catalogue.publish(first)
    people.hire(first)
    for code, plan, name in (
        (_PLAN, _PAY_PLAN, "Sales plan"), (_LARGE, _LARGE_PLAN, "Enterprise sales plan"),
    ):  # fmt: skip
        commission_plans.publish(code, plan, by="mara@lumen.example", at=first, name=name)
    tell("The vendor is there, with its prices and its people.")
    stories = [_acme, _bright_pixel, _northgate, _quill, _orbit]
    moments: Iterator[Moment] = merge(
        *(sorted(story(first, now, card)) for story in stories),
        *(_usage(habit, first, now) for habit in HABITS),
        _months(first, now, closes=closes),
        [Moment(first + timedelta(days=135), "pay Sam", _pay_rep("sam@lumen.example"))],
    )
    month = None
    for moment in moments:
        if moment.at > now:
            break
        if month != (moment.at.year, moment.at.month):
            month = (moment.at.year, moment.at.month)
            tell(f"{moment.at:%B %Y}")
        schedule.run_due(moment.at)
        moment.do(moment.at)
    schedule.run_due(now)
    posting.run(now)
    outbox.relay(now)


def _acme(first: datetime, now: datetime, card: RateCard) -> list[Moment]:
    """A large customer in its second year: transposed renewal, rollover, an approved overage."""
    start = first + timedelta(days=8)

    def sign(at: datetime) -> None:
        acme = _customer("acme", "Acme Robotics", at, legal_name="Acme Robotics GmbH", country="DE",
                         address="Torstraße 1\n10119 Berlin", tax_id="DE136695976")  # fmt: skip
        contract = _sign(acme, card, at, code="acme-main", name="Enterprise plan",
                         credits=150_000, price_minor=135_000, list_price_minor=150_000, auto_renew=True,
                         bonus_credits=5_000, commission_plan=commission_plans.find(_LARGE))  # fmt: skip
        free_credits.give(contract.holder, kind="promo", credits=2_000, source="welcome:acme",
                          by="sam@lumen.example", reason="welcome credits", at=at)  # fmt: skip

    return [Moment(start, "sign", sign), Moment(start + timedelta(days=20), "pay", _pay("acme"))]


def _bright_pixel(first: datetime, now: datetime, card: RateCard) -> list[Moment]:
    """A small studio that buys packs by card every other month, each good for three months."""

    def buy(at: datetime) -> None:
        code = "bright-pixel"
        studio = Customer.objects.filter(code=code).first() or _customer(
            code, "Bright Pixel", at, segment=Customer.Segment.SELF_SERVE, country="US", region="NY"
        )
        holder = holders.pay_as_you_go(studio, at)
        order = purchases.Order(
            holder=holder, credits=None, price_minor=5_000, currency=studio.currency,
            pay=purchases.CARD, source=f"demo:{code}:{at:%Y-%m-%d}", rate_card=card,
        )  # fmt: skip
        purchases.buy(order, by="otto@brightpixel.example", at=at)

    starts = calendar.local_date(first, "UTC")
    return [
        Moment(
            calendar.local_midnight(calendar.add_months(starts, month), "UTC")
            + timedelta(days=3, hours=10),
            "buy",
            buy,
        )
        for month in range(0, MONTHS + 1, 2)
    ]


def _northgate(first: datetime, now: datetime, card: RateCard) -> list[Moment]:
    """A contract that runs into its overage this term, with an unpaid invoice."""

    def sign(at: datetime) -> None:
        customer = _customer("northgate", "Northgate Capital", at, country="US", region="TX")
        _sign(
            customer,
            card,
            at,
            code="northgate-1",
            name="Business plan",
            credits=36_000,
            price_minor=36_000,
        )

    return [Moment(first + timedelta(days=100), "sign", sign)]


def _quill(first: datetime, now: datetime, card: RateCard) -> list[Moment]:
    """A light user without rollover, which the desk warns of."""

    def sign(at: datetime) -> None:
        customer = _customer("quill", "Quill Press", at, country="GB")
        _sign(customer, card, at, code="quill-1", name="Starter plan", credits=20_000, price_minor=20_000,
              settings={"rollover": "NONE", "overage_pct": "10"})  # fmt: skip

    day = first + timedelta(days=60)
    return [Moment(day, "sign", sign), Moment(day + timedelta(days=12), "pay", _pay("quill"))]


def _orbit(first: datetime, now: datetime, card: RateCard) -> list[Moment]:
    """A prospect that is only observed, to learn what it would need."""

    def begin(at: datetime) -> None:
        customer = _customer("orbit", "Orbit Health", at, country="US", region="CA")
        policies.change(
            policies.customer_scope("orbit"), {"observe_months": 6}, effective_at=at,
            recorded_at=at, by="sam@lumen.example", approved_by="fiona@lumen.example",
        )  # fmt: skip
        agreements.follow_rates(holders.pay_as_you_go(customer, at), card, at=at)

    return [Moment(now - timedelta(days=75), "begin", begin)]


def _usage(habit: Habit, first: datetime, now: datetime) -> Iterator[Moment]:
    """A customer's usage, a few days at a time, from when it is a customer."""
    waiting: list[Message] = []
    for number, (end, events) in enumerate(days(habit, first, now)):
        waiting += events
        if (number + 1) % _DAYS_PER_BATCH == 0:
            yield Moment(end, f"usage of {habit.customer}", _send(waiting))
            waiting = []
    if waiting:
        yield Moment(now, f"usage of {habit.customer}", _send(waiting))


def _send(batch: list[Message]) -> Callable[[datetime], None]:
    def send(at: datetime) -> None:
        customer = Customer.objects.filter(code=batch[0].customer).first() if batch else None
        begun = at if customer is None else customer.created_at
        since = [message for message in batch if message.time and message.time >= begun]
        if since:
            metering.accept(since, at=at, origin="key:studio")

    return send


def _months(first: datetime, now: datetime, *, closes: bool) -> Iterator[Moment]:
    """Months close ten days after their end, but for the last one; odd messages come in now and then."""
    start = calendar.local_date(first, "UTC")
    for number in range(1, MONTHS if closes else 1):
        month = calendar.add_months(start, number - 1)
        after = calendar.local_midnight(calendar.add_months(start, number), "UTC")
        yield Moment(after + timedelta(days=10), "close", _close(month))
    yield Moment(now, "odd", _odd_messages)


def _close(month: date) -> Callable[[datetime], None]:
    def close(at: datetime) -> None:
        month_end.close(
            month, by="fiona@lumen.example", at=at, reason="as every month",
            let_pass={"exceptions": "customers were told, their messages come again"},
        )  # fmt: skip

    return close


def _odd_messages(at: datetime) -> None:
    """What the exceptions desk is for: an unknown customer, a conflict, one from the future."""
    metering.accept(
        [
            Message("studio", "odd-1", "acne", "image", quantity=Decimal(3), time=at),
            Message("studio", "odd-2", "acme", "vidoe", quantity=Decimal(1), time=at),
            Message("studio", "odd-3", "acme", "image", quantity=Decimal(1),
                    time=at + timedelta(hours=3)),
            Message("studio", "odd-4", "acme", "image", quantity=Decimal(1), time=at),
            Message("studio", "odd-4", "acme", "image", quantity=Decimal(2), time=at),
            Message("studio", "odd-5", "acme", "image", quantity=Decimal(1),
                    time=at - timedelta(days=45)),
        ],
        at=at,
        origin="key:studio",
    )  # fmt: skip


def _customer(code: str, name: str, at: datetime, **facts: Any) -> Customer:
    made = customers.create(
        code=code, name=name, currency=books.current(at).currency, time_zone="UTC", at=at, **facts
    )
    people.invite(made, at)
    return made


def _sign(customer: Customer, card: RateCard, at: datetime, **terms: Any) -> Contract:
    usual = {"commission_plan": commission_plans.find(_PLAN)}
    return agreements.sign(
        customer,
        agreements.Terms(
            starts_on=at.date(), currency=customer.currency, time_zone="UTC", rate_card=card,
            **usual | terms,
        ),
        by="sam@lumen.example",
        at=at,
    )  # fmt: skip


def _pay_rep(rep: str) -> Callable[[datetime], None]:
    """Commission that is open for a rep is paid by a statement; the sales manager is the second person."""

    def pay(at: datetime) -> None:
        frozen = commission_statements.freeze(rep, at.year, by="fiona@lumen.example", at=at)
        currency = books.current(at).currency
        asked = commission_payouts.ask(frozen, currency, by="fiona@lumen.example", at=at)
        agreed = approvals.approve(asked.pk, by="mara@lumen.example", at=at, reason="as it is told")
        commission_payouts.pay_approved(agreed, at=at)

    return pay


def _pay(code: str) -> Callable[[datetime], None]:
    """A payment of what the customer owes."""

    def pay(at: datetime) -> None:
        for invoice in Invoice.objects.filter(customer__code=code):
            still_open = documents.open_minor(invoice)
            if still_open:
                payments.record(
                    invoice, amount_minor=still_open, currency=invoice.currency,
                    method="transfer", reference=f"bank-{invoice.number}",
                    by="fiona@lumen.example", at=at,
                )  # fmt: skip

    return pay
