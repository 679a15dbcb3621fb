"""Answers with book-keeping accounts: the default chart, by code (domain rules, section 5)."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS

from ledger.models import Account

CASH = "1000"
RECEIVABLES = "1100"
UNBILLED = "1150"
DEFERRED_CREDITS = "2100"
ENTITLEMENTS = "2120"
TAX = "2200"
UNCLAIMED = "2400"
PAYABLES = "2010"
USAGE = "4000"
BREAKAGE = "4010"
OVERAGE = "4020"
CONTRA = "4090"
COST_OF_REVENUE = "5000"

_A, _L, _R, _E = (
    Account.Type.ASSET,
    Account.Type.LIABILITY,
    Account.Type.REVENUE,
    Account.Type.EXPENSE,
)

DEFAULT = {
    CASH: ("Cash and payment clearing", _A),
    RECEIVABLES: ("Accounts receivable", _A),
    UNBILLED: ("Unbilled receivable", _A),
    "1190": ("Allowance for credit losses", _A),
    "1300": ("Capitalised contract costs", _A),
    "1350": ("Commission clawback receivable", _A),
    PAYABLES: ("Accounts payable, providers", _L),
    DEFERRED_CREDITS: ("Deferred revenue, credits", _L),
    "2110": ("Deferred revenue, options", _L),
    ENTITLEMENTS: ("Deferred revenue, entitlements", _L),
    "2150": ("Refund liability", _L),
    TAX: ("Output tax payable", _L),
    "2300": ("Accrued commissions", _L),
    UNCLAIMED: ("Unclaimed property payable", _L),
    USAGE: ("Revenue, credit usage", _R),
    BREAKAGE: ("Revenue, breakage", _R),
    OVERAGE: ("Revenue, overage", _R),
    CONTRA: ("Contra-revenue, promotional credits", _R),
    COST_OF_REVENUE: ("Cost of revenue", _E),
    "6100": ("Commission expense", _E),
    "6110": ("Amortisation of contract costs", _E),
    "6200": ("Marketing expense, free credits", _E),
    "6300": ("Credit loss expense", _E),
    "7100": ("Currency gain or loss", _E),
}


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Every book has the chart from its first migration on."""
    if sender.label == "ledger":
        ensure(using)


def ensure(using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the default chart's accounts that are missing; none is changed."""
    Account.objects.using(using).bulk_create(
        [Account(code=code, name=name, type=kind) for code, (name, kind) in DEFAULT.items()],
        ignore_conflicts=True,
    )


@cache
def account_id(code: str) -> int:
    """The id of the account with this code; accounts are never removed."""
    return Account.objects.values_list("id", flat=True).get(code=code)
