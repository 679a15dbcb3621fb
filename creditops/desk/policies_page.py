"""Answers with every setting: what it means, which value is in force, where that comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import Customer
from contracts.models import Contract
from creditops.desk import addresses, setting_words
from creditops.lib import clock, policies, verbs
from creditops.lib.models import PolicySetting

_VERB = "change_policy"


@dataclass(frozen=True)
class Row:
    """A setting as the page shows it. `value` as it can be typed, `words` as it is read; `source` is
    the scope that set it; `history` newest first."""

    policy: policies.Policy
    value: str
    words: str
    source: str
    is_default: bool
    history: list[Version]
    address: str

    @property
    def title(self) -> str:
        """Its name, for people."""
        return setting_words.name(self.policy.name)


@dataclass(frozen=True)
class Version:
    """A value that somebody once set, in words."""

    row: PolicySetting
    words: str


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """Every setting of a scope: the books', a customer's or a contract's."""
    scope = request.GET.get("scope", policies.BOOKS)
    if not scope_exists(scope):
        raise Http404
    context = {
        **site.each_context(request),
        "title": f"Settings of {scope_name(scope)}",
        "scope": scope,
        "rows": rows(scope),
        "may": verbs.may(request.user, _VERB),
    }
    return TemplateResponse(request, "desk/policies.html", context)


def rows(scope: str) -> list[Row]:
    """Every setting as seen from a scope; two queries."""
    now = clock.now()
    seen = chain(scope)
    settings = policies.in_force(seen, now)
    history: dict[str, list[Version]] = {}
    wanted = [*seen, policies.BOOKS]
    for row in PolicySetting.objects.filter(scope__in=wanted).order_by("-effective_at", "-version"):
        words = setting_words.value(row.name, row.value)
        history.setdefault(row.name, []).append(Version(row, words))
    found = []
    for policy in policies.known():
        made = settings.set_rows.get(policy.name)
        found.append(
            Row(
                policy,
                shown(settings[policy.name]),
                setting_words.value(policy.name, settings[policy.name]),
                "the program's default" if made is None else scope_name(made.scope),
                made is None,
                history.get(policy.name, []),
                addresses.of("change-setting", f"{scope}/{policy.name}"),
            )
        )
    return found


def chain(scope: str) -> list[str]:
    """The scopes whose settings a scope sees, nearest first, without the books."""
    kind, _, code = scope.partition(":")
    if kind == "contract":
        contract = Contract.objects.select_related("customer").get(code=code)
        return [scope, policies.customer_scope(contract.customer.code)]
    return [] if scope == policies.BOOKS else [scope]


def scope_exists(scope: str) -> bool:
    """Whether a scope means something: the books, a customer or a contract that there is."""
    kind, _, code = scope.partition(":")
    if kind == "customer":
        return Customer.objects.filter(code=code).exists()
    if kind == "contract":
        return Contract.objects.filter(code=code).exists()
    return scope == policies.BOOKS


def scope_name(scope: str) -> str:
    """A scope in words."""
    kind, _, code = scope.partition(":")
    return f"{kind} {code}" if code else "the books"


def shown(value: Any) -> str:
    """A value as it can be typed again."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)
