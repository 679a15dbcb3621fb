"""Answers what stands in the sidebar: the lists people work with, with counts where they call."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from accounts.models import ApiKey, Customer, Membership, Person
from contracts.models import (
    Amendment,
    Contract,
    Pack,
    Plan,
    PlanCharge,
    PriceVersion,
    Quote,
    RateCampaign,
    RateCard,
    RateDraft,
    RenewalProposal,
    ScheduledCharge,
    Subscription,
)
from creditops.desk import addresses, calls
from creditops.lib import verbs
from creditops.lib.models import Approval, AuditEntry, DueRow, OutboxMessage
from invoicing.models import (
    BillingRun,
    CreditNote,
    Invoice,
    Payment,
    PurchaseOption,
    SellerProfile,
    TaxExemption,
    TaxRate,
)
from ledger.models import (
    Account,
    AccountingPeriod,
    Backfill,
    Block,
    ExchangeRate,
    JournalEntry,
    Meter,
    ModelCost,
    Pool,
    ThresholdCrossing,
    UsageEvent,
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
                _item("Exceptions", "rule", addresses.of("exceptions"))
                | _badge(waits.set_aside, "warning"),
                _item("Usage received", "checklist", addresses.of("received")),
                _list("history_toggle_off", Backfill),
                _list("notifications", ThresholdCrossing),
                _list("menu_book", JournalEntry),
                _list("balance", Account),
                _list("currency_exchange", ExchangeRate),
                *(
                    [
                        _item("Month close", "calendar_month", addresses.of("close")),
                        _item("Reports", "monitoring", addresses.of("reports")),
                        _item("Margins", "price_check", addresses.of("margins")),
                    ]
                    if verbs.may(request.user, "read_revenue")
                    else [_list("calendar_month", AccountingPeriod)]
                ),
                _list("speed", Meter),
            ],
        ),
        _group(
            "Contracts",
            [
                _list("request_quote", Quote),
                _list("contract", Contract),
                _list("edit_document", Amendment),
                _list("pending_actions", ScheduledCharge, waits.charges, "info"),
                _item("Renewals", "autorenew", addresses.of("renewals")),
                _list("history_edu", RenewalProposal),
                _item("Commission", "paid", addresses.of("commissions")),
                _list("event_repeat", Subscription),
                _list("credit_card_off", PlanCharge, waits.unpaid_plans, "danger"),
                _list("inventory_2", Plan),
                _list("sell", PriceVersion),
                _list("package_2", Pack),
                _list("list_alt", RateCard),
                _list("edit_note", RateDraft),
                _list("alt_route", RateCampaign),
                *(
                    [_item("Pricing workbench", "construction", addresses.of("workbench"))]
                    if verbs.may(request.user, "publish_rates")
                    else []
                ),
                _item("Does the model fit?", "fact_check", addresses.of("fit")),
                _item("Rate-card studio", "science", addresses.of("studio")),
                _list("request_quote", ModelCost),
            ],
        ),
        _group(
            "Invoicing",
            [
                _list("receipt_long", Invoice, waits.overdue, "danger"),
                _list("undo", CreditNote),
                _list("loyalty", PurchaseOption),
                _list("payments", Payment),
                _list("playlist_play", BillingRun),
                *(
                    [_item("Receivables", "account_balance", addresses.of("receivables"))]
                    if verbs.may(request.user, "record_payment")
                    else []
                ),
                *(
                    [_item("Journal exports", "ios_share", addresses.of("exports"))]
                    if verbs.may(request.user, "read_revenue")
                    else []
                ),
                _list("percent", TaxRate),
                _list("workspace_premium", TaxExemption),
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
    return _item(title, icon, addresses.of_list(model)) | _badge(badge, variant)


def _badge(number: int, variant: str) -> dict[str, str]:
    return {"badge": str(number), "badge_variant": variant} if number else {}


def _item(title: str, icon: str, link: str, *, exact: bool = False) -> dict[str, Any]:
    def active(request: HttpRequest) -> bool:
        return request.path == link if exact else request.path.startswith(link)

    return {"title": title, "icon": icon, "link": link, "active": active}
