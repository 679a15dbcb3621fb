"""Does the asking for changes of settings: whoever the setting's approver is has to agree.

A request is an approval per approver, bound to scope, setting, value and instant by its hash. The
change is made with the last of them (domain rules, 9). Who is an approver is the roof's to know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from creditops.lib import approvals, policies
from creditops.lib.models import Approval, PolicySetting
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal

KIND = "setting.change"
_OWN = "approver"  # of a request's content: all else is the same in the requests of one change


# A setting with its value in words: `tell("overage_pct", "25")` is "Overage allowed: 25 %".
Tell = Callable[[str, Any], str]


def _plainly(name: str, value: Any) -> str:
    return f"{name}: {value}"


@dataclass(frozen=True)
class Asked:
    """What came of asking: changes that are made, and requests that wait."""

    made: list[PolicySetting]
    waiting: list[Approval]


def ask(
    scope: str,
    values: Mapping[str, Any],
    *,
    effective_at: datetime | None,
    by: str,
    at: datetime,
    speaks_for: Collection[str] = (),
    agreed_by: str = "",
    reason: str = "",
    tell: Tell = _plainly,
) -> Asked:
    """Ask for `values` of `scope`; what needs nobody else is changed at once.

    Args:
        scope, values: as in `policies.change`.
        effective_at: from when; None: from the agreement on.
        by: who asks.
        at: now.
        speaks_for: the approvers that the asker is, or acts for: a setting that its approver may
            change alone is changed at once by them.
        agreed_by: who agreed elsewhere; stands on the version beside the approver.
        reason: for the one who decides.
        tell: says a setting with its value in words.

    Raises Refusal as `policies.checked`, or `setting_waits` where a change of it waits already.
    """
    read = policies.checked(scope, values, effective_at=effective_at or at, at=at)
    at_once = {name for name in read if alone(_policy(name), scope, speaks_for)}
    made: list[PolicySetting] = []
    waiting: list[Approval] = []
    with transaction.atomic():
        if at_once:
            made = policies.change(
                scope, {name: read[name] for name in at_once}, effective_at=effective_at or at,
                recorded_at=at, by=by, approved_by=agreed_by,
            )  # fmt: skip
        for name, value in read.items():
            if name in at_once:
                continue
            _refuse_a_second(scope, name)
            content = {
                "scope": scope,
                "setting": name,
                "value": value,
                "from": None if effective_at is None else effective_at.isoformat(),
                "agreed by": agreed_by,
                "why": reason,
                "asked at": at.isoformat(),
            }
            for approver in _policy(name).approvers(scope):
                request = approvals.request(
                    kind=KIND, subject=f"{scope}/{name}/{approver}",
                    summary=_summary(content, approver, tell(name, value)),
                    content={**content, _OWN: approver}, by=by, at=at,
                )  # fmt: skip
                waiting.append(request)
    return Asked(made, waiting)


def alone(policy: Policy, scope: str, speaks_for: Collection[str]) -> bool:
    """Whether one who speaks for these approvers needs nobody else for a change of `scope`."""
    return policy.alone and set(policy.approvers(scope)) <= set(speaks_for)


def approver_of(request: Approval) -> str:
    """As whom one has to decide a request: `"controller"`."""
    return str(request.content[_OWN])


def lock(request: Approval) -> None:
    """Have decisions about one change wait for each other; inside a transaction."""
    keys = [request.pk, *(other.pk for other in _others(request))]
    list(Approval.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def carry_out(request: Approval, *, at: datetime) -> PolicySetting | list[str]:
    """Make the change of an approved request if everybody has agreed.

    Returns the new version, or the approvers who still have to agree. Raises Refusal
    `approval_same_person`, or as `policies.change`.
    """
    others = _others(request)
    if any(other.decided_by == request.decided_by for other in others):
        raise Refusal(
            "approval_same_person",
            "You agreed to this change already. It takes another person to agree as "
            f"{approver_of(request)}.",
        )
    missing = [approver_of(other) for other in others if other.state != Approval.State.APPROVED]
    if missing:
        return missing
    content = request.content
    start = at if content["from"] is None else datetime.fromisoformat(content["from"])
    agreed = [request.decided_by, *(other.decided_by for other in others), content["agreed by"]]
    (made,) = policies.change(
        content["scope"], {content["setting"]: content["value"]}, effective_at=start,
        recorded_at=at, by=request.requested_by,
        approved_by=", ".join(person for person in agreed if person),
    )  # fmt: skip
    return made


def reject_others(request: Approval, *, by: str, at: datetime, reason: str) -> None:
    """What one approver declines the other need not decide any more."""
    for other in _others(request):
        if other.state == Approval.State.OPEN:
            approvals.reject(other.pk, by=by, at=at, reason=reason)


def waiting(scope: str) -> list[Approval]:
    """Open requests about settings of a scope, oldest first."""
    found = Approval.objects.filter(kind=KIND, state=Approval.State.OPEN, content__scope=scope)
    return list(found.order_by("requested_at", "id"))


def _policy(name: str) -> Policy:
    found = policies.find(name)
    assert found is not None  # checked before
    return found


def _refuse_a_second(scope: str, name: str) -> None:
    open_ = Approval.objects.filter(
        kind=KIND, state=Approval.State.OPEN, content__scope=scope, content__setting=name
    ).first()
    if open_ is not None:
        raise Refusal(
            "setting_waits",
            f"A change of {name} waits already, asked for by {open_.requested_by}: it has to be "
            "decided before the next.",
        )


def _others(request: Approval) -> list[Approval]:
    """The requests of the same change to other approvers."""
    same = {name: said for name, said in request.content.items() if name != _OWN}
    found = Approval.objects.filter(kind=KIND, content__contains=same).exclude(pk=request.pk)
    return list(found.order_by("pk"))


def _summary(content: Mapping[str, Any], approver: str, said: str) -> str:
    start = content["from"]
    when = (
        "as soon as it is agreed" if start is None else f"from {start[:16].replace('T', ' ')} UTC"
    )
    return f"{said[:200]}, for {policies.scope_words(content['scope'])}, {when}. To be agreed by: {approver}."
