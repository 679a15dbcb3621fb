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
#   make_quote         draft, send, clone quotes, make contracts of accepted ones
#   sign_contract      sign and cancel contracts, record choices of rates
#   sell_credits       sell credits and top-ups, features and licences for credits
#   propose_renewal    state and sign renewals
#   issue_invoice      bill what waits
#   record_payment     record payments
#   take_back          make invoices void, issue credit notes, refund, write off
#   grant_credits      give free credits, end daily ones
#   correct_usage      correct and void usage events, release holds
#   close_backfill     take backfills of usage into the books, reverse them
#   see_commissions    see what all reps earn: statements, payouts, contract costs
#   plan_commission    publish plans, agree on them for contracts, give contracts to other reps, answer
#                      disputes, restate
#   pay_commission     freeze statements, ask for payouts
#   dispute_commission object to one's own statement
#   estimate_breakage  ask for estimates of breakage
#   read_revenue       see reports of finance, checklists of months, signatures
#   decide_approval    approve and reject requests, lift overage caps
#   publish_rates      publish prices and rate cards
#   publish_exchange_rates   publish rates between currencies
#   close_period       post usage, close months, ask to open them again, change the chart of accounts
#   change_policy      change the seller's profile, tax rates
#   ask_for_setting    ask for a change of a setting; make it alone where one is its approver
#   agree_to_setting   agree to changes of settings as whom APPROVERS names
#   manage_keys        see, make and revoke API keys
_ASKING = frozenset({"ask_for_setting"})
_SELLING = _ASKING | {
    "manage_customers", "make_quote", "sign_contract", "sell_credits", "propose_renewal",
    "dispute_commission",
}  # fmt: skip
_BILLING = _ASKING | {
    "manage_customers", "sell_credits", "issue_invoice", "record_payment", "take_back",
    "grant_credits", "correct_usage", "close_backfill", "decide_approval",
    "agree_to_setting", "estimate_breakage", "read_revenue", "publish_exchange_rates",
    "see_commissions", "pay_commission",
}  # fmt: skip

VERBS: dict[Role, frozenset[str]] = {
    Role.SALES_REP: _SELLING,
    Role.SALES_MANAGER: _SELLING
    | {
        "decide_approval",
        "agree_to_setting",
        "publish_rates",
        "see_commissions",
        "plan_commission",
    },
    Role.FINANCE: _BILLING,
    Role.CONTROLLER: _BILLING
    | {"publish_rates", "close_period", "change_policy", "plan_commission"},
    Role.SUPPORT: _ASKING | {"manage_customers", "correct_usage"},
    Role.AUDITOR: frozenset({"agree_to_setting", "read_revenue", "see_commissions"}),
    Role.INTEGRATOR: _ASKING | {"manage_keys", "publish_rates", "agree_to_setting"},
}

# Who agrees to a change of a setting, by the approver that the setting names. Product are those who
# publish prices and rates; legal and tax have no desk of their own here: their opinion is the reason
# that the controller (or finance) gives. A customer's administrator is none of the staff.
CUSTOMER_ADMINISTRATOR = "customer administrator"
APPROVERS: dict[str, frozenset[Role]] = {
    "sales": frozenset({Role.SALES_MANAGER}),
    "sales head": frozenset({Role.SALES_MANAGER}),
    "product": frozenset({Role.SALES_MANAGER, Role.CONTROLLER, Role.INTEGRATOR}),
    "finance": frozenset({Role.FINANCE, Role.CONTROLLER}),
    "tax": frozenset({Role.FINANCE, Role.CONTROLLER}),
    "controller": frozenset({Role.CONTROLLER}),
    "legal": frozenset({Role.CONTROLLER}),
    "auditor": frozenset({Role.AUDITOR}),
    CUSTOMER_ADMINISTRATOR: frozenset(),
}

# Rows that say what somebody earns: only for those who see all commission; a rep has a statement.
_EARNINGS = (
    "commissionevent", "commissionpart", "commissionstatement", "commissionpayout",
    "commissiondispute", "contractcost", "contractcoststep",
)  # fmt: skip

ALL_VERBS = frozenset().union(*VERBS.values())


def speaks_for(person: Any) -> frozenset[str]:
    """As which approvers one of the staff may agree to settings: `{"finance", "tax"}`.

    Superusers speak for all of the staff, for no customer.
    """
    if not (person.is_active and person.is_staff):
        return frozenset()
    held = {role.value for role in Role} if person.is_superuser else _held(person)
    return frozenset(
        approver for approver, roles in APPROVERS.items() if held & {role.value for role in roles}
    )


def _held(person: Any) -> set[str]:
    return set(person.groups.values_list("name", flat=True))


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
    earnings = looking.filter(codename__in=[f"view_{model}" for model in _EARNINGS])
    for role, verbs in VERBS.items():
        group, _made = Group.objects.using(using).get_or_create(name=role.value)
        seen = looking if "manage_keys" in verbs else looking.exclude(pk__in=keys)
        if "see_commissions" not in verbs:
            seen = seen.exclude(pk__in=earnings)
        group.permissions.set([*seen, *permissions.filter(codename__in=verbs)])
