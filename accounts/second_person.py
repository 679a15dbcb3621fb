"""Answers up to which amount somebody may give money away alone; beyond it another person agrees.

The setting `money_alone_up_to` says so for the books, for a role of the staff (scope `role:finance`) or
for a key (`key:shop`); whoever has several roles has the most generous. 0 is always two persons.
"""

from __future__ import annotations

from datetime import datetime

from accounts.models import Person
from creditops.lib import money, policies, policy_values
from creditops.lib.policies import Policy

ALONE_UP_TO = "money_alone_up_to"
_KEY, _ROLE = "key:", "role:"


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            ALONE_UP_TO,
            "0",
            policy_values.amount,
            "controller",
            "Up to which amount, in the books' currency, one person may refund or write off; beyond "
            "it a second person has to agree. 0: always two.",
        )
    )


def alone_up_to_minor(by: str, *, currency: str, at: datetime) -> int:
    """Up to which amount `by` may act alone at `at`, in minor units of `currency`.

    Args:
        by: a person's e-mail, or a key as `key:<name>`.
    """
    found = policies.in_force_for({scope: [scope] for scope in scopes(by)}, at)
    most = max(money.decimal(settings[ALONE_UP_TO]) for settings in found.values())
    return int(most * 10 ** money.exponent(currency))


def scopes(by: str) -> list[str]:
    """The scopes whose limits are `by`'s: of a key its own, of a person their roles', else the books'."""
    own = [by] if by.startswith(_KEY) else _roles(by)
    return own or [policies.BOOKS]


def _roles(email: str) -> list[str]:
    person = Person.objects.filter(email=email, is_active=True, is_staff=True).first()
    names = person.groups.values_list("name", flat=True) if person else ()
    return [f"{_ROLE}{name}" for name in names]
