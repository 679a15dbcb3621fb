"""Answers which usage messages a body carries: our own form, CloudEvents 1.0, or Lago's.

Decoded by msgspec straight into typed structs. Strict for our own form: unknown fields are refused
by name. CloudEvents extensions are accepted and ignored, as the standard wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from rest_framework.serializers import ValidationError

from creditops.lib.api import reading
from creditops.lib.refusals import Problem, Refusal
from ledger.messages import Message

LARGEST_COUNT = 10_000
LONGEST_TEXT = 255

NATIVE = "application/json"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"
_CONTRACT_SUBJECT = "contract:"
_LATEST_EPOCH = 253_402_300_799


class NativeEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event in our own form."""

    id: str
    meter: str
    customer: str = ""
    contract: str | None = None
    source: str | None = None
    time: str | None = None
    quantity: int | str | None = None
    user: str | None = None
    data: dict[str, Any] = {}


class NativeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Several events in our own form."""

    events: list[NativeEvent]


class CloudEvent(msgspec.Struct):
    """A CloudEvent 1.0: `subject` is the customer or `contract:` + id, `type` the meter."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str | None = None
    data: dict[str, Any] = {}


class LagoEvent(msgspec.Struct):
    """An event of Lago: its subscription is a contract's id, else a customer's."""

    transaction_id: str
    external_subscription_id: str
    code: str
    timestamp: Any = None
    properties: dict[str, Any] = {}


class LagoBody(msgspec.Struct):
    """One event of Lago."""

    event: LagoEvent


class LagoBatch(msgspec.Struct):
    """Several events of Lago."""

    events: list[LagoEvent]


# What each media type may carry, for the API's description.
CARRIED: dict[str, tuple[Any, ...]] = {
    NATIVE: (NativeEvent, list[NativeEvent], NativeBody, LagoBody, LagoBatch),
    CLOUD_EVENT: (CloudEvent,),
    CLOUD_EVENTS: (list[CloudEvent],),
}


@dataclass(frozen=True)
class Sender:
    """What the sender's key adds to its messages.

    `source` where an event names none (the key's name), `customer` where the key is bound to one;
    `assume_utc`: a time without an offset is UTC.
    """

    source: str
    customer: str = ""
    assume_utc: bool = False


@dataclass(frozen=True)
class Decoded:
    """The messages of a body; `single_lago` asks for Lago's own answer to a single event."""

    messages: list[Message]
    single_lago: bool = False


def decode(body: bytes, content_type: str, sender: Sender) -> Decoded:
    """The messages in `body`.

    Args:
        body: raw, at most `reading.LARGEST_BODY_BYTES`.
        content_type: without parameters; one of `CARRIED`.

    Raises Refusal `body_unreadable` or `event_invalid` with the place, or `TooMany`; then nothing of
    the body was accepted.
    """
    if content_type == CLOUD_EVENT:
        return Decoded(_all([_parse(body, CloudEvent)], _from_cloud_event, sender))
    if content_type == CLOUD_EVENTS:
        return Decoded(_all(_parse(body, list[CloudEvent]), _from_cloud_event, sender))
    if body.lstrip()[:1] == b"[":
        return Decoded(_all(_parse(body, list[NativeEvent]), _from_native, sender))
    names = _parse(body, dict[str, msgspec.Raw])
    if "event" in names:
        return Decoded(_all([_parse(body, LagoBody).event], _from_lago, sender), single_lago=True)
    if "events" in names:
        return Decoded(_wrapped(body, sender))
    return Decoded(_all([_parse(body, NativeEvent)], _from_native, sender))


def _wrapped(body: bytes, sender: Sender) -> list[Message]:
    """`{"events": [...]}` is ours; what can't be ours and says `transaction_id` is Lago's."""
    try:
        return _all(_parse(body, NativeBody).events, _from_native, sender)
    except Refusal:
        if b'"transaction_id"' not in body:
            raise
        return _all(_parse(body, LagoBatch).events, _from_lago, sender)


