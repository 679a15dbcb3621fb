"""Does certificates by which customers owe no tax, each for a place and a time (I11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q

from accounts.models import Customer
from creditops.lib import calendar
from creditops.lib.refusals import Refusal
from invoicing.models import TaxExemption


def record(
    customer: Customer,
    *,
    country: str,
    certificate: str,
    reason: str,
    valid_from: date,
    valid_until: date,
    by: str,
    at: datetime,
    region: str = "",
) -> TaxExemption:
    """Record a certificate that the customer has shown; documents from now on go by it.

    Args:
        region: of the country; empty: the whole country.
        certificate: its number, as printed on documents.
        reason: by which the customer is exempt, as printed.
        valid_from, valid_until: first and last day.

    Raises Refusal `exemption_over` for one that never begins, or `exemption_known`.
    """
    if valid_until < valid_from:
        raise Refusal("exemption_over", "A certificate can't end before it begins.")
    made, is_new = TaxExemption.objects.get_or_create(
        customer=customer,
        country=country,
        region=region,
        certificate=certificate,
        defaults={
            "reason": reason,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "recorded_by": by,
            "recorded_at": at,
        },
    )
    if not is_new:
        raise Refusal("exemption_known", f"Certificate {made} is recorded already.")
    return made


def turns(customer: Customer, zone: str) -> list[datetime]:
    """When certificates of the customer begin and stop to count, in the books' `zone`."""
    found = TaxExemption.objects.filter(customer=customer).values_list("valid_from", "valid_until")
    days = [day for first, last in found for day in (first, last + timedelta(days=1))]
    return [calendar.local_midnight(day, zone) for day in days]


def in_force(customer: Customer, on: date) -> TaxExemption | None:
    """The certificate that counts where the customer is on a day; of several the one that lasts."""
    found = TaxExemption.objects.filter(
        Q(region=customer.region) | Q(region=""),
        customer=customer,
        country=customer.country,
        valid_from__lte=on,
        valid_until__gte=on,
    )
    return found.order_by("-valid_until", "-id").first()
