"""Answers who agreed to what: requests that need a second person, bound to their exact content."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal


def request(
    *, kind: str, subject: str, summary: str, content: dict[str, Any], by: str, at: datetime
) -> Approval:
    """Ask for approval; while a request for (kind, subject) is open, that one is returned.

    Args:
        kind: which act, as the roof carries it out.
        subject: what it acts on.
        summary: a sentence for the one who decides.
        content: the exact act, as JSON; its hash binds the approval.
        by: who asks.
        at: the instant of asking.
    """
    with transaction.atomic():
        Approval.objects.bulk_create(
            [
                Approval(
                    kind=kind,
                    subject=subject,
                    summary=summary,
                    content=content,
                    content_hash=_digest(content),
                    requested_by=by,
                    requested_at=at,
                )
            ],
            ignore_conflicts=True,
        )
        return Approval.objects.get(kind=kind, subject=subject, state=Approval.State.OPEN)


def approve(approval_id: int, *, by: str, at: datetime, reason: str = "") -> Approval:
    """A second person agrees. Raises Refusal `approval_own` or `approval_decided`."""
    return _decide(approval_id, Approval.State.APPROVED, by=by, at=at, reason=reason)


def reject(approval_id: int, *, by: str, at: datetime, reason: str) -> Approval:
    """A second person declines, with a reason. Raises Refusal `approval_own` or `approval_decided`."""
    return _decide(approval_id, Approval.State.REJECTED, by=by, at=at, reason=reason)


def answer(*, kind: str, subject: str, by: str, at: datetime, reason: str) -> Approval | None:
    """Approve the open request for (kind, subject), if there is one: what it asks for is being done.

    Raises Refusal `approval_own`.
    """
    asked = Approval.objects.filter(kind=kind, subject=subject, state=Approval.State.OPEN).first()
    return None if asked is None else approve(asked.pk, by=by, at=at, reason=reason)


def _decide(
    approval_id: int, state: Approval.State, *, by: str, at: datetime, reason: str
) -> Approval:
    with transaction.atomic():
        approval = Approval.objects.select_for_update().filter(id=approval_id).first()
        if approval is None:
            raise NotFound("approval", approval_id)
        if approval.state != Approval.State.OPEN:
            raise Refusal(
                "approval_decided",
                f"This request was already {approval.get_state_display()} by "
                f"{approval.decided_by}.",
            )
        if approval.requested_by == by:
            raise Refusal(
                "approval_own",
                "You asked for this yourself. Another person has to decide.",
            )
        if approval.content_hash != _digest(approval.content):
            raise Refusal(
                "approval_content_changed",
                "The request's content is no longer what was asked for. Ask again.",
            )
        approval.state = state
        approval.decided_by = by
        approval.decided_at = at
        approval.reason = reason
        approval.save(update_fields=["state", "decided_by", "decided_at", "reason"])
        return approval


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