def _parse(body: bytes, kind: Any) -> Any:
    """The body as `kind`; numbers that are no integers are exact decimals."""
    try:
        return reading.decode(body, msgspec.json.Decoder(kind, float_hook=Decimal))
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `")
        path = place.rstrip("`").removeprefix("$").lstrip(".") or "the body"
        detail = f"{path}: {sentence}."
        raise Refusal(
            "event_invalid", detail, [Problem(path, "event_invalid", sentence)], unreadable=True
        ) from error


def _all(
    events: list[Any], convert: Callable[[Any, Sender], Message], sender: Sender
) -> list[Message]:
    if len(events) > LARGEST_COUNT:
        raise TooMany(len(events))
    converted, problems = [], []
    for index, event in enumerate(events):
        try:
            message = convert(event, sender)
            _check(message, sender)
            converted.append(message)
        except ValidationError as error:
            problems.append(Problem(f"events[{index}]", "event_invalid", _sentence(error)))
    if problems:
        raise Refusal(
            "event_invalid",
            " ".join(f"{p.path}: {p.detail}" for p in problems[:3]),
            problems,
            unreadable=True,
        )
    return converted


class TooMany(Refusal):
    """More events than one request may carry: 413."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "batch_too_large",
            f"{count:,} events are too many for one request. Send at most {LARGEST_COUNT:,}.",
        )


def _from_native(event: NativeEvent, sender: Sender) -> Message:
    return Message(
        source=event.source if event.source is not None else sender.source,
        key=event.id,
        customer=event.customer,
        contract=event.contract,
        meter=event.meter,
        time=_time(event.time, sender),
        quantity=None if event.quantity is None else reading.quantity(event.quantity),
        user=event.user,
        data=event.data,
    )


def _from_cloud_event(event: CloudEvent, sender: Sender) -> Message:
    if event.specversion != "1.0":
        raise ValidationError("specversion is 1.0 here.")
    in_contract = event.subject.startswith(_CONTRACT_SUBJECT)
    return Message(
        source=event.source,
        key=event.id,
        customer="" if in_contract else event.subject,
        contract=event.subject.removeprefix(_CONTRACT_SUBJECT) if in_contract else None,
        meter=event.type,
        time=_time(event.time, sender),
        data=event.data,
    )


def _from_lago(event: LagoEvent, sender: Sender) -> Message:
    return Message(
        source=sender.source,
        key=event.transaction_id,
        customer="",
        account=event.external_subscription_id,
        meter=event.code,
        time=None if event.timestamp is None else _lago_time(event.timestamp, sender),
        data=event.properties,
    )


def _time(text: str | None, sender: Sender) -> datetime | None:
    return None if text is None else reading.instant(text, assume_utc=sender.assume_utc)


def _lago_time(stamp: object, sender: Sender) -> datetime:
    """Epoch seconds as number or text, or ISO 8601."""
    wrong = ValidationError("timestamp is epoch seconds or ISO 8601.")
    if isinstance(stamp, str) and "T" in stamp:
        return reading.instant(stamp, assume_utc=sender.assume_utc)
    if isinstance(stamp, bool) or not isinstance(stamp, int | Decimal | str):
        raise wrong
    try:
        seconds = Decimal(stamp)
    except InvalidOperation as error:
        raise wrong from error
    if not (seconds.is_finite() and 0 < seconds < _LATEST_EPOCH):
        raise wrong
    whole, rest = divmod(seconds, 1)
    found = datetime.fromtimestamp(int(whole), UTC)
    return found.replace(microsecond=int(rest * 1_000_000))


def _check(message: Message, sender: Sender) -> None:
    """Texts have content and a length that can be stored; data has an end."""
    named = message.customer or message.contract or message.account or sender.customer
    for name, text in (
        ("id", message.key),
        ("source", message.source),
        ("meter", message.meter),
        ("customer", named),
        ("user", message.user if message.user is not None else "-"),
    ):
        if not text:
            raise ValidationError(f"{name} is missing.")
        if len(text) > LONGEST_TEXT:
            raise ValidationError(f"{name} is longer than {LONGEST_TEXT} signs.")
    if not reading.is_shallow(message.data):
        raise ValidationError(f"data is nested deeper than {reading.DEEPEST} levels.")


def _sentence(error: ValidationError) -> str:
    detail = error.detail
    return str(detail[0] if isinstance(detail, list) else detail)
