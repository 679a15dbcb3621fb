"""Who knocks: a browser of everyone, a program with every kind of key."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.test import Client

from accounts import keys, people
from accounts.models import ApiKey, Membership
from accounts.roles import Role
from ledger import caps, holds, limits, metering
from ledger.messages import Message
from tests import cast, staff
from tests.cast import START
from tests.staff import NOW, Book

STAFF = {role.value: role for role in Role}


def book() -> Book:
    """Acme's book, with what waits for somebody: an event that has no place, a wish, a hold, a key."""
    made = staff.book()
    lost = Message("test", "lost-1", "acme", "no-such-meter", time=NOW, quantity=Decimal(1))
    metering.accept([lost], at=NOW, origin="test")
    caps.ask_for_lift(limits.key_of(made.contract.holder, "acme"), at=NOW)
    work = Message("test", "work", "acme", "credits", contract="C-1", quantity=Decimal(40))
    holds.place(work, code="h-1", lasts=timedelta(hours=1), by="key:product", at=NOW)
    keys.create(name="product", scopes=["usage:write"], by="Ines", at=START)
    return made


def browsers(book: Book) -> dict[str, Client]:
    """By name: nobody, the staff by role, the superuser, people of Acme by role, one of another."""
    found = {"nobody": Client()}
    for name, role in STAFF.items():
        found[name] = staff.as_(staff.person(role))
    found["superuser"] = staff.as_(staff.person(None))
    for membership in Membership.Role:
        person = people.add_member(
            email=f"{membership}@acme.example",
            name=membership.title(),
            customer=book.acme,
            role=membership,
            at=START,
        )
        found[f"its {membership}"] = staff.as_(person)
    found["another's admin"] = staff.as_(staff.otto(cast.customer("other")))
    return found


def programs(book: Book) -> dict[str, Client]:
    """By name: no key, a key of every scope, Acme's own with all but admin, another customer's."""
    others = cast.customer("other")
    every = [scope for scope in ApiKey.Scope if scope != ApiKey.Scope.ADMIN]
    found = {"no key": Client()}
    for scope in ApiKey.Scope:
        found[scope] = _with_key(scope, [scope])
    found["its own"] = _with_key("its own", every, book.acme)
    found["another's"] = _with_key("another's", every, others)
    return found


def _with_key(name, scopes, customer=None) -> Client:
    _, secret = keys.create(name=name, scopes=scopes, by="Ines", at=START, customer=customer)
    return Client(headers={"Authorization": f"Bearer {secret}"})
