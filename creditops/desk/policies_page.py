"""Answers with every setting: what it means, which value is in force, where that comes from, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import ApiKey, Customer
from accounts.roles import Role
from contracts.models import Contract, RateCard
from creditops.desk import addresses, setting_words
from creditops.lib import clock, policies, setting_requests, verbs
from creditops.lib.models import Approval, PolicySetting
from ledger import signing

_VERB = "ask_for_setting"


@dataclass(frozen=True)
class Row:
    """A setting as the page shows it. `words` is the value in force, `default` the program's where
    that is another; `source` is the scope that set it; `history` newest first; `coming` what acts
    later; `waiting` what is asked for."""

    policy: policies.Policy
    words: str
    default: str
    source: str
    is_default: bool
    approver: str
    alone: bool
    history: list[Version]
    coming: list[Version]
    waiting: list[Approval]
    address: str

    @property
    def title(self) -> str:
        """Its name, for people."""
        return setting_words.name(self.policy.name)


@dataclass(frozen=True)
class Version:
    """A value that somebody once set, in words; where it is withdrawn, if it can be."""

    row: PolicySetting
    words: str
    scope: str
    address: str = ""


@dataclass(frozen=True)
class Group:
    """Settings about one thing."""

    title: str
    rows: list[Row]


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """Every setting of a scope: the books', a customer's or a contract's."""
    scope = request.GET.get("scope", policies.BOOKS)
    if not scope_exists(scope):
        raise Http404
    context = {
        **site.each_context(request),
        "title": f"Settings of {policies.scope_words(scope)}",
        "scope": scope,
        "books": scope == policies.BOOKS,
        "groups": groups(scope),
        "may": verbs.may(request.user, _VERB),
        "may_agree": verbs.may(request.user, "agree_to_setting"),
        "unsigned": signing.warning(),
        "rate_cards": addresses.of_list(RateCard),
    }
    return TemplateResponse(request, "desk/policies.html", context)


def groups(scope: str) -> list[Group]:
    """Every setting as seen from a scope, by what it is about."""
    found = {row.policy.name: row for row in rows(scope)}
    return [
        Group(title, [found[name] for name in names])
        for title, names in setting_words.groups(found).items()
    ]


def rows(scope: str) -> list[Row]:
    """Every setting as seen from a scope, those of the whole books only there; five queries."""
    now = clock.now()
    seen = chain(scope)
    settings = policies.in_force(seen, now)
    history, coming, waiting = _history(seen), _coming(scope, seen, now), _waiting(scope)
    found = []
    for policy in policies.known():
        if policy.books_only and scope != policies.BOOKS:
            continue
        name, made = policy.name, settings.set_rows.get(policy.name)
        words = setting_words.value(name, settings[name])
        default = setting_words.value(name, policy.default)
        found.append(
            Row(
                policy=policy,
                words=words,
                default=default if default != words else "",
                source="the program's default"
                if made is None
                else policies.scope_words(made.scope),
                is_default=made is None,
                approver=" and ".join(policy.approvers(scope)),
                alone=policy.alone,
                history=history.get(name, []),
                coming=coming.get(name, []),
                waiting=waiting.get(name, []),
                address=addresses.of("change-setting", f"{scope}/{name}"),
            )
        )
    return found


def _history(seen: list[str]) -> dict[str, list[Version]]:
    """Every version that the scope sees, newest first, by setting."""
    found: dict[str, list[Version]] = {}
    versions = PolicySetting.objects.filter(scope__in=[*seen, policies.BOOKS])
    for row in versions.order_by("-effective_at", "-version"):
        found.setdefault(row.name, []).append(_version(row))
    return found


def _coming(scope: str, seen: list[str], now: datetime) -> dict[str, list[Version]]:
    """What acts later; what the scope itself has set can be withdrawn there."""
    found: dict[str, list[Version]] = {}
    for row in policies.coming(seen, now):
        key = f"{row.scope}/{row.name}@{row.version}"
        address = addresses.of("change-setting", key) if row.scope == scope else ""
        found.setdefault(row.name, []).append(_version(row, address))
    return found


def _waiting(scope: str) -> dict[str, list[Approval]]:
    found: dict[str, list[Approval]] = {}
    for request in setting_requests.waiting(scope):
        found.setdefault(request.content["setting"], []).append(request)
    return found


def _version(row: PolicySetting, address: str = "") -> Version:
    return Version(
        row, setting_words.value(row.name, row.value), policies.scope_words(row.scope), address
    )


def chain(scope: str) -> list[str]:
    """The scopes whose settings a scope sees, nearest first, without the books."""
    kind, _, code = scope.partition(":")
    if kind == "contract":
        contract = Contract.objects.select_related("customer").get(code=code)
        return [scope, policies.customer_scope(contract.customer.code)]
    return [] if scope == policies.BOOKS else [scope]


def scope_exists(scope: str) -> bool:
    """Whether a scope means something: the books, or a customer, contract, role or key that there is."""
    kind, _, code = scope.partition(":")
    if kind == "customer":
        return Customer.objects.filter(code=code).exists()
    if kind == "contract":
        return Contract.objects.filter(code=code).exists()
    if kind == "role":
        return code in {role.value for role in Role}
    if kind == "key":
        return ApiKey.objects.filter(name=code).exists()
    return scope == policies.BOOKS


def customer_of(scope: str) -> Customer:
    """The customer that a customer's or a contract's scope belongs to."""
    kind, _, code = scope.partition(":")
    if kind == "contract":
        return Contract.objects.select_related("customer").get(code=code).customer
    return Customer.objects.get(code=code)
