"""Acme on a contract with its people, Otto of another customer, and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import people
from accounts.models import Customer, Membership, Person
from accounts.roles import Role
from contracts import agreements, prices, rate_cards
from contracts.models import Contract
from contracts.rate_cards import Item
from creditops.lib import clock
from creditops.portal.visitor import Visitor
from invoicing import billing, seller
from invoicing.models import Invoice
from ledger.models import Rate
from tests import cast
from tests.cast import START, at

NOW = at("2026-03-01 12:00")


@dataclass(frozen=True)
class Acme:
    """A customer with a running contract of 10,000 credits for $100, its first invoice open."""

    customer: Customer
    contract: Contract
    invoice: Invoice


@pytest.fixture(autouse=True)
def _doors(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """The doors' clock stands still, behind no TLS, with no failed login remembered."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def acme(db: None) -> Acme:
    """Acme, which translates documents at 3 credits per 1,000 words."""
    seller.define(name="Northwind AI")
    customer = cast.customer("acme")
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    item = Item(
        "document_translation", 3, kind=Rate.Kind.PACK, per=1_000, customer_unit="words translated"
    )
    rate_cards.publish(
        card="standard",
        version="1",
        items=[item],
        effective_from=START,
        by="Sam",
        at=START,
        name="Standard rates",
    )
    terms = agreements.Terms(
        code="acme-1",
        name="Annual plan",
        starts_on=date(2026, 1, 1),
        credits=10_000,
        price_minor=10_000,
        currency="USD",
        time_zone="UTC",
        rate_card=rate_cards.find("standard"),
    )
    contract = agreements.sign(customer, terms, by="Sam", at=START)
    invoice = billing.bill(contract, until=START, at=START)
    assert invoice is not None
    return Acme(customer, contract, invoice)


@pytest.fixture
def otto(db: None) -> Person:
    """The administrator of another customer."""
    return member(cast.customer("other"), "otto")


def member(
    customer: Customer, name: str, role: str = Membership.Role.ADMIN, told_at: int | None = None
) -> Person:
    """A person of a customer."""
    return people.add_member(
        email=f"{name}@{customer.code}.example",
        name=name.title(),
        customer=customer,
        role=role,
        at=START,
        notify_at_percent=told_at,
    )


def staff(name: str = "fiona") -> Person:
    """A person of the vendor."""
    return people.add_staff(
        email=f"{name}@vendor.example", name=name.title(), role=Role.FINANCE, at=START
    )


def visitor(customer: Customer, role: str = Membership.Role.ADMIN) -> Visitor:
    """A visit of a person with this role."""
    return Visitor(member(customer, f"someone-{role}", role), customer, role, [customer])


def as_(person: Person) -> Client:
    """A browser in which `person` is logged in."""
    client = Client()
    client.force_login(person)
    return client
