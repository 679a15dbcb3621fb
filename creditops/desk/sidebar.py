"""Answers what stands in the sidebar: the lists people work with, with counts where they call."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

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
                _list("apartment", Customer),
                _list("group", Person),
                _list("badge", Membership),
                *([_list("key", ApiKey)] if keys else []),
            ],
        ),
        _group(
            "Ledger",
            [
                _list("account_balance_wallet", Pool),
                _list("view_agenda", Block),
                _list("bolt", UsageEvent),
                _list("rule", UsageException, waits.set_aside, "warning"),
                _list("notifications", ThresholdCrossing),
                _list("menu_book", JournalEntry),
                _list("balance", Account),
                _list("calendar_month", AccountingPeriod),
                _list("speed", Meter),
            ],
        ),
        _group(
            "Contracts",
            [
                _list("contract", Contract),
                _list("pending_actions", ScheduledCharge, waits.charges, "info"),
                _list("autorenew", RenewalProposal),
                _list("sell", PriceVersion),
                _list("list_alt", RateCard),
            ],
        ),
        _group(
            "Invoicing",
            [
                _list("receipt_long", Invoice, waits.overdue, "danger"),
                _list("payments", Payment),
                _list("percent", TaxRate),
                _list("storefront", SellerProfile),
            ],
        ),
        _group(
            "House",
            [
                _list("gavel", Approval, waits.approvals, "warning"),
                _list("schedule", DueRow, waits.failed_work, "danger"),
                _list("outbox", OutboxMessage, waits.failed_mail, "danger"),
                _item("Settings", "tune", addresses.of("policies")),
                _list("history", AuditEntry),
                _item("All tables", "database", addresses.of("tables")),
            ],
        ),
    ]


def _group(title: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "items": items}


def _list(icon: str, model: type[Model], badge: int = 0, variant: str = "info") -> dict[str, Any]:
    """A list, by the name that its page has."""
    title = capfirst(str(model._meta.verbose_name_plural))
    item = _item(title, icon, addresses.of_list(model))
    if badge:
        item |= {"badge": str(badge), "badge_variant": variant}
    return item


def _item(title: str, icon: str, link: str, *, exact: bool = False) -> dict[str, Any]:
    def active(request: HttpRequest) -> bool:
        return request.path == link if exact else request.path.startswith(link)

    return {"title": title, "icon": icon, "link": link, "active": active}
