"""The vendor's staff in tests: one of each role, a superuser, and a book for them to look at.

Fiona keeps the books, Sam sells, Ada is the customer's administrator, Otto belongs to another customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.test import Client

from accounts import keys, people
from accounts.models import Customer, Membership, Person
from accounts.roles import Role
from contracts import agreements, free_credits, prices, rate_cards
from contracts.models import Contract
from invoicing import billing, cards, payments, purchases, seller, tax_rates
from invoicing.models import Invoice
from ledger import holders, metering, posting
from ledger.messages import Message
from ledger.models import UsageEvent
from tests import cast
from tests.cast import START, at

NOW = at("2026-06-15 12:00")


@dataclass(frozen=True)
class Book:
    """Acme with a contract of 10,000 credits for $100: some of it used, its invoice open."""

    acme: Customer
    contract: Contract
    invoice: Invoice
    event: UsageEvent


def person(role: Role | None) -> Person:
    """Somebody of the staff in this role; None: the superuser."""
    if role is None:
        return Person.objects.create_superuser(
            "root@vendor.example", None, name="Rosa Root", joined_at=START
        )
    name = role.value.replace(" ", "-")
    return people.add_staff(email=f"{name}@vendor.example", name=name, role=role, at=START)


def as_(who: Person | None) -> Client:
    """A browser in which this person is logged in; None: nobody is."""
    client = Client()
    if who is not None:
        client.force_login(who)
    return client


def otto(customer: Customer) -> Person:
    """The administrator of a customer: not of the staff."""
    return people.add_member(
        email="otto@other.example", name="Otto", customer=customer,
        role=Membership.Role.ADMIN, at=START,
    )  # fmt: skip


def catalogue() -> None:
    """What the vendor sells: credits for a cent, translations at 3 credits per 1,000 words."""
    seller.define(name="Lumen AI", country="US")
    tax_rates.define(country="US", rate_pct="0", source="nothing is due", at=START)
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    rate_cards.publish(
        card="standard",
        version="1",
        items=[rate_cards.Item("translation", 3, kind="pack", per=1_000)],
        effective_from=START,
        by="Sam",
        at=START,
    )


def sign(customer: Customer, code: str, *, when: datetime = START, **terms) -> Contract:
    """A contract of 10,000 credits for $100 from the day of `when`."""
    wanted = {
        "code": code,
        "starts_on": when.date(),
        "credits": 10_000,
        "price_minor": 10_000,
        "currency": "USD",
        "time_zone": "UTC",
        "rate_card": rate_cards.find("standard"),
    } | terms
    return agreements.sign(customer, agreements.Terms(**wanted), by="Sam", at=when)


def use(customer: Customer, contract: str, key: str, words: int, when: datetime) -> UsageEvent:
    """Report a translation; returns the stored event."""
    message = Message(
        source="test", key=key, customer=customer.code, contract=contract, meter="translation",
        time=when, quantity=Decimal(words), user="lena",
    )  # fmt: skip
    outcome = metering.accept([message], at=when, origin="test").outcomes[0]
    return UsageEvent.objects.get(
        customer_id=customer.id, key=key, id=int(outcome.uid.split("-")[1])
    )


def book() -> Book:
    """A small book with something in most tables."""
    catalogue()
    acme = cast.customer("acme", name="Acme", country="US")
    contract = sign(acme, "C-1")
    invoice = billing.bill(contract, until=START, at=START)
    used = at("2026-06-10 09:00")
    event = use(acme, "C-1", "ev-1", 100_000, used)
    free_credits.give(
        contract.holder, kind="promo", credits=500, source="promo-1", by="Fiona", reason="launch",
        at=used + timedelta(days=1),
    )  # fmt: skip
    posting.run(used + timedelta(days=2))
    return Book(acme, contract, invoice, event)


def crowd(number: int) -> list[Customer]:
    """So many customers, each with a contract, an invoice, a payment, a card, usage and people."""
    catalogue()
    tax_rates.define(country="US", region="New York", rate_pct="8.875", at=START)
    made = []
    for n in range(number):
        customer = cast.customer(f"customer-{n:02d}", name=f"Customer {n:02d}", country="US")
        contract = sign(customer, f"C-{n:02d}", due_on=date(2026, 2, 1))
        invoice = billing.bill(contract, until=START, at=START)
        payments.record(
            invoice, amount_minor=4_000, currency="USD", method="transfer",
            reference=f"wire-{n}", by="Fiona", at=at("2026-01-20"),
        )  # fmt: skip
        use(customer, f"C-{n:02d}", f"ev-{n}", 2_000_000, at("2026-03-01"))
        people.add_member(
            email=f"ada{n}@customer.example", name=f"Ada {n}", customer=customer,
            role=Membership.Role.ADMIN, at=START,
        )  # fmt: skip
        keys.create(name=f"key-{n}", scopes=["usage:write"], by="Ines", at=START, customer=customer)
        cards.save(customer, at=START)
        purchases.buy(
            purchases.Order(
                holder=holders.pay_as_you_go(customer, START), credits=None, price_minor=500,
                currency="USD", pay="card", source=f"buy-{n}",
            ),
            by="Ada", at=at("2026-03-02"),
        )  # fmt: skip
        made.append(customer)
    posting.run(at("2026-03-03"))
    return made
