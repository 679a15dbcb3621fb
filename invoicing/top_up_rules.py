"""Does the setting of automatic top-ups by a customer: the rule, and the words that were agreed to (F6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import roles
from accounts.models import Customer
from contracts import packs, subscriptions
from creditops.lib import money, policies, setting_requests
from creditops.lib.refusals import Refusal
from invoicing import cards

SETTING = "auto_top_up"
CONSENT = "automatic top-ups"
WORDS = (
    "My card is charged by itself as set here, until I switch this off. Each charge is told by a letter "
    "with its invoice."
)


def in_force(customer: Customer, at: datetime) -> Mapping[str, Any] | None:
    """The rule of a customer at `at`; None: nothing is bought by itself."""
    found: Mapping[str, Any] | None
    found = policies.in_force([policies.customer_scope(customer.code)], at)[SETTING]
    return found


def switch_on(
    customer: Customer, rule: Mapping[str, Any], *, by: str, address: str | None, at: datetime
) -> None:
    """Have credits bought by themselves from `at` on, and keep what was agreed to.

    Args:
        rule: as the setting has it: `below`, one of `credits`, `up_to` and `pack`, `times`, `money`.
        by, address: who of the customer agreed, from where.

    Raises Refusal `card_missing`, `policy_invalid`, `setting_waits`, or NotFound for a pack that is not sold.
    """
    if cards.on_file(customer) is None:
        raise Refusal("card_missing", "No card is on file that could be charged. Save one first.")
    if "pack" in rule:
        packs.find(str(rule["pack"]), customer.currency, at)
    with transaction.atomic():
        _set(customer, rule, by, at)
        said = in_force(customer, at)
        assert said is not None
        words = f"{WORDS} {in_words(said, customer.currency)}"
        subscriptions.consent(customer, CONSENT, words=words, by=by, address=address, at=at)


def switch_off(customer: Customer, *, by: str, at: datetime) -> None:
    """Buy nothing by itself from `at` on. Raises Refusal `setting_waits`."""
    _set(customer, None, by, at)


def in_words(rule: Mapping[str, Any], currency: str) -> str:
    """A rule as people say it."""
    if "pack" in rule:
        what = f"the pack {rule['pack']} is bought"
    elif "up_to" in rule:
        what = f"as many are bought as bring the balance to {rule['up_to']:,}"
    else:
        what = f"{rule['credits']:,} are bought"
    times = "once" if rule["times"] == 1 else f"{rule['times']} times"
    most = f"at most {times} in a period"
    if rule["money"] is not None:
        minor = int(money.decimal(rule["money"]) * 10 ** money.exponent(currency))
        most += f" and for {money.for_people(minor, currency)} before tax in a calendar month"
    return f"When fewer than {rule['below']:,} credits are left, {what}: {most}."


def _set(customer: Customer, rule: Mapping[str, Any] | None, by: str, at: datetime) -> None:
    """The customer's own people may set it alone (domain rules, 9)."""
    setting_requests.ask(
        policies.customer_scope(customer.code),
        {SETTING: rule},
        effective_at=None,
        by=by,
        at=at,
        speaks_for=frozenset({roles.CUSTOMER_ADMINISTRATOR}),
        agreed_by=by,
    )
