"""Answers with the page of a customer: the whole story, and what one may do."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import access
from accounts.models import Customer
from creditops.desk import addresses, customer_story, policies_page, quote_builder
from creditops.desk.deeds import (
    contracts,
    credits,
    customers,
    entitlements,
    receipts,
    subscriptions,
    taking_back,
)
from creditops.lib import clock, policies, verbs
from creditops.lib.admin_columns import amount
from creditops.lib.models import AuditEntry
from ledger.models import JournalEntry, UsageEvent

_DEEDS = (
    (contracts.SignContract, "draw"),
    (subscriptions.StartSubscription, "event_repeat"),
    (credits.SellCredits, "shopping_cart"),
    (taking_back.NewInvoice, "receipt_long"),
    (receipts.RecordReceipt, "payments"),
    (credits.FreeCredits, "redeem"),
    (entitlements.Unlock, "lock_open_right"),
    (entitlements.ChargeLicences, "badge"),
    (customers.LetIn, "person_add"),
)


def page(request: HttpRequest, code: str, site: Any) -> HttpResponse:
    """The whole story of the customer known as `code`."""
    seen = access.customers(request.user)
    customer = seen.filter(code=code).select_related("parent").first()
    if customer is None:
        raise Http404
    at = clock.now()
    person: Any = request.user
    story = customer_story.of(customer, person, at, with_keys=verbs.may(person, "manage_keys"))
    context = {
        **site.each_context(request),
        "title": customer.name,
        "customer": customer,
        "children": list(customer.children.all()),
        "story": story,
        "open": amount(story.open_minor, customer.currency),
        "facts": _facts(customer),
        "settings": [
            row
            for row in policies_page.rows(policies.customer_scope(customer.code))
            if not row.is_default
        ],
        "doable": _doable(customer, person),
        "may": {verb: verbs.may(person, verb) for verb in ("sign_contract", "correct_usage")},
        "more": _more(customer),
    }
    return TemplateResponse(request, "desk/customer.html", context)


def _facts(customer: Customer) -> list[tuple[str, str]]:
    found = [
        ("Code", customer.code),
        ("Legal name", customer.legal_name),
        ("Kind", f"{customer.get_kind_display()}, {customer.get_segment_display()}"),
        ("Pays for it", customer.parent.name if customer.parent else ""),
        ("Currency", customer.currency),
        ("Time zone", customer.time_zone),
        ("Country", " ".join(part for part in (customer.region, customer.country) if part)),
        ("Address", customer.address),
        ("Tax id", customer.tax_id),
        ("Since", f"{customer.created_at:%Y-%m-%d}"),
    ]
    return [(label, said) for label, said in found if said]


def _doable(customer: Customer, person: Any) -> list[dict[str, str]]:
    found = [
        {"title": deed.title, "icon": icon, "path": addresses.of(deed.name, customer.code)}
        for deed, icon in _DEEDS
        if verbs.may(person, deed.verb)
    ]
    if verbs.may(person, quote_builder.VERB):
        path = addresses.of("quote_new", customer.code)
        found.insert(0, {"title": "New quote", "icon": "request_quote", "path": path})
    if verbs.may(person, "manage_customers"):
        change = reverse("admin:accounts_customer_change", args=[customer.pk])
        found.append({"title": "Change facts", "icon": "edit", "path": change})
    return found


def _more(customer: Customer) -> dict[str, str]:
    """Where each part goes on."""
    scope = policies.customer_scope(customer.code)
    return {
        "events": addresses.of_list(UsageEvent, customer=customer.code),
        "journal": addresses.of_list(JournalEntry, customer=customer.code),
        "settings": f"{addresses.of('policies')}?scope={scope}",
        "audit": addresses.of_list(
            AuditEntry, table_name=Customer._meta.db_table, row_id=str(customer.pk)
        ),
        "portal": f"/?customer={customer.code}",
    }
