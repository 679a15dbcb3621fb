"""Answers what a person or a key may see. Every list in the house starts with `visible_to`."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from accounts.models import ApiKey, Customer, Person

Viewer = Person | ApiKey | AnonymousUser
_M = TypeVar("_M", bound=Model)


def visible_to(viewer: Viewer, rows: QuerySet[_M], *, customer: str = "customer") -> QuerySet[_M]:
    """The part of `rows` that `viewer` may see.

    Args:
        viewer: a person, an API key, or nobody.
        rows: any queryset that leads to a customer.
        customer: the lookup from a row to its customer; `"pk"` for customers themselves.

    Staff and unbound keys see all; a customer's person or a bound key sees that customer and its
    children; nobody sees nothing.
    """
    roots = _roots(viewer)
    if roots is None:
        return rows
    mine = Customer.objects.filter(Q(pk__in=roots) | Q(parent__in=roots)).values("pk")
    return rows.filter(**{f"{customer}__in": mine})


def customers(viewer: Viewer) -> QuerySet[Customer]:
    """The customers that `viewer` may see."""
    return visible_to(viewer, Customer.objects.all(), customer="pk")


def _roots(viewer: Viewer) -> list[int] | None:
    """The ids of the customers `viewer` belongs to; None for one who sees all."""
    if isinstance(viewer, ApiKey):
        return None if viewer.customer_id is None else [viewer.customer_id]
    if isinstance(viewer, Person) and viewer.is_active:
        if viewer.is_staff:
            return None
        return list(viewer.memberships.values_list("customer_id", flat=True))
    return []
