"""`/events`: usage in, and lists of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.callers import ApiView, Scope
from accounts.models import ApiKey, Customer
from creditops.lib import audit, clock
from creditops.lib.api import pages, problems, shapes
from creditops.lib.api.forms import Choice, Paged, Query, Span, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from creditops.lib.refusals import NotFound
from ledger import event_lists, messages, metering
from ledger.api import bodies, cloud_events, lago_events, receipts
from ledger.api.receipts import ReceiptShown
from ledger.columns import Columns
from ledger.models import UsageEvent

ALL, PROBLEMS = "all", "problems"
STORED = UsageEvent.Status.labels


class SendingQuery(Query):
    """How to answer."""

    results = Choice(
        choices=(ALL, PROBLEMS), default=ALL, help_text="`problems` leaves out what was applied"
    )


class EventsQuery(Paged, Span):
    """Which events. The time is that of the event."""

    customer = Text(required=False, help_text="whose; not needed with a key of one customer")
    source = Text(required=False)  # type: ignore[assignment]  # also an attribute of serializers
    id = Text(required=False, help_text="the event's own id; unique in its source")
    contract = Text(required=False)
    meter = Text(required=False)
    user = Text(required=False)
    status = Choice(choices=STORED, required=False)


class EventShown(TypedDict):
    """A stored event. `credits` as corrected, in its first credit unit."""

    uid: str
    source: str
    id: str
    customer: str
    contract: str
    meter: str
    time: shapes.Instant
    received_at: shapes.Instant
    quantity: str
    user: str | None
    data: dict[str, Any]
    status: Annotated[str, shapes.one_of(STORED)]
    code: str | None
    credits: int


class Events(ApiView):
    """Send usage, and list it."""

    @Operation(
        scope=Scope.USAGE_WRITE,
        query=SendingQuery,
        messages=bodies.CARRIED,
        headers=cloud_events.HEADERS,
        answers=ReceiptShown,
        unreadable=("event_invalid", "batch_empty"),
        keyed=False,
    )
    def post(self, request: Request) -> Response:
        """Send usage: at most 10,000 events or 16 MiB. One event, an array, `{"events": [...]}`,
        CloudEvents (their attributes may stand in `ce-` headers), or Lago's form. A body with an
        event that can't be read is refused whole, naming it; else every event has its own result and
        nothing is dropped. An event's customer, source and id are its identity, so the same body may
        be sent again: after 429, 503 or no answer at all it has to be."""
        plain: HttpRequest = request._request
        at = clock.now()
        self.keep_pace("events", settings.EVENTS_RATE_LIMIT, 0)
        try:
            decoded = bodies.decode(
                plain.body, _media_type(plain), _sender(self.key), plain.headers
            )
        except bodies.TooMany as refusal:
            return problems.problem(413, refusal.code, refusal.detail)
        _keep_to_own_customers(self.key, decoded.batch)
        self.keep_pace("events", settings.EVENTS_RATE_LIMIT, len(decoded.batch))
        with audit.acting(self.by, at=at):
            receipt = metering.accept(decoded.batch, at=at, origin=self.by)
        answer = receipts.shown(receipt, only_problems=self.query["results"] == PROBLEMS)
        if decoded.lago is not None:
            answer["event"] = lago_events.answer(decoded.lago, decoded.batch, receipt)
        return Response(answer)

    @Operation(
        scope=Scope.USAGE_READ,
        query=EventsQuery,
        answers=Page[EventShown],
        unreadable=("customer_missing",),
    )
    def get(self, request: Request) -> Response:
        """List the stored events of a customer, newest first. What could not be placed stands in
        `/exceptions`."""
        customer = self.whose(self.query.get("customer"))
        rows = _filtered(_of(customer), self.query).select_related(
            "customer", "member", "meter", "source", "user", "holder"
        )
        page = pages.page(rows, self.query, lambda event: event)
        listed = event_lists.as_corrected(customer.root_id, page["results"])
        return Response(
            {"results": [shown(row.event, row.credits) for row in listed], "next": page["next"]}
        )


def shown(event: UsageEvent, credits: int) -> EventShown:
    """An event as the API shows it; `credits` as corrected."""
    return {
        "uid": messages.uid(event.customer_id, event.id),
        "source": event.source.name,
        "id": event.key,
        "customer": (event.member or event.customer).code,
        "contract": event.holder.code,
        "meter": event.meter.code,
        "time": written(event.event_time),
        "received_at": written(event.recorded_at),
        "quantity": format(event.quantity.normalize(), "f"),
        "user": event.user.name if event.user else None,
        "data": event.data or {},
        "status": event.get_status_display(),
        "code": event.code or None,
        "credits": credits,
    }


def _sender(key: ApiKey) -> bodies.Sender:
    own = "" if key.customer is None else key.customer.code
    return bodies.Sender(source=key.name, customer=own, assume_utc=key.assume_utc)


def _media_type(plain: HttpRequest) -> str:
    found = (plain.content_type or bodies.NATIVE).lower()
    if found in bodies.CARRIED:
        return found
    if cloud_events.is_in_headers(plain.headers):
        return (
            bodies.NATIVE
        )  # what the type says is the data's; that it is JSON shows in reading it
    raise UnsupportedMediaType(found)


def _keep_to_own_customers(key: ApiKey, sent: Columns) -> None:
    """A key bound to a customer sends usage of it and its children only.

    It is filled in where it is missing; a contract of somebody else is not one of its own then.
    """
    if key.customer is None:
        return
    own = set(access.customers(key).values_list("code", flat=True))
    accounts = [account or "" for account in sent.account]
    named = (account if account in own else "" for account in accounts)
    sent.customer = [
        account or customer or key.customer.code
        for account, customer in zip(named, sent.customer, strict=True)
    ]
    sent.contract = [
        account if account and account not in own else contract
        for account, contract in zip(accounts, sent.contract, strict=True)
    ]
    sent.account = [None] * len(sent)
    for customer in dict.fromkeys(sent.customer):
        if customer not in own:
            raise NotFound("customer", customer)


def _of(customer: Customer) -> QuerySet[UsageEvent]:
    """The customer's events; of a child its own, of a root those of its whole family."""
    rows = UsageEvent.objects.filter(customer_id=customer.root_id)
    return rows.filter(member=customer) if customer.parent_id else rows


def _filtered(rows: QuerySet[UsageEvent], query: Mapping[str, Any]) -> QuerySet[UsageEvent]:
    lookups = {
        "source": "source__name",
        "id": "key",
        "contract": "holder__code",
        "meter": "meter__code",
        "user": "user__name",
        "from": "event_time__gte",
        "to": "event_time__lt",
    }
    wanted = {lookup: query[name] for name, lookup in lookups.items() if name in query}
    if "status" in query:
        wanted["status"] = UsageEvent.Status.values[STORED.index(query["status"])]
    return rows.filter(**wanted)
