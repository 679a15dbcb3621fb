"""Answers what a customer can buy, what it costs with tax, and how its subscriptions stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts import access
from accounts.models import Customer
from contracts import packs, plan_changes, plans, subscriptions
from contracts.models import Pack, PlanCharge, PlanVersion, Subscription
from creditops.lib import calendar
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from invoicing import card_retries, plan_charges, top_up_rules
from invoicing.models import Invoice, SavedCard
from ledger.grace_ends import Grace
from ledger.models import Holder


@dataclass(frozen=True)
class Cost:
    """What is paid, and the tax in it; `tax` None: none is due."""

    total: Amount
    tax: Amount | None

    def __str__(self) -> str:
        return f"{self.total}" if self.tax is None else f"{self.total} with {self.tax} tax"


@dataclass(frozen=True)
class Offer:
    """A plan or a pack that can be bought, and what it costs."""

    code: str
    name: str
    credits: int
    cost: Cost
    free: bool


@dataclass(frozen=True)
class Charge:
    """What a subscription was charged for, and the invoice if it has one."""

    what: str
    plan: str
    credits: int
    cost: Cost
    on: date
    state: str
    problem: str
    invoice: Invoice | None


@dataclass(frozen=True)
class Standing:
    """How a subscription stands.

    `renews_on` is the first day of the next period, None where none comes; `next` what it would be by use
    so far; `retry_on` the day on which a declined card is tried again.
    """

    subscription: Subscription
    used: int
    renews_on: date | None
    next: PlanVersion | None
    next_cost: Cost | None
    grace: Grace | None
    retry_on: date | None
    charges: Sequence[Charge]

    @property
    def unpaid(self) -> bool:
        """Whether a card was declined and something waits."""
        return self.subscription.status in subscriptions.UNPAID

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.subscription.status == Subscription.Status.ENDED


@dataclass(frozen=True)
class Shop:
    """The page of plans and packs; `top_ups`: what is bought by itself, empty where nothing is."""

    card: str
    standings: Sequence[Standing]
    plans: Sequence[Offer]
    packs: Sequence[Offer]
    top_ups: str


def of(visitor: Visitor, at: datetime) -> Shop:
    """What the visitor's customer has and can buy at `at`."""
    customer = visitor.customer
    card = SavedCard.objects.filter(customer=customer).first()
    rule = top_up_rules.in_force(customer, at)
    mine = access.visible_to(visitor.person, Subscription.objects.all()).filter(customer=customer)
    return Shop(
        card="" if card is None else card.label,
        standings=[
            standing(found, at)
            for found in mine.select_related(
                "customer", "holder__customer", "version__plan", "next_plan"
            )
        ],
        plans=[plan_offer(customer, v, at) for v in plans.on_sale(customer.currency, at)],
        packs=[pack_offer(customer, pack, at) for pack in packs.on_sale(customer.currency, at)],
        top_ups="" if rule is None else top_up_rules.in_words(rule, customer.currency),
    )


def standing(found: Subscription, at: datetime) -> Standing:
    """How one subscription stands at `at`."""
    term = subscriptions.running_term(found, at)
    goes_on = term is not None and found.cancelled_at is None
    coming = plan_changes.next_version(found, term, at) if goes_on and term else None
    retry = card_retries.next_retry(found, at)
    zone = found.time_zone
    return Standing(
        subscription=found,
        used=0 if term is None else plan_changes.consumption(found, term, at),
        renews_on=None if term is None else calendar.local_date(term.ends_at, zone),
        next=coming,
        next_cost=None
        if coming is None
        else cost(found.customer, coming.price_minor, at, holder=found.holder),
        grace=subscriptions.running_grace(found, at),
        retry_on=None if retry is None else calendar.local_date(retry, zone),
        charges=_charges(found, at),
    )


def cost(customer: Customer, net_minor: int, at: datetime, *, holder: Holder | None = None) -> Cost:
    """What an amount in the customer's currency comes to with tax; `holder`: whose credits it pays for."""
    known = plan_charges.cost(customer, net_minor, customer.currency, at, holder=holder)
    tax = Amount(known.tax_minor, known.currency) if known.tax_minor else None
    return Cost(Amount(known.total_minor, known.currency), tax)


def plan_offer(customer: Customer, version: PlanVersion, at: datetime) -> Offer:
    """A plan as it can be bought."""
    return Offer(
        version.plan.code,
        version.plan.name,
        version.credits,
        cost(customer, version.price_minor, at),
        free=not version.price_minor,
    )


def pack_offer(customer: Customer, pack: Pack, at: datetime) -> Offer:
    """A pack as it can be bought."""
    return Offer(
        pack.code,
        pack.name,
        pack.credits,
        cost(customer, pack.price_minor, at),
        free=not pack.price_minor,
    )


def _charges(found: Subscription, at: datetime) -> list[Charge]:
    made = list(found.charges.select_related("version__plan").order_by("-id")[:24])
    invoices = Invoice.objects.filter(source__in=[charge.source for charge in made])
    by_source = {invoice.source: invoice for invoice in invoices}
    return [_charge(charge, by_source.get(charge.source), found, at) for charge in made]


def _charge(
    charge: PlanCharge, invoice: Invoice | None, found: Subscription, at: datetime
) -> Charge:
    return Charge(
        what=charge.get_kind_display().capitalize(),
        plan=charge.version.plan.name,
        credits=charge.credits,
        cost=cost(found.customer, charge.amount_minor, at) if invoice is None else _paid(invoice),
        on=calendar.local_date(charge.settled_at or charge.made_at, found.time_zone),
        state=charge.get_state_display(),
        problem=charge.problem,
        invoice=invoice,
    )


def _paid(invoice: Invoice) -> Cost:
    tax = Amount(invoice.tax_minor, invoice.currency) if invoice.tax_minor else None
    return Cost(Amount(invoice.total_minor, invoice.currency), tax)
