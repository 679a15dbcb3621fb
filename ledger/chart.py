"""Answers with book-keeping accounts: the default chart, by code (domain rules, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, transaction

from creditops.lib.refusals import Refusal
from ledger.models import Account, AccountMapping

CASH = "1000"
RECEIVABLES = "1100"
UNBILLED = "1150"
ALLOWANCE = "1190"
CONTRACT_COSTS = "1300"
CLAWBACK = "1350"
DEFERRED_CREDITS = "2100"
OPTIONS = "2110"
ENTITLEMENTS = "2120"
REFUNDS = "2150"
TAX = "2200"
COMMISSIONS = "2300"
UNCLAIMED = "2400"
PAYABLES = "2010"
USAGE = "4000"
BREAKAGE = "4010"
OVERAGE = "4020"
CONTRA = "4090"
COST_OF_REVENUE = "5000"
COMMISSION = "6100"
AMORTISATION = "6110"
MARKETING = "6200"
CREDIT_LOSS = "6300"
CURRENCY = "7100"
INTEREST = "7200"

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
    ALLOWANCE: ("Allowance for credit losses", _A),
    CONTRACT_COSTS: ("Capitalised contract costs", _A),
    CLAWBACK: ("Commission clawback receivable", _A),
    PAYABLES: ("Accounts payable, providers", _L),
    DEFERRED_CREDITS: ("Deferred revenue, credits", _L),
    OPTIONS: ("Deferred revenue, options", _L),
    ENTITLEMENTS: ("Deferred revenue, entitlements", _L),
    REFUNDS: ("Refund liability", _L),
    TAX: ("Output tax payable", _L),
    COMMISSIONS: ("Accrued commissions", _L),
    UNCLAIMED: ("Unclaimed property payable", _L),
    USAGE: ("Revenue, credit usage", _R),
    BREAKAGE: ("Revenue, breakage", _R),
    OVERAGE: ("Revenue, overage", _R),
    CONTRA: ("Contra-revenue, promotional credits", _R),
    COST_OF_REVENUE: ("Cost of revenue", _E),
    COMMISSION: ("Commission expense", _E),
    AMORTISATION: ("Amortisation of contract costs", _E),
    MARKETING: ("Marketing expense, free credits", _E),
    CREDIT_LOSS: ("Credit loss expense", _E),
    CURRENCY: ("Currency gain or loss", _E),
    INTEREST: ("Interest on late payment", _R),
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


def rename(account: Account, name: str) -> Account:
    """Give an account another name; its number and kind stay, since entries are read by them.

    Raises Refusal `account_name_missing`.
    """
    if not name.strip():
        raise Refusal("account_name_missing", "An account needs a name.")
    account.name = name.strip()
    account.save(update_fields=["name"])
    return account


def add(code: str, name: str, kind: str) -> Account:
    """Add an account of the customer's own: nothing posts to it by itself; exports may lead to it.

    Raises Refusal `account_known` or `account_unreadable`.
    """
    if not (code.isascii() and code.isdecimal() and 3 <= len(code) <= 10) or not name.strip():
        raise Refusal(
            "account_unreadable", "An account has a number of 3 to 10 digits, and a name."
        )
    if Account.objects.filter(code=code).exists():
        raise Refusal("account_known", f"There is an account {code} already.")
    made: Account = Account.objects.create(code=code, name=name.strip(), type=Account.Type(kind))
    return made


def map_to(account: Account, codes: Mapping[str, str]) -> None:
    """Say what an account is called in other systems: system -> code; an empty code forgets it."""
    with transaction.atomic():
        for system, code in codes.items():
            known = AccountMapping.objects.filter(account=account, system=system).first()
            if not code.strip():
                if known is not None:
                    known.delete()
            elif known is None:
                AccountMapping.objects.create(account=account, system=system, code=code.strip())
            elif known.code != code.strip():
                known.code = code.strip()
                known.save(update_fields=["code"])


def codes_in(system: str) -> dict[str, str]:
    """Account code -> its code in another system, for the accounts that are mapped to it."""
    rows = AccountMapping.objects.filter(system=system)
    return dict(rows.values_list("account__code", "code"))


@cache
def account_id(code: str) -> int:
    """The id of the account with this code; accounts are never removed."""
    return Account.objects.values_list("id", flat=True).get(code=code)
