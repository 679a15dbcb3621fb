"""Answers which setting is in force: versioned settings by scope, the nearest wins.

A scope is `books`, `customer:<code>` or `contract:<code>`. Each floor defines the settings that it
obeys (`define`) when the program starts; docs/policies.md lists them. A change takes effect at its
instant and never before; what was done under the old setting stays as it was (domain rules, 9).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import JSONField, Max, Value

from creditops.lib.models import PolicySetting
from creditops.lib.refusals import Problem, Refusal

BOOKS = "books"

# A follower learns that settings of a scope change at an instant, inside the changing transaction.
Follower = Callable[[str, datetime], None]


# Refuses a change that can't be made now: value, instant from which it would act, now.
Guard = Callable[[Any, datetime, datetime], None]


@dataclass(frozen=True)
class Policy:
    """A setting that may be made.

    Attributes:
        name: as in docs, API and scenario files.
        default: the value in force where nobody set one, as JSON.
        read: checks a JSON value and returns it as stored; raises ValueError with what to write.
        approver: who has to agree to a change (domain rules, 9); `" and "` between two of them.
        meaning: one sentence for the settings page.
        alone: one who is the approver may make the change without a second person.
        books_only: one value for the whole books, none of a customer or contract.
        waits_for: what would obey it and is not there yet; until then only its default can be meant.
        guard: refuses what can't be changed any more.
        approver_of_books: who agrees for the books, where the approver is one for a customer.
    """

    name: str
    default: Any
    read: Callable[[Any], Any] = field(compare=False)
    approver: str
    meaning: str
    alone: bool = False
    books_only: bool = False
    waits_for: str = ""
    guard: Guard | None = field(default=None, compare=False)
    approver_of_books: str = ""

    def approvers(self, scope: str) -> tuple[str, ...]:
        """Everybody who has to agree to a change for `scope`, each another person."""
        books = self.approver_of_books if scope == BOOKS else ""
        return tuple((books or self.approver).split(" and "))


_policies: dict[str, Policy] = {}
_followers: list[tuple[frozenset[str], Follower]] = []


def define(policy: Policy) -> None:
    """Make a setting known, at start. Another definition of the same name is a fault in the code."""
    if _policies.get(policy.name, policy) != policy:
        raise ValueError(f"policy {policy.name} is defined twice")
    _policies[policy.name] = policy


def follow(names: Sequence[str], follower: Follower) -> None:
    """Call `follower(scope, effective_at)` when one of `names` changes, in the same transaction.

    For floors that keep a compiled form of settings (limits of a pool) and must mark it as stale.
    """
    follows = (frozenset(names), follower)
    if follows not in _followers:
        _followers.append(follows)


def known() -> list[Policy]:
    """Every defined setting, by name."""
    return sorted(_policies.values(), key=lambda policy: policy.name)


def customer_scope(code: str) -> str:
    """The scope of one customer."""
    return f"customer:{code}"


def scope_words(scope: str) -> str:
    """A scope in words: "the books", "customer acme"."""
    kind, _, code = scope.partition(":")
    return f"{kind} {code}" if code else "the books"


def contract_scope(code: str) -> str:
    """The scope of one contract or subscription."""
    return f"contract:{code}"


def change(
    scope: str,
    values: Mapping[str, Any],
    *,
    effective_at: datetime,
    recorded_at: datetime,
    by: str,
    approved_by: str = "",
) -> list[PolicySetting]:
    """Set `values` for `scope` from `effective_at` on.

    Args:
        scope: `books`, `customer:<code>` or `contract:<code>`.
        values: setting name -> JSON value, checked against the definitions.
        effective_at: not before `recorded_at`: the past is never touched.
        recorded_at: the instant of the change.
        by, approved_by: who set it and who agreed.

    Returns the new versions. Raises what `checked` does.
    """
    read = checked(scope, values, effective_at=effective_at, at=recorded_at)
    with transaction.atomic():
        newest = dict(
            PolicySetting.objects.filter(scope=scope, name__in=read)
            .values_list("name")
            .annotate(newest=Max("version"))
        )
        made = PolicySetting.objects.bulk_create(
            PolicySetting(
                scope=scope,
                name=name,
                version=newest.get(name, 0) + 1,
                value=_stored(value),
                effective_at=effective_at,
                recorded_at=recorded_at,
                set_by=by,
                approved_by=approved_by,
            )
            for name, value in read.items()
        )
        for row in made:
            row.value = read[row.name]
        for names, follower in _followers:
            if names & read.keys():
                follower(scope, effective_at)
    return made


def checked(
    scope: str, values: Mapping[str, Any], *, effective_at: datetime, at: datetime
) -> dict[str, Any]:
    """The values as they would be stored by `change`.

    Raises Refusal `policy_invalid` naming every wrong setting, `policy_in_the_past`,
    `policy_of_the_books`, `policy_not_yet`, or what a setting's guard refuses with.
    """
    if effective_at < at:
        raise Refusal(
            "policy_in_the_past",
            f"A setting can't act from {effective_at:%Y-%m-%d %H:%M}: that is past. "
            "Choose now or later.",
        )
    read = _read_all(values)
    for name, value in read.items():
        _check_meant(_policies[name], scope, value)
        guard = _policies[name].guard
        if guard is not None:
            guard(value, effective_at, at)
    return read


def find(name: str) -> Policy | None:
    """The setting of this name."""
    return _policies.get(name)


def in_force(scopes: Sequence[str], at: datetime) -> Settings:
    """The settings at `at` as seen from `scopes`, nearest first; `books` need not be named.

    One query for all settings of all scopes.
    """
    return in_force_for({"": scopes}, at)[""]


def in_force_for(scopes_by_key: Mapping[Any, Sequence[str]], at: datetime) -> dict[Any, Settings]:
    """The settings at `at` for many holders at once: key -> scopes, nearest first. One query."""
    wanted = {scope for scopes in scopes_by_key.values() for scope in scopes} | {BOOKS}
    rows = PolicySetting.objects.filter(scope__in=wanted).order_by("effective_at", "version")
    acting: dict[str, list[PolicySetting]] = {}
    coming: dict[str, datetime] = {}
    for row in rows:
        if row.effective_at <= at:
            acting.setdefault(row.scope, []).append(row)
        else:
            coming.setdefault(row.scope, row.effective_at)
    return {
        key: _nearest((*scopes, BOOKS), acting, coming) for key, scopes in scopes_by_key.items()
    }


def coming(scopes: Sequence[str], at: datetime) -> list[PolicySetting]:
    """Versions of the scopes and the books that act from an instant after `at` on, soonest first.

    Of several of one setting and scope from one instant only the newest: it replaces the others.
    """
    rows = PolicySetting.objects.filter(scope__in=[*scopes, BOOKS], effective_at__gt=at)
    newest = {
        (row.scope, row.name, row.effective_at): row
        for row in rows.order_by("effective_at", "version")
    }
    return list(newest.values())


@dataclass(frozen=True)
class Settings(Mapping[str, Any]):
    """The value of every defined setting for one holder at one instant.

    Attributes:
        set_rows: the row behind each value that somebody set; what is not here is a default.
        ever_set: every value that a setting has had in these scopes so far, in force or not.
        changes_at: the next instant at which one of the scopes changes, if that is known.
    """

    set_rows: Mapping[str, PolicySetting]
    ever_set: Mapping[str, list[Any]]
    changes_at: datetime | None

    def __getitem__(self, name: str) -> Any:
        row = self.set_rows.get(name)
        return _policies[name].default if row is None else row.value

    def __iter__(self) -> Any:
        return iter(_policies)

    def __len__(self) -> int:
        return len(_policies)


def _nearest(
    scopes: Sequence[str],
    acting: Mapping[str, Sequence[PolicySetting]],
    coming: Mapping[str, datetime],
) -> Settings:
    rows: dict[str, PolicySetting] = {}
    ever: dict[str, list[Any]] = {}
    for scope in reversed(scopes):
        for row in acting.get(scope, ()):
            rows[row.name] = row
            ever.setdefault(row.name, []).append(row.value)
    changes = [coming[scope] for scope in scopes if scope in coming]
    return Settings(set_rows=rows, ever_set=ever, changes_at=min(changes, default=None))


def _check_meant(policy: Policy, scope: str, value: Any) -> None:
    """No setting is taken that nothing would obey."""
    if policy.books_only and scope != BOOKS:
        raise Refusal(
            "policy_of_the_books",
            f"{policy.name} is one for the whole books. It can't be set for {scope}.",
        )
    if policy.waits_for and value != policy.default:
        raise Refusal(
            "policy_not_yet",
            f"{policy.name} can only be {policy.default} yet: {policy.waits_for}.",
        )


def _stored(value: Any) -> Any:
    """A value as its column takes it: nothing is a value too, not a missing one."""
    return Value(None, JSONField()) if value is None else value


def _read_all(values: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        policy = _policies.get(name)
        if policy is None:
            problems.append(Problem(name, "policy_unknown", f"There is no setting {name!r}."))
            continue
        try:
            read[name] = policy.read(value)
        except ValueError as error:
            problems.append(Problem(name, "policy_invalid", f"{name}: {error}"))
    if problems:
        raise Refusal(
            "policy_invalid",
            " ".join(problem.detail for problem in problems),
            problems=problems,
            unreadable=True,
        )
    return read
