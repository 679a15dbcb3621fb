"""`/exceptions`: messages that could not be placed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Paged, Reason, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound, Refusal
from ledger import exceptions
from ledger.models import UsageException

_Kind = UsageException.Kind


class ExceptionsQuery(Paged):
    """Which of them."""

    customer = Text(required=False, help_text="as the message names it")
    code = Text(required=False, help_text="why it could not be placed")


class ExceptionShown(TypedDict):
    """A message that waits for a person, with its body. `outcome` is how it ended just now."""

    id: str
    kind: Annotated[str, shapes.one_of(_Kind.values)]
    code: str
    source: str
    event: str
    customer: str
    meter: str
    time: shapes.Instant | None
    received_at: shapes.Instant
    body: dict[str, Any]
    outcome: NotRequired[str]


class Exceptions(ApiView):
    """Messages that wait for a person."""

    @Operation(scope=Scope.USAGE_READ, query=ExceptionsQuery, answers=Page[ExceptionShown])
    def get(self, request: Request) -> Response:
        """List what waits for a person, newest first: exceptions, held messages and conflicts."""
        rows = _visible(self).filter(end__isnull=True)
        lookups = {"customer": "customer_code", "code": "code"}
        wanted = {lookups[name]: self.query[name] for name in lookups if name in self.query}
        return Response(pages.page(rows.filter(**wanted), self.query, _shown))


class ExceptionReplay(ApiView):
    """Let an exception in."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=Reason,
        answers=ExceptionShown,
        refuses=("exception_conflict", "exception_ended", "exception_stays"),
    )
    def post(self, request: Request, exception: int) -> Response:
        """Let an exception in, now that it can be placed. It is judged and drawn by its own time,
        whatever its age; `outcome` says what became of it."""
        given, row = self.given(), _find(self, exception)

        def effect(at: datetime) -> ExceptionShown:
            if row.kind == _Kind.CONFLICT:
                raise Refusal("exception_conflict", f"{row.key!r} is stored with other content.")
            done = exceptions.apply([row], by=self.by, reason=given["reason"], at=at)
            for code in done.still:
                raise Refusal("exception_stays", f"It still cannot be placed: {code}.")
            for outcome in done.statuses:
                return {**_shown(row), "outcome": outcome}
            raise Refusal("exception_ended", f"{row.key!r} was ended already.")

        return self.once(effect)


class ExceptionWriteOff(ApiView):
    """Let an exception go."""

    @Operation(
        scope=Scope.LEDGER_WRITE,
        body=Reason,
        answers=ExceptionShown,
        refuses=("exception_ended",),
    )
    def post(self, request: Request, exception: int) -> Response:
        """Write an exception off. The message is kept with the reason; nothing is drawn for it."""
        given, row = self.given(), _find(self, exception)

        def effect(at: datetime) -> ExceptionShown:
            end = exceptions.write_off(row, by=self.by, reason=given["reason"], at=at)
            return {**_shown(row), "outcome": end.outcome}

        return self.once(effect)


def _visible(view: ApiView) -> QuerySet[UsageException]:
    """Those of the caller's customers; what names no known customer is the vendor's to see."""
    rows = UsageException.objects.select_related("source")
    return rows if view.key.customer is None else access.visible_to(view.key, rows)


def _find(view: ApiView, number: int) -> UsageException:
    row = _visible(view).filter(pk=number).first()
    if row is None:
        raise NotFound("exception", number)
    return row


def _shown(row: UsageException) -> ExceptionShown:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "code": row.code,
        "source": row.source.name,
        "event": row.key,
        "customer": row.customer_code,
        "meter": row.meter_code,
        "time": written(row.event_time) if row.event_time else None,
        "received_at": written(row.received_at),
        "body": row.body,
    }
