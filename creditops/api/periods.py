"""`/periods`: accounting months, their checklists, and their closing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from creditops.close import month_end, points
from creditops.close.points import Point, State
from creditops.lib import clock
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Paged, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import Refusal
from ledger.models import AccountingPeriod


class PeriodShown(TypedDict):
    """An accounting month."""

    period: str
    state: Annotated[str, shapes.one_of(AccountingPeriod.State.values)]
    closed_at: shapes.Instant | None
    closed_by: str | None


class PointShown(TypedDict):
    """A point of a month's checklist. What is `open` stops the close until it is let pass with a reason."""

    point: str
    title: str
    stood: str
    state: Annotated[str, shapes.one_of([state.name.lower() for state in State])]
    let_pass_by: str | None
    reason: str | None


class ChecklistShown(TypedDict):
    """A month's checklist as it stands now."""

    period: str
    state: Annotated[str, shapes.one_of(AccountingPeriod.State.values)]
    points: list[PointShown]


class CloseBody(Body):
    """Why, and which open points of the checklist may stay open."""

    reason = Text(required=False, max_length=1000)
    let_pass = serializers.DictField(
        child=Text(max_length=1000),
        required=False,
        help_text="point of the checklist -> the reason for which it may stay open; `*` stands for all",
    )


class Periods(ApiView):
    """Accounting months."""

    @Operation(scope=Scope.LEDGER_READ, vendors_own=True, query=Paged, answers=Page[PeriodShown])
    def get(self, request: Request) -> Response:
        """List accounting months, those used last first."""
        return Response(pages.page(AccountingPeriod.objects.all(), self.query, _shown))


class PeriodChecklist(ApiView):
    """What is looked at before a month is closed."""

    @Operation(
        scope=Scope.LEDGER_READ,
        vendors_own=True,
        answers=ChecklistShown,
        unreadable=("period_invalid",),
    )
    def get(self, request: Request, period: str) -> Response:
        """The checklist of a month, with its figures as they stand."""
        found = points.of(month_of(period), at=clock.now())
        return Response(
            {
                "period": f"{found.month:%Y-%m}",
                "state": found.state,
                "points": [_shown_point(point) for point in found.points],
            }
        )


class PeriodClose(ApiView):
    """Close a month."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=CloseBody,
        answers=PeriodShown,
        refuses=("books_not_signed", "period_closed", "period_not_over", "close_checklist_open"),
        unreadable=("period_invalid",),
    )
    def post(self, request: Request, period: str) -> Response:
        """Close a month. Usage that waits is posted, then the month takes no entry any more. What is open
        on its checklist stops the close, unless it is let pass."""
        given = self.given()
        month = month_of(period)

        def close(at: datetime) -> PeriodShown:
            return _shown(
                month_end.close(
                    month, by=self.by, at=at, reason=given.get("reason", ""),
                    let_pass=given.get("let_pass"),
                )
            )  # fmt: skip

        return self.once(close)


def month_of(text: str) -> date:
    """The month that a text like `2026-01` names. Raises Refusal `period_invalid`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Refusal(
            "period_invalid", "Write a period as YYYY-MM, like 2026-01.", unreadable=True
        ) from error


def _shown(period: AccountingPeriod) -> PeriodShown:
    return {
        "period": str(period),
        "state": period.state,
        "closed_at": written(period.closed_at) if period.closed_at else None,
        "closed_by": period.closed_by or None,
    }


def _shown_point(point: Point) -> PointShown:
    return {
        "point": point.code,
        "title": point.title,
        "stood": point.stood,
        "state": point.state.name.lower(),
        "let_pass_by": point.mark.marked_by if point.mark else None,
        "reason": point.mark.reason if point.mark else None,
    }
