"""Does the making of people: staff with a role, and a customer's people."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Customer, Membership, Person
from accounts.roles import Role
from creditops.lib.refusals import Refusal


def add_staff(
    *, email: str, name: str, role: Role, at: datetime, password: str | None = None
) -> Person:
    """Let someone of the vendor log in, with the rights of `role`. Raises Refusal `person_exists`."""
    with transaction.atomic():
        person = _create(email, name, password, at, is_staff=True)
        person.groups.add(Group.objects.get(name=role.value))
    return person


def add_member(
    *,
    email: str,
    name: str,
    customer: Customer,
    role: str,
    at: datetime,
    password: str | None = None,
    notify_at_percent: int | None = None,
) -> Person:
    """Let a customer's person log in to the portal. Raises Refusal `person_exists`.

    Args:
        role: of `Membership.Role`.
        notify_at_percent: told by mail when consumption reaches this share; None: never.
    """
    with transaction.atomic():
        person = _create(email, name, password, at, is_staff=False)
        Membership.objects.create(
            person=person, customer=customer, role=role, notify_at_percent=notify_at_percent
        )
    return person


def tell_from(customer: Customer, email: str, percent: int | None) -> Membership:
    """Have one of a customer's people told from this share of use on; None: never (A3).

    Raises Refusal `person_unknown`.
    """
    found: Membership | None = Membership.objects.filter(
        customer=customer, person__email=email
    ).first()
    if found is None:
        raise Refusal("person_unknown", f"Nobody of {customer.name} logs in as {email}.")
    found.notify_at_percent = percent
    found.save(update_fields=["notify_at_percent"])
    return found


def members(customer: Customer, role: str) -> list[Person]:
    """A customer's people in a role of `Membership.Role` who may log in, by name."""
    return list(
        Person.objects.filter(
            memberships__customer=customer, memberships__role=role, is_active=True
        ).order_by("name", "id")
    )


def _create(email: str, name: str, password: str | None, at: datetime, *, is_staff: bool) -> Person:
    try:
        with transaction.atomic():
            return Person.objects.create_user(
                email, password, name=name, is_staff=is_staff, joined_at=at
            )
    except IntegrityError as error:
        raise Refusal("person_exists", f"Somebody logs in as {email} already.") from error
