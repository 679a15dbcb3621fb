"""`/policies`: settings of the books, a customer or a contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access, roles
from accounts.api.callers import ApiView, Scope, Waiting
from accounts.models import Customer
from creditops.desk import setting_words
from creditops.lib import clock, policies, setting_requests
from creditops.lib.api import shapes
from creditops.lib.api.forms import Body, Instant, Query, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.models import Approval, PolicySetting
from creditops.lib.refusals import NotFound, Refusal
from ledger.models import Holder

_REFUSES = (
    "books_are_signed", "books_have_begun", "policy_in_the_past", "policy_not_yet",
    "policy_of_the_books", "setting_acts_at_once", "setting_not_yours", "setting_waits",
)  # fmt: skip
_SCOPE = "books, customer:<id>, contract:<id>, role:<name> or key:<name>"


class PolicyQuery(Query):
    """Whose settings."""

    scope = Text(max_length=120, default=policies.BOOKS, help_text=_SCOPE)


class PolicyBody(Body):
    """Settings to change, by name."""

    scope = Text(max_length=120, help_text=_SCOPE)
    settings = serializers.DictField(help_text="name of the setting -> value")
    effective_at = Instant(required=False, help_text="default: now")
    approved_by = Text(max_length=200, required=False, help_text="who agreed")


class SettingShown(TypedDict):
    """A setting as somebody set it."""

    scope: str
    name: str
    value: Any
    version: int
    effective_at: shapes.Instant
    set_by: str
    approved_by: str | None


class PolicyShown(TypedDict):
    """A setting in force. `set` is null where nobody set it and the default holds; `coming` are changes
    from a later instant on. `alone`: the approver may make a change without a second person.
    `waits_for`: why only the default can be meant yet."""

    name: str
    value: Any
    default: Any
    meaning: str
    approver: str
    alone: bool
    books_only: bool
    waits_for: str | None
    set: SettingShown | None
    coming: list[SettingShown]


class PoliciesShown(TypedDict):
    """Every setting in force in a scope."""

    scope: str
    settings: list[PolicyShown]


class RequestShown(TypedDict):
    """A change that waits: `approver` has to agree to the request `id`."""

    id: str
    setting: str
    approver: str
    summary: str


class PolicyChangesShown(TypedDict):
    """The new versions of the changed settings, and the changes that wait to be agreed to."""

    scope: str
    settings: list[SettingShown]
    approvals: list[RequestShown]


class Policies(ApiView):
    """Settings of the books, a customer or a contract."""

    @Operation(
        scope=Scope.LEDGER_READ,
        query=PolicyQuery,
        answers=PoliciesShown,
        unreadable=("scope_invalid",),
    )
    def get(self, request: Request) -> Response:
        """Show the settings in force, with version, from when and by whom. The nearest wins:
        contract, customer, books, default."""
        scope = self.query["scope"]
        now, seen = clock.now(), _scopes(self, scope)
        found, coming = policies.in_force(seen, now), policies.coming(seen, now)
        shown: PoliciesShown = {
            "scope": scope,
            "settings": [_shown(policy, scope, found, coming) for policy in policies.known()],
        }
        return Response(shown)

    @Operation(
        scope=Scope.ADMIN,
        body=PolicyBody,
        answers=PolicyChangesShown,
        refuses=_REFUSES,
        waits=True,
        unreadable=("policy_invalid", "scope_invalid"),
    )
    def put(self, request: Request) -> Response:
        """Ask for changes of settings. What was done under the old ones stays as it was. What the
        setting's approver has to agree to waits for that (202, `approvals`); `approved_by` makes a
        change at once where its approver may make it alone, and is shown to the approver elsewhere. A
        customer's own key changes what its administrator may, at once, and nothing else."""
        given = self.given()
        scope = given["scope"]
        _scopes(self, scope)

        def change(at: datetime) -> Mapping[str, Any]:
            asked = setting_requests.ask(
                scope,
                given["settings"],
                effective_at=given.get("effective_at"),
                by=self.by,
                at=at,
                speaks_for=_speaks_for(self, given),
                agreed_by=given.get("approved_by", ""),
                tell=setting_words.told,
            )
            body: PolicyChangesShown = {
                "scope": scope,
                "settings": [_shown_row(row) for row in asked.made],
                "approvals": [_shown_request(request) for request in asked.waiting],
            }
            return Waiting(body) if asked.waiting else body

        return self.once(change)


def _speaks_for(view: ApiView, given: Mapping[str, Any]) -> frozenset[str]:
    """As whom a key changes what one may change alone: a customer's own key as its administrator, the
    vendor's as whoever it names. Raises Refusal `setting_not_yours`."""
    if view.key.customer is None:
        return frozenset(roles.APPROVERS) if given.get("approved_by") else frozenset()
    mine = roles.CUSTOMER_ADMINISTRATOR
    for name in given["settings"]:
        policy = policies.find(name)
        if policy is not None and policy.approver != mine:
            raise Refusal("setting_not_yours", f"{name} is for the vendor to change. Ask them.")
    return frozenset({mine})


def _scopes(view: ApiView, scope: str) -> list[str]:
    """The scopes behind `scope`, nearest first, if it names something the caller may see."""
    kind, _, code = scope.partition(":")
    if scope == policies.BOOKS:
        if view.key.customer is not None:
            raise NotFound("scope", scope)
        return []
    if kind == "customer":
        return [policies.customer_scope(view.customer(code).code)]
    if kind == "contract":
        return [scope, policies.customer_scope(_owner_of(view, code).code)]
    if kind in ("role", "key") and view.key.customer is None:
        return [scope]
    raise Refusal("scope_invalid", f"A scope is {_SCOPE}.", unreadable=True)


def _owner_of(view: ApiView, code: str) -> Customer:
    """Whose contract or subscription it is; what the caller may not see does not exist."""
    holder = Holder.objects.filter(code=code).exclude(kind=Holder.Kind.OPEN).first()
    owner = access.customers(view.key).filter(pk=holder.customer_id).first() if holder else None
    if owner is None:
        raise NotFound("contract", code)
    return owner


def _shown_request(request: Approval) -> RequestShown:
    return {
        "id": str(request.pk),
        "setting": request.content["setting"],
        "approver": setting_requests.approver_of(request),
        "summary": request.summary,
    }


def _shown(
    policy: policies.Policy, scope: str, settings: policies.Settings, coming: list[PolicySetting]
) -> PolicyShown:
    row = settings.set_rows.get(policy.name)
    return {
        "name": policy.name,
        "value": settings[policy.name],
        "default": policy.default,
        "meaning": policy.meaning,
        "approver": " and ".join(policy.approvers(scope)),
        "alone": policy.alone,
        "books_only": policy.books_only,
        "waits_for": policy.waits_for or None,
        "set": _shown_row(row) if row else None,
        "coming": [_shown_row(row) for row in coming if row.name == policy.name],
    }


def _shown_row(row: PolicySetting) -> SettingShown:
    return {
        "scope": row.scope,
        "name": row.name,
        "value": row.value,
        "version": row.version,
        "effective_at": written(row.effective_at),
        "set_by": row.set_by,
        "approved_by": row.approved_by or None,
    }
