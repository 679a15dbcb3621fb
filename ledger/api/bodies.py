"""Answers which usage messages a body carries: our own form, CloudEvents 1.0, or Lago's.

Decoded by msgspec straight into typed structs. Strict for our own form: unknown fields are refused
by name. What other clients send is read as they mean it (`cloud_events`, `lago_events`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import msgspec
from rest_framework.serializers import ValidationError

from creditops.lib.api import instants, reading
from creditops.lib.refusals import Problem, Refusal
from ledger import columns, plain_usage
from ledger.api import cloud_events, lago_events, senders
from ledger.api.cloud_events import CloudEvent
from ledger.api.lago_events import LagoBatch, LagoBody, LagoEvent
from ledger.api.senders import LONGEST_TEXT, Sender
from ledger.columns import Columns
from ledger.messages import Message

__all__ = ["NativeEvent", "Sender", "decode", "read"]

LARGEST_COUNT = 10_000

NATIVE = "application/json"


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


_Several = list[dict[str, msgspec.Raw]] | dict[str, list[dict[str, msgspec.Raw]]]

# What each media type may carry, for the API's description.
CARRIED: dict[str, tuple[Any, ...]] = {
    NATIVE: (NativeEvent, list[NativeEvent], NativeBody, LagoBody, LagoBatch),
    cloud_events.SINGLE: (CloudEvent,),
    cloud_events.BATCH: (list[CloudEvent],),
}


@dataclass(frozen=True)
class Decoded:
    """The messages of a body; `lago` is the single event whose sender expects Lago's own answer."""

    batch: Columns
    lago: LagoEvent | None = None


def decode(body: bytes, content_type: str, sender: Sender, headers: Mapping[str, str]) -> Decoded:
    """The messages of a request.

    Args:
        body: raw, at most `reading.LARGEST_BODY_BYTES`.
        content_type: without parameters; one of `CARRIED`.
        headers: of the request; a CloudEvent's attributes may stand there.

    Raises Refusal `body_unreadable` or `event_invalid` with the place, or `TooMany`; then nothing of
    the body was accepted.
    """
    if content_type == cloud_events.SINGLE:
        return Decoded(_cloud_events([_parse(body, CloudEvent)], sender))
    if content_type == cloud_events.BATCH:
        return Decoded(_cloud_events(_parse(body, list[CloudEvent]), sender))
    if cloud_events.is_in_headers(headers):
        data = _parse(body, dict[str, Any] | None) if body.strip() else None
        return Decoded(_cloud_events([cloud_events.from_headers(headers, data)], sender))
    if body.lstrip()[:1] == b"[":
        return Decoded(_several(body, list[NativeEvent], sender))
    names = _parse(body, dict[str, msgspec.Raw])
    if "event" in names:
        event = _parse(body, LagoBody).event
        return Decoded(_all([event], lago_events.message, sender), lago=event)
    if "events" in names:
        return Decoded(_several(body, NativeBody, sender))
    if "specversion" in names:
        return Decoded(_cloud_events([_parse(body, CloudEvent)], sender))
    return Decoded(_native([_parse(body, NativeEvent)], sender))


def _several(body: bytes, kind: Any, sender: Sender) -> Columns:
    """Several events. They are ours; what can't be ours is whose form its first event has."""
    try:
        found = _parse(body, kind)
        return _native(found.events if kind is NativeBody else found, sender)
    except Refusal:
        names = _names_of_first(body)
        if "specversion" in names and kind is not NativeBody:
            return _cloud_events(_parse(body, list[CloudEvent]), sender)
        if "transaction_id" in names and kind is NativeBody:
            return _all(_parse(body, LagoBatch).events, lago_events.message, sender)
        raise


def _names_of_first(body: bytes) -> set[str]:
    """The field names of a body's first event; none where it has no such thing."""
    try:
        found = msgspec.json.decode(body, type=_Several)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return set()
    events = found.get("events", []) if isinstance(found, dict) else found
    return set(events[0]) if events else set()


def _cloud_events(events: list[CloudEvent], sender: Sender) -> Columns:
    return _all(events, cloud_events.message, sender)


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


def _native(events: list[NativeEvent], sender: Sender) -> Columns:
    _check_number(events)
    return read(events, sender)


def _all(events: list[Any], convert: Callable[[Any, Sender], Message], sender: Sender) -> Columns:
    _check_number(events)
    return columns.of(_converted(events, convert, sender))


def _check_number(events: Sequence[Any]) -> None:
    if len(events) > LARGEST_COUNT:
        raise TooMany(len(events))


def read(events: Sequence[NativeEvent], sender: Sender) -> Columns:
    """Decoded events of our own form, however many, by the column. Raises Refusal `event_invalid`.

    What every column can tell at a glance is not looked at event by event.
    """
    found = _at_a_glance(events, sender)
    return columns.of(_converted(events, _from_native, sender)) if found is None else found


def _at_a_glance(events: Sequence[NativeEvent], sender: Sender) -> Columns | None:
    """The columns of events that are in the usual form; None if one needs a closer look."""
    keys = [event.id for event in events]
    meters = [event.meter for event in events]
    customers = [event.customer for event in events]
    users = [event.user for event in events]
    quantities = [event.quantity for event in events]
    sources = [sender.source if event.source is None else event.source for event in events]
    named = {*meters, *sources, *users, *(customers if not sender.customer else ())} - {None}
    texts = {len(text) for text in named | set(customers) if text is not None} | set(map(len, keys))
    if not events or "" in named or "" in keys or max(texts) > LONGEST_TEXT:
        return None
    contracts, data = [event.contract for event in events], [event.data for event in events]
    if contracts.count(None) < len(events) or any(data):
        return None
    numbers = _numbers(quantities)
    written = [event.time for event in events]
    times = [time for time in written if time is not None]
    if numbers is None or len(times) < len(written):
        return None
    time = instants.microseconds(times)
    if time is None:
        return None
    nothing = [None] * len(events)
    return Columns(
        sources, keys, customers, meters, nothing, nothing, time, numbers, users, data,
    )  # fmt: skip


def _numbers(quantities: Sequence[int | str | None]) -> Sequence[int | None] | None:
    """Quantities that are whole numbers of a usual size, or left out; None if one is not."""
    if not set(map(type, quantities)) <= {int, type(None)}:
        return None
    numbers = cast("Sequence[int | None]", quantities)
    counted = [each for each in numbers if each is not None]
    if counted and not (min(counted) >= 0 and max(counted) <= plain_usage.LARGEST_QUANTITY):
        return None
    return numbers


def _converted(
    events: Sequence[Any], convert: Callable[[Any, Sender], Message], sender: Sender
) -> list[Message]:
    converted, problems = [], []
    for index, event in enumerate(events):
        try:
            message = convert(event, sender)
            senders.check(message, sender)
            converted.append(message)
        except ValidationError as error:
            problems.append(Problem(f"events[{index}]", "event_invalid", senders.sentence(error)))
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
        time=senders.time(event.time, sender),
        quantity=senders.quantity(event.quantity),
        user=event.user,
        data=event.data,
    )
