"""Answers which terms sales sell on: life of credits, rollover, grace, days to pay."""

from __future__ import annotations

from datetime import datetime

from creditops.lib import calendar, money, policies, policy_values
from creditops.lib.policies import Policy
from ledger.models import Holder

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
    ),
    Policy(
        "retirement_notice_days",
        30,
        policy_values.whole_number(0, 365),
        "product",
        "How many days before an action leaves the rate card its version has to be published.",
    ),
)


_ROLLOVER = {
    "FULL": "Credits that are left when the contract is renewed roll over, once.",
    "PARTIAL": "{pct} % of the credits that are left when the contract is renewed roll over, once.",
    "NONE": "Credits that are left at the end of the term end with it.",
}


def define() -> None:
    """Make these settings known, at start."""
    for policy in _POLICIES:
        policies.define(policy)


def in_force(holder: Holder, at: datetime) -> policies.Settings:
    """The settings of a holder at `at`."""
    customer = policies.customer_scope(holder.customer.code)
    if holder.kind == Holder.Kind.OPEN:
        return policies.in_force([customer], at)
    return policies.in_force([policies.contract_scope(holder.code), customer], at)


def end_of_credits(holder: Holder, bought_at: datetime) -> datetime:
    """When credits end that are bought at `bought_at` without a contract (T5)."""
    validity = in_force(holder, bought_at)["validity"]
    return calendar.expires_at(bought_at, validity["rule"], validity["months"], holder.time_zone)


def rollover_words(settings: policies.Settings) -> str:
    """What happens to credits that a term leaves over, in a sentence for whoever holds them (S78)."""
    share = money.decimal_text(money.decimal(settings["rollover_pct"]))
    return _ROLLOVER[settings["rollover"]].format(pct=share)
