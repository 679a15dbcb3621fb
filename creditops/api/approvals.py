"""`/approvals`: what needs a second person, decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.desk import approving
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Lines, Paged, Reason, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.models import Approval

_DECIDING = (
    "approval_content_changed", "approval_decided", "approval_not_yours", "approval_own",
)  # fmt: skip


class ApprovalsQuery(Paged):
    """Which requests."""

    state = Choice(choices=Approval.State.values, required=False)


class ApproveBody(Body):
    """What the request needs to be carried out."""

    cap = Whole(required=False, help_text="overage.lift: the new cap in credits, of the whole term")
    reason = Lines(max_length=1000, default="", allow_blank=True)


class ApprovalShown(TypedDict):
    """A request: exactly `content` is carried out when somebody else agrees."""

    id: str
    kind: str
    subject: str
    summary: str
    content: dict[str, Any]
    state: Annotated[str, shapes.one_of(Approval.State.values)]
    requested_by: str
    requested_at: shapes.Instant
    decided_by: str | None
    decided_at: shapes.Instant | None
    reason: str | None


class CarriedOutShown(ApprovalShown):
    """An approved request; `done` says what was done."""

    done: str


class Approvals(ApiView):
    """Requests that need a second person."""

    @Operation(
        scope=Scope.LEDGER_READ,
        vendors_own=True,
        query=ApprovalsQuery,
        answers=Page[ApprovalShown],
    )
    def get(self, request: Request) -> Response:
        """List requests that need a second person, newest first."""
        rows = Approval.objects.all()
        if "state" in self.query:
            rows = rows.filter(state=self.query["state"])
        return Response(pages.page(rows, self.query, _shown))


class ApprovalApprove(ApiView):
    """Agree to a request."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=ApproveBody,
        answers=CarriedOutShown,
        refuses=(
            *_DECIDING,
            "approval_unknown_kind",
            "cap_missing",
            "credits_held",
            "no_running_term",
            "nothing_open",
            "nothing_to_refund",
        ),
    )
    def post(self, request: Request, approval: int) -> Response:
        """Approve a request and carry it out, both or neither. The key that asked cannot; changes of
        settings are agreed to in the desk, by somebody who is the approver."""
        given = self.given()
        reason = given.pop("reason")

        def approve(at: datetime) -> CarriedOutShown:
            done = approving.approve(approval, given, by=self.by, at=at, reason=reason)
            return {**_shown(Approval.objects.get(pk=approval)), "done": done}

        return self.once(approve)


class ApprovalReject(ApiView):
    """Decline a request."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=Reason,
        answers=ApprovalShown,
        refuses=_DECIDING,
    )
    def post(self, request: Request, approval: int) -> Response:
        """Decline a request, with a reason. The key that asked cannot."""
        given = self.given()

        def reject(at: datetime) -> ApprovalShown:
            return _shown(approving.reject(approval, by=self.by, at=at, reason=given["reason"]))

        return self.once(reject)


def _shown(approval: Approval) -> ApprovalShown:
    return {
        "id": str(approval.pk),
        "kind": approval.kind,
        "subject": approval.subject,
        "summary": approval.summary,
        "content": approval.content,
        "state": approval.state,
        "requested_by": approval.requested_by,
        "requested_at": written(approval.requested_at),
        "decided_by": approval.decided_by or None,
        "decided_at": written(approval.decided_at) if approval.decided_at else None,
        "reason": approval.reason or None,
    }
