"""`/policies`: settings of the books, a customer or a contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts.api import contracts
from creditops.lib import clock, policies
from creditops.lib.api import shapes
from creditops.lib.api.forms import Body, Instant, Query, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.models import PolicySetting
from creditops.lib.refusals import NotFound, Refusal

_SCOPE = "books, customer:<id> or contract:<id>"


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
    """A setting in force. `set` is null where nobody set it and the default holds."""

    name: str
    value: Any
    default: Any
    meaning: str
    approver: str
    set: SettingShown | None


class PoliciesShown(TypedDict):
    """Every setting in force in a scope."""

    scope: str
    settings: list[PolicyShown]


class PolicyChangesShown(TypedDict):
    """The new versions of the changed settings."""

    scope: str
    settings: list[SettingShown]


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
        found = policies.in_force(_scopes(self, scope), clock.now())
        shown: PoliciesShown = {
            "scope": scope,
            "settings": [_shown(policy, found) for policy in policies.known()],
        }
        return Response(shown)

    @Operation(
        scope=Scope.ADMIN,
        body=PolicyBody,
        answers=PolicyChangesShown,
        refuses=("policy_in_the_past",),
        unreadable=("policy_invalid", "scope_invalid"),
    )
    def put(self, request: Request) -> Response:
        """Change settings. What was done under the old ones stays as it was."""
        given = self.given()
        scope = given["scope"]
        _scopes(self, scope)

        def change(at: datetime) -> PolicyChangesShown:
            made = policies.change(
                scope,
                given["settings"],
                effective_at=given.get("effective_at", at),
                recorded_at=at,
                by=self.by,
                approved_by=given.get("approved_by", ""),
            )
            return {"scope": scope, "settings": [_shown_row(row) for row in made]}

        return self.once(change)


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
        contract = contracts.visible(view, code)
        return [scope, policies.customer_scope(contract.customer.code)]
    raise Refusal("scope_invalid", f"A scope is {_SCOPE}.", unreadable=True)


def _shown(policy: policies.Policy, settings: policies.Settings) -> PolicyShown:
    row = settings.set_rows.get(policy.name)
    return {
        "name": policy.name,
        "value": settings[policy.name],
        "default": policy.default,
        "meaning": policy.meaning,
        "approver": policy.approver,
        "set": _shown_row(row) if row else None,
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
