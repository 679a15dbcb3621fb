"""Answers what the first screen of the portal shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts import access
from accounts.models import Membership
from contracts.models import Contract
from creditops.portal import cards, invoices, usage
from creditops.portal.cards import Card
from creditops.portal.invoices import Next, Owed
from creditops.portal.usage import Usage
from creditops.portal.visitor import Visitor
from ledger import event_lists
from ledger.event_lists import Listed
from ledger.models import Pool

_INVOICES, _EVENTS = 5, 5


@dataclass(frozen=True)
class Someone:
    """A person of the customer: their role, and the share of use at which they are told."""

    name: str
    role: str
    told_at: int | None


@dataclass(frozen=True)
class Overview:
    """The first screen. What money is in is None or empty for those who don't see it.

    `coming` are contracts that are signed and have not begun.
    """

    cards: Sequence[Card]
    coming: Sequence[Contract]
    owed: Owed | None
    next_charge: Next | None
    invoices: Sequence[invoices.Row]
    usage: Usage
    events: Sequence[Listed]
    people: Sequence[Someone]


def of(visitor: Visitor, at: datetime) -> Overview:
    """The first screen for a visitor at `at`."""
    customer = visitor.customer
    pools = access.visible_to(visitor.person, Pool.objects.all()).filter(customer=customer)
    granted = pools.filter(blocks__isnull=False).distinct()
    with_money = visitor.sees_money
    return Overview(
        cards=cards.of_pools(
            list(granted.select_related("unit", "holder", "customer").order_by("id")),
            at=at,
            in_money=with_money,
        ),
        coming=_coming(visitor),
        owed=invoices.owed(visitor, at) if with_money else None,
        next_charge=invoices.next_charge(visitor) if with_money else None,
        invoices=invoices.newest(visitor, at=at, limit=_INVOICES).rows if with_money else [],
        usage=usage.of(visitor, usage.LAST_DAYS, at),
        events=event_lists.newest(customer.pk, limit=_EVENTS).events,
        people=_people(visitor),
    )


def _coming(visitor: Visitor) -> Sequence[Contract]:
    signed = access.visible_to(visitor.person, Contract.objects.all()).filter(
        customer=visitor.customer, status=Contract.Status.SIGNED
    )
    return list(signed.order_by("starts_on"))


def _people(visitor: Visitor) -> list[Someone]:
    members = Membership.objects.filter(customer=visitor.customer, person__is_active=True)
    named = members.select_related("person").order_by("person__name")
    return [Someone(m.person.name, m.get_role_display(), m.notify_at_percent) for m in named]
