"""Answers who looks at the portal, at which customer, and what of it they may see (S63)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from accounts import access
from accounts.models import Customer, Membership, Person
from creditops.lib.refusals import NotFound

STAFF = "staff"
_Role = Membership.Role
_SEE_MONEY = frozenset({_Role.ADMIN, _Role.FINANCE, _Role.AUTHORISER, STAFF})
_SEE_VALUES = frozenset({_Role.ADMIN, _Role.FINANCE, STAFF})
_BUY = frozenset({_Role.ADMIN, _Role.FINANCE})
# More customers than this are not offered to switch to; their addresses still work.
_OFFERED = 50


@dataclass(frozen=True)
class Visitor:
    """A person at one customer. `others` are the customers that they can switch to, this one too.

    `role` is a customer's role, or `staff` for the vendor's people, who look as the customer sees it.
    """

    person: Person
    customer: Customer
    role: str
    others: Sequence[Customer]

    @property
    def sees_money(self) -> bool:
        """Prices, caps in money, invoices: everyone but a viewer."""
        return self.role in _SEE_MONEY

    @property
    def sees_values(self) -> bool:
        """What single events and movements were worth: administrators and finance."""
        return self.role in _SEE_VALUES

    @property
    def may_buy(self) -> bool:
        """Plans, packs, a card: administrators and finance, and nobody of the vendor in their name."""
        return self.role in _BUY and self.customer.parent_id is None

    @property
    def is_staff(self) -> bool:
        """Whether somebody of the vendor looks in."""
        return self.role == STAFF

    @property
    def query(self) -> str:
        """What the portal's addresses need to stay with this customer: "" or "?customer=acme"."""
        needed = self.is_staff or len(self.others) > 1
        return "?" + urlencode({"customer": self.customer.code}) if needed else ""


def find(person: Person, code: str) -> Visitor:
    """The visit of `person` at the customer `code`, or at their first one where it is empty.

    Raises NotFound for a customer that they may not see, and where they have none.
    """
    if "\0" in code:  # which no database can look for
        raise NotFound("customer", code)
    seen = access.customers(person).select_related("parent")
    if person.is_staff:
        return Visitor(person, _chosen(list(seen.filter(code=code)), code), STAFF, [])
    roles = dict(person.memberships.values_list("customer_id", "role"))
    # One's own customers before their children.
    offered = sorted(seen[:_OFFERED], key=lambda customer: customer.pk not in roles)
    wanted = list(seen.filter(code=code)) if code else offered[:1]
    customer = _chosen(wanted, code)
    role = roles.get(customer.pk) or roles[customer.root_id]
    return Visitor(person, customer, role, offered)


def has_customer(person: Person) -> bool:
    """Whether there is anything to show to `person`."""
    return access.customers(person).exists()


def _chosen(found: Sequence[Customer], code: str) -> Customer:
    if not found:
        raise NotFound("customer", code)
    return found[0]
