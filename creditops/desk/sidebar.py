"""Answers what stands in the sidebar: the lists people work with, with counts where they call."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import ApiKey, Customer, Membership, Person
from contracts.models import (
    Contract,
    PriceVersion,
    RateCard,
    RenewalProposal,
    ScheduledCharge,
)
from creditops.desk import addresses, calls
from creditops.lib import verbs
from creditops.lib.models import Approval, AuditEntry, DueRow, OutboxMessage
from invoicing.models import Invoice, Payment, SellerProfile, TaxRate
from ledger.models import (
    Account,
    AccountingPeriod,
    Block,
    JournalEntry,
    Meter,
    Pool,
    ThresholdCrossing,
    UsageEvent,
    UsageException,
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, as Unfold reads them."""
    waits = calls.of(request)
    keys = verbs.may(request.user, "manage_keys")
    return [
        _group("", [_item("Today", "today", reverse("admin:index"), exact=True)]),
        _group(
            "Customers",
            [
                _list("Customers", "apartment", Customer),
                _list("People", "group", Person),
                _list("Memberships", "badge", Membership),
                *([_list("API keys", "key", ApiKey)] if keys else []),
            ],
        ),
        _group(
            "Ledger",
            [
                _list("Pools", "account_balance_wallet", Pool),
                _list("Blocks", "view_agenda", Block),
                _list("Usage events", "bolt", UsageEvent),
                _list("Set aside", "rule", UsageException, waits.set_aside, "warning"),
                _list("Crossings", "notifications", ThresholdCrossing),
                _list("Journal", "menu_book", JournalEntry),
                _list("Accounts", "balance", Account),
                _list("Months", "calendar_month", AccountingPeriod),
                _list("Meters", "speed", Meter),
            ],
        ),
        _group(
            "Contracts",
            [
                _list("Contracts", "contract", Contract),
                _list("Waiting charges", "pending_actions", ScheduledCharge, waits.charges, "info"),
                _list("Renewals", "autorenew", RenewalProposal),
                _list("Prices", "sell", PriceVersion),
                _list("Rate cards", "list_alt", RateCard),
            ],
        ),
        _group(
            "Invoicing",
            [
                _list("Invoices", "receipt_long", Invoice, waits.overdue, "danger"),
                _list("Payments", "payments", Payment),
                _list("Tax rates", "percent", TaxRate),
                _list("Seller", "storefront", SellerProfile),
            ],
        ),
        _group(
            "House",
            [
                _list("Approvals", "gavel", Approval, waits.approvals, "warning"),
                _list("Due work", "schedule", DueRow, waits.failed_work, "danger"),
                _list("Outbox", "outbox", OutboxMessage, waits.failed_mail, "danger"),
                _item("Settings", "tune", addresses.of("policies")),
                _list("Audit", "history", AuditEntry),
                _item("All tables", "database", addresses.of("tables")),
            ],
        ),
    ]


def _group(title: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "items": items}


def _list(
    title: str, icon: str, model: type[Model], badge: int = 0, variant: str = "info"
) -> dict[str, Any]:
    item = _item(title, icon, addresses.of_list(model))
    if badge:
        item |= {"badge": str(badge), "badge_variant": variant}
    return item


def _item(title: str, icon: str, link: str, *, exact: bool = False) -> dict[str, Any]:
    def active(request: HttpRequest) -> bool:
        return request.path == link if exact else request.path.startswith(link)

    return {"title": title, "icon": icon, "link": link, "active": active}
