"""Answers which usage messages a CloudEvent 1.0 carries: structured, in batches, or in headers.

`subject` is the customer or `contract:` + id, `type` the meter. Extensions are accepted and ignored,
as the standard wants it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec
from rest_framework.serializers import ValidationError

from creditops.lib.api import reading
from creditops.lib.refusals import Problem, Refusal
from ledger.api import senders
from ledger.api.senders import Sender
from ledger.messages import Message

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_CONTRACT_SUBJECT = "contract:"
_PREFIX = "ce-"
_NEEDED = ("specversion", "id", "source", "type")
_ATTRIBUTES = (*_NEEDED, "subject", "time")
_DATA = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
# For the API's description: an event may stand in these headers, its data being the body.
HEADERS = {
    f"{_PREFIX}{name}": f"A CloudEvent's `{name}`, where its data alone is the body; percent-encoded."
    for name in _ATTRIBUTES
}


class CloudEvent(msgspec.Struct):
    """A CloudEvent 1.0: `subject` is the customer or `contract:` + id, `type` the meter. The subject
    may be left out with a key that is bound to a customer."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    data: dict[str, Any] | None = None
    data_base64: str | None = None


def is_in_headers(headers: Mapping[str, str]) -> bool:
    """Whether a request that is not structured carries an event in its headers (binary mode)."""
    return any(f"{_PREFIX}{name}" in headers for name in _NEEDED)


def from_headers(headers: Mapping[str, str], data: dict[str, Any] | None) -> CloudEvent:
    """The event of a request in binary mode. Raises Refusal `event_invalid` naming the header."""
    found = {
        name: _decoded(f"{_PREFIX}{name}", headers[f"{_PREFIX}{name}"])
        for name in _ATTRIBUTES
        if f"{_PREFIX}{name}" in headers
    }
    for name in _NEEDED:
        if name not in found:
            raise _wrong(f"{_PREFIX}{name}", "the header is missing")
    return CloudEvent(**found, data=data)


def message(event: CloudEvent, sender: Sender) -> Message:
    """The message that an event is. Raises ValidationError."""
    if event.specversion != "1.0":
        raise ValidationError("specversion is 1.0 here.")
    subject = event.subject or ""
    if not subject and not sender.customer:
        raise ValidationError("subject is missing: it says which customer.")
    in_contract = subject.startswith(_CONTRACT_SUBJECT)
    data = event.data if event.data_base64 is None else _packed(event.data_base64)
    return Message(
        source=event.source,
        key=event.id,
        customer="" if in_contract else subject,
        contract=subject.removeprefix(_CONTRACT_SUBJECT) if in_contract else None,
        meter=event.type,
        time=senders.time(event.time, sender),
        data=senders.properties_of_floats(data),
    )


def _packed(text: str) -> dict[str, Any]:
    """Data that came as bytes; they are JSON, or there is nothing that could be measured."""
    try:
        found: dict[str, Any] = reading.decode(base64.b64decode(text, validate=True), _DATA)
    except (binascii.Error, msgspec.ValidationError, Refusal) as error:
        raise ValidationError("data_base64 is no JSON object in base64.") from error
    return found


def _decoded(name: str, text: str) -> str:
    try:
        found = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise _wrong(name, "the header is not percent-encoded UTF-8") from error
    if "\0" in found:
        raise _wrong(name, "a text can't contain NUL")
    return found


def _wrong(name: str, sentence: str) -> Refusal:
    return Refusal(
        "event_invalid", f"{name}: {sentence}.", [Problem(name, "event_invalid", sentence)],
        unreadable=True,
    )  # fmt: skip
