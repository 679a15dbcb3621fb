"""Answers who is told: the people of a customer who asked to hear of a threshold."""

from __future__ import annotations

from accounts.models import Membership


def of_threshold(customer_id: int, percent: int) -> list[str]:
    """E-mails of the customer's active people who asked to be told at `percent` or below (A3)."""
    return list(
        Membership.objects.filter(
            customer_id=customer_id, person__is_active=True, notify_at_percent__lte=percent
        )
        .order_by("person__email")
        .values_list("person__email", flat=True)
    )


def of_invoices(customer_id: int) -> list[str]:
    """E-mails of the customer's administrators and finance people."""
    return list(
        Membership.objects.filter(
            customer_id=customer_id,
            person__is_active=True,
            role__in=[Membership.Role.ADMIN, Membership.Role.FINANCE],
        )
        .order_by("person__email")
        .values_list("person__email", flat=True)
    )
