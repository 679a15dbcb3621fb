"""`/events/{uid}`: who paid for an event; its correction and its voiding."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts import access
from accounts.api.callers import ApiView, Scope
from creditops.lib import money
from creditops.lib.api import shapes
from creditops.lib.api.forms import Body, Lines, Quantity, Reason, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.refusals import NotFound
from ledger import archiving, corrections, evidence, explain
from ledger.api.events import EventShown
from ledger.api.events import shown as shown_event
from ledger.models import Block, Correction, JournalEntry, Rate, UsageEvent

OVERAGE = "overage"
_REFUSES = (
    "correction_of_nothing",
    "event_void",
    "event_archived",
    "insufficient_credits",
    "overage_cap",
)


class CorrectionBody(Body):
    """What is right: the quantity, or the credits themselves; and why it was wrong."""

    quantity = Quantity(required=False, help_text="in the meter's own measure")
    credits = Whole(required=False, help_text="instead of the quantity; 0 gives all back")
    reason = Lines(max_length=1000)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("quantity" in given) == ("credits" in given):
            raise ValidationError("Give quantity or credits, one of the two.")
        return given


class RateShown(TypedDict):
    """A rate that priced the event: `credits` of `unit` per `per` of the property or quantity."""

    item: str
    kind: str
    property: str | None
    match: dict[str, str]
    credits: int
    per: int
    unit: str


class TariffShown(TypedDict):
    """The version of the rate card that priced the event."""

    card: str
    version: str
    rates: list[RateShown]


class DrawShown(TypedDict):
    """What one block paid; overage belongs to no block."""

    block: str | None
    kind: Annotated[str, shapes.one_of([*Block.Kind.values, OVERAGE])]
    credits: int
    cost: shapes.Money
    currency: shapes.Currency


class CorrectionShown(TypedDict):
    """A correction: the event's credits from then on."""

    no: int
    credits: int
    void: bool
    recorded_at: shapes.Instant
    by: str
    reason: str


class JournalEntryShown(TypedDict):
    """An entry behind the event. Usage is posted by day for the whole pool."""

    id: str
    posting_date: shapes.Day
    recipe: str
    memo: str


class EventDetailShown(EventShown):
    """An event with its rate, everyone who paid, its corrections, and the entries behind it; and the
    file in which its data lies if it was moved there, its rates with it."""

    rate: TariffShown | None
    draws: list[DrawShown]
    corrections: list[CorrectionShown]
    posting_date: shapes.Day | None
    journal_entries: list[JournalEntryShown]
    archived_in: str | None


class EventDetail(ApiView):
    """One event."""

    @Operation(scope=Scope.USAGE_READ, answers=EventDetailShown)
    def get(self, request: Request, uid: str) -> Response:
        """Explain an event: its rate, every block that paid for it, its corrections, its journal
        entries."""
        return Response(_explained(_visible(self, uid)))


class EventCorrect(ApiView):
    """Correct an event."""

    @Operation(
        scope=Scope.USAGE_WRITE,
        body=CorrectionBody,
        answers=EventDetailShown,
        refuses=(*_REFUSES, "correction_in_credits"),
    )
    def post(self, request: Request, uid: str) -> Response:
        """Correct an event. Posted today, effective at the event's own time."""
        given, event = self.given(), _visible(self, uid)
        correct = corrections.correct if "credits" in given else corrections.correct_quantity

        def effect(at: datetime) -> EventDetailShown:
            correct(event, by=self.by, at=at, **given)
            return _explained(event)

        return self.once(effect)


class EventVoid(ApiView):
    """Void an event."""

    @Operation(scope=Scope.USAGE_WRITE, body=Reason, answers=EventDetailShown, refuses=_REFUSES)
    def post(self, request: Request, uid: str) -> Response:
        """Void an event, for good. It can't be corrected again."""
        given, event = self.given(), _visible(self, uid)

        def effect(at: datetime) -> EventDetailShown:
            corrections.void(event, by=self.by, at=at, **given)
            return _explained(event)

        return self.once(effect)


def _visible(view: ApiView, uid: str) -> UsageEvent:
    """The event, if it is of a customer that the caller may see."""
    event = explain.find(uid)
    used_by = event.member_id or event.customer_id
    if not access.customers(view.key).filter(pk=used_by).exists():
        raise NotFound("event", uid)
    return event


def _explained(event: UsageEvent) -> EventDetailShown:
    posted, home = explain.posted_as(event), archiving.home_of(event)
    return {
        **shown_event(event, explain.credits(event)),
        "rate": _shown_tariff(event),
        "draws": [_shown_draw(draw) for draw in explain.draws(event)],
        "corrections": [
            _shown_correction(made)
            for made in Correction.objects.filter(
                customer_id=event.customer_id, event_id=event.id
            ).order_by("no")
        ],
        "posting_date": posted[0].isoformat() if posted else None,
        "journal_entries": [_shown_entry(entry) for entry in evidence.entries(event)],
        "archived_in": home.name if home else None,
    }


def _shown_tariff(event: UsageEvent) -> TariffShown | None:
    if event.tariff is None:
        return None
    return {
        "card": event.tariff.name,
        "version": event.tariff.version,
        "rates": [_shown_rate(rate) for rate in explain.rates(event)],
    }


def _shown_rate(rate: Rate) -> RateShown:
    return {
        "item": rate.item,
        "kind": rate.kind,
        "property": rate.property or None,
        "match": rate.match,
        "credits": rate.credits,
        "per": rate.per,
        "unit": rate.unit.code,
    }


def _shown_draw(draw: explain.Draw) -> DrawShown:
    return {
        "block": draw.block_source,
        "kind": draw.block_kind or OVERAGE,
        "credits": draw.credits,
        "cost": money.text(draw.value, draw.currency),
        "currency": draw.currency,
    }


def _shown_correction(made: Correction) -> CorrectionShown:
    return {
        "no": made.no,
        "credits": made.credits,
        "void": made.void,
        "recorded_at": written(made.recorded_at),
        "by": made.corrected_by,
        "reason": made.reason,
    }


def _shown_entry(entry: JournalEntry) -> JournalEntryShown:
    return {
        "id": str(entry.pk),
        "posting_date": entry.posting_date.isoformat(),
        "recipe": entry.recipe,
        "memo": entry.memo,
    }
