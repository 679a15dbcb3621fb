"""Answers what somebody looks for: customers, contracts, invoices, by code or name."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from unfold.dataclasses import SearchResult

from accounts import access
from accounts.models import Customer
from contracts.models import Contract
from creditops.desk import addresses
from creditops.lib.admin_columns import address_of
from invoicing.models import Invoice

_EACH = 10


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """What matches, customers first; at most ten of a kind."""
    seen = access.customers(request.user)
    customers = seen.filter(
        Q(code__icontains=term) | Q(name__icontains=term) | Q(legal_name__icontains=term)
    )
    contracts = Contract.objects.filter(Q(code__icontains=term) | Q(name__icontains=term))
    invoices = Invoice.objects.filter(number__icontains=term)
    return [
        *(_customer(customer) for customer in customers[:_EACH]),
        *(
            SearchResult(
                f"{c} ({c.code})", f"contract of {c.customer}", str(address_of(c)), "contract"
            )
            for c in contracts.select_related("customer")[:_EACH]
        ),
        *(
            SearchResult(i.number, f"invoice to {i.customer}", str(address_of(i)), "receipt_long")
            for i in invoices.select_related("customer")[:_EACH]
        ),
    ]


def _customer(customer: Customer) -> SearchResult:
    return SearchResult(
        customer.name,
        f"customer {customer.code}",
        addresses.of_customer(customer),
        "apartment",
    )
