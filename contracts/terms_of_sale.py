"""Answers which terms sales sell on: life of credits, rollover, grace, days to pay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from creditops.lib import calendar, languages, money, policies, policy_values, printed
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from ledger import limits
from ledger.models import Holder

BASELINE_KINDS = "baseline_kinds"
ROUNDED_UP = "renewal_rounded_up_to"

# Approvers whose settings are terms of sale: a contract that both sides sign settles them.
_SETTLED_BY_SIGNATURE = {"sales", "finance", "product", "customer administrator"}

# What each word of that setting means in kinds of blocks, and overage (O5, X8). Rolled credits are
# paid and bonus blocks of an earlier term, so ROLLOVER adds no kind.
_COUNTED = {
    "PAID": ("paid", "migration"),
    "ROLLOVER": (),
    "BONUS": ("bonus",),
    "OVERAGE": ("overage",),
    "PROMO": ("promo", "compensation"),
}
_PROMO = "PROMO"
_ALWAYS = [word for word in _COUNTED if word != _PROMO]


def _baseline_kinds(value: Any) -> Any:
    """The four kinds that always count, and PROMO or not."""
    if not isinstance(value, list) or set(map(str, value)) - {_PROMO} != set(_ALWAYS):
        raise ValueError(f"write {', '.join(_ALWAYS)}, and {_PROMO} if it counts too.")
    return [word for word in _COUNTED if word in value]


_POLICIES = (
    Policy(
        "validity",
        {"rule": "CALENDAR_MONTH", "months": 3},
        policy_values.validity,
        "product",
        "How long credits bought without a contract live: whole calendar months, the month of "
        "purchase being the first, or months to the day.",
    ),
    Policy(
        "rollover",
        "FULL",
        policy_values.choice("FULL", "PARTIAL", "NONE"),
        "sales and finance",
        "What happens to credits that a term leaves over when it is renewed. They roll over once.",
    ),
    Policy(
        "rollover_pct",
        "100",
        policy_values.percentage(),
        "sales and finance",
        "The share that PARTIAL rollover keeps, rounded down to a credit.",
    ),
    Policy(
        "reinstatement_grace_days",
        0,
        policy_values.whole_number(0, 60),
        "finance",
        "For how many days after a term's end a late renewal still saves its credits.",
    ),
    Policy(
        "invoice_terms_days",
        30,
        policy_values.whole_number(0, 180),
        "finance",
        "Days from the issue of an invoice to its due date.",
        alone=True,
    ),
    Policy(
        "retirement_notice_days",
        30,
        policy_values.whole_number(0, 365),
        "product",
        "How many days before an action leaves the rate card its version has to be published.",
        alone=True,
        books_only=True,
    ),
    Policy(
        BASELINE_KINDS,
        _ALWAYS,
        _baseline_kinds,
        "sales",
        "Whose use makes the next commitment when a contract is renewed: credits that were paid, "
        "rolled over or a bonus, and overage; with PROMO promotional and compensating ones too.",
    ),
    Policy(
        ROUNDED_UP,
        "NOTHING",
        policy_values.choice("NOTHING", "TIER"),
        "sales",
        "Whether the use that a renewal commits to is rounded up to the next tier of the price list; the "
        "proposal shows both numbers.",
    ),
    Policy(
        "ssp_per_credit",
        None,
        policy_values.optional(policy_values.positive_decimal),
        "controller",
        "What a credit costs on its own: for credits added to a running term, and options.",
    ),
    Policy(
        "ssp_tolerance_pct",
        "10",
        policy_values.percentage(),
        "controller",
        "How far from that price added credits still count as sold on their own.",
    ),
    Policy(
        "contract_cost",
        "EXPENSE",
        policy_values.choice("EXPENSE", "STRAIGHT_LINE", "CONSUMPTION"),
        "controller",
        "How the cost of winning a contract is booked where a new commission plan says nothing else: "
        "at once, by months, or as it is used.",
        books_only=True,
    ),
    Policy(
        "upfront_commission_pct",
        "70",
        policy_values.percentage(80, smallest=50),
        "sales head",
        "The share of a commission that is paid at close where a new commission plan says nothing "
        "else.",
        books_only=True,
    ),
    Policy(
        "auto_adjust",
        "UP_AND_DOWN",
        policy_values.choice("UP_AND_DOWN", "UP_ONLY"),
        "product",
        "Whether a subscription follows its use to smaller plans, or only to larger ones.",
    ),
)


def define() -> None:
    """Make these settings known, at start."""
    for policy in _POLICIES:
        policies.define(policy)


def in_force(holder: Holder, at: datetime) -> policies.Settings:
    """The settings of a holder at `at`."""
    return policies.in_force(_scopes(holder), at)


def _scopes(holder: Holder) -> list[str]:
    """Where a holder's settings stand, nearest first."""
    customer = policies.customer_scope(holder.customer.code)
    if holder.kind == Holder.Kind.OPEN:
        return [customer]
    return [policies.contract_scope(holder.code), customer]


def in_force_of(holders: Iterable[Holder], at: datetime) -> dict[int, policies.Settings]:
    """The settings of many holders at `at`, by holder id; one query. Their customers are fetched."""
    scopes = {holder.id: limits.key_of(holder, holder.customer.code).scopes for holder in holders}
    return policies.in_force_for(scopes, at)


def check_signable(settings: Mapping[str, Any], agreed_by: str) -> None:
    """Only terms of sale are settled by a signature; the rest needs its own approver's word.

    Raises Refusal `setting_needs_approval`.
    """
    if agreed_by:
        return
    for name in settings:
        policy = policies.find(name)
        if policy is not None and not set(policy.approvers("contract")) <= _SETTLED_BY_SIGNATURE:
            raise Refusal(
                "setting_needs_approval",
                f"{name} is for {policy.approver} to agree to, not to be settled in a contract. "
                "Sign without it, and ask for the change in the contract's settings.",
            )


def baseline_kinds(holder: Holder, at: datetime) -> list[str]:
    """Kinds of credits, and overage, whose use makes the next commitment (O5, X8)."""
    return baseline_kinds_of([holder], at)[holder.pk]


def baseline_kinds_of(holders: Iterable[Holder], at: datetime) -> dict[int, list[str]]:
    """The same for many at once, by holder's id; one query."""
    found = in_force_of(holders, at)
    return {
        pk: [kind for word in settings[BASELINE_KINDS] for kind in _COUNTED[word]]
        for pk, settings in found.items()
    }


def end_of_credits(holder: Holder, bought_at: datetime) -> datetime:
    """When credits end that are bought at `bought_at` without a contract (T5)."""
    validity = in_force(holder, bought_at)["validity"]
    return calendar.expires_at(bought_at, validity["rule"], validity["months"], holder.time_zone)


def rollover_words(settings: policies.Settings, language: str = languages.ENGLISH) -> str:
    """What happens to credits that a term leaves over, in a sentence for whoever holds them (S78)."""
    share = money.decimal_text(money.decimal(settings["rollover_pct"]))
    key = f"rollover_{settings['rollover'].lower()}"
    return languages.say(language, key, pct=printed.percent(share, language))
