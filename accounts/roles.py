"""Answers which staff roles there are and what each may do. The table in docs/roles.md shows it.

A permission is named after the verb. Roles are groups that hold exactly what stands here, set after
every migration; rights given by hand in the admin do not survive it.
"""

from __future__ import annotations

import enum
from typing import Any

from django.apps import AppConfig, apps


class Role(enum.Enum):
    """The vendor's staff."""

    SALES_REP = "sales rep"
    SALES_MANAGER = "sales manager"
    FINANCE = "finance"
    CONTROLLER = "controller"
    SUPPORT = "support"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"


# Everyone of the staff may look at everything but keys; what one may do is listed by verb.
#
#   manage_customers   make customers, change their facts, let their people in
#   sign_contract      sign and cancel contracts
#   sell_credits       sell credits and top-ups, by invoice or card
#   propose_renewal    state and sign renewals
#   issue_invoice      bill what waits
#   record_payment     record payments
#   grant_credits      give free credits
#   correct_usage      correct and void usage events
#   decide_approval    approve and reject requests, lift overage caps
#   publish_rates      publish prices and rate cards
#   close_period       post usage, close months
#   change_policy      change settings, the seller's profile, tax rates
#   manage_keys        see, make and revoke API keys
_SELLING = frozenset({"manage_customers", "sign_contract", "sell_credits", "propose_renewal"})
_BILLING = frozenset(
    {"manage_customers", "sell_credits", "issue_invoice", "record_payment", "grant_credits",
     "correct_usage", "decide_approval"}
)  # fmt: skip

VERBS: dict[Role, frozenset[str]] = {
    Role.SALES_REP: _SELLING,
    Role.SALES_MANAGER: _SELLING | {"decide_approval", "publish_rates"},
    Role.FINANCE: _BILLING,
    Role.CONTROLLER: _BILLING | {"publish_rates", "close_period", "change_policy"},
    Role.SUPPORT: frozenset({"manage_customers", "correct_usage"}),
    Role.AUDITOR: frozenset(),
    Role.INTEGRATOR: frozenset({"manage_keys", "publish_rates"}),
}

ALL_VERBS = frozenset().union(*VERBS.values())


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Make the groups and give them exactly their permissions, once per migration run."""
    if sender.label != "accounts":
        return
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    from accounts.models import ApiKey, Person

    # Django makes each app's permissions when it announces that app; some come after this one.
    for app in apps.get_app_configs():
        create_permissions(app, verbosity=0, using=using)
    content_types = ContentType.objects.db_manager(using)
    permissions = Permission.objects.using(using)
    there = set(permissions.filter(codename__in=ALL_VERBS).values_list("codename", flat=True))
    permissions.bulk_create(
        Permission(
            codename=verb,
            name=f"Can {verb.replace('_', ' ')}",
            content_type=content_types.get_for_model(Person),
        )
        for verb in sorted(ALL_VERBS - there)
    )
    looking = permissions.filter(codename__startswith="view_")
    keys = looking.filter(content_type=content_types.get_for_model(ApiKey))
    for role, verbs in VERBS.items():
        group, _made = Group.objects.using(using).get_or_create(name=role.value)
        seen = looking if "manage_keys" in verbs else looking.exclude(pk__in=keys)
        group.permissions.set([*seen, *permissions.filter(codename__in=verbs)])
