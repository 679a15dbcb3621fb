"""Answers which usage messages a body in the form of Lago's clients carries, and what they get back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypedDict

import msgspec
from rest_framework.serializers import ValidationError

from creditops.lib.api import reading, shapes
from ledger import columns
from ledger.api import senders
from ledger.api.senders import Sender
from ledger.columns import Columns
from ledger.messages import Message, Receipt

_EPOCH_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?", re.ASCII)
# The end of the year 9999, from where on there are no dates.
_LATEST = 253_402_300_799


class LagoEvent(msgspec.Struct):
    """An event of Lago: its subscription is a contract's id, else a customer's."""

    transaction_id: str
    external_subscription_id: str
    code: str
    timestamp: Any = None
    properties: dict[str, Any] | None = None


class LagoBody(msgspec.Struct):
    """One event of Lago."""

    event: LagoEvent


class LagoBatch(msgspec.Struct):
    """Several events of Lago."""

    events: list[LagoEvent]


class LagoAnswerShown(TypedDict):
    """The event as Lago's clients expect it back. `lago_id` is its uid, null where none was stored."""

    lago_id: str | None
    transaction_id: str
    external_subscription_id: str
    code: str
    timestamp: shapes.Instant
    created_at: shapes.Instant


def message(event: LagoEvent, sender: Sender) -> Message:
    """The message that an event is. Raises ValidationError."""
    return Message(
        source=sender.source,
        key=event.transaction_id,
        customer="",
        account=event.external_subscription_id,
        meter=event.code,
        time=None if event.timestamp is None else _time(event.timestamp, sender),
        data=senders.properties_of_floats(event.properties),
    )


def answer(event: LagoEvent, sent: Columns, receipt: Receipt) -> LagoAnswerShown:
    """What Lago's client reads after sending one event; it takes an answer without one of these for
    a failure. An event without a time is as of its receipt."""
    left_out = sent.time[0] == columns.NO_TIME
    time = receipt.received_at if left_out else columns.instant(int(sent.time[0]))
    return {
        "lago_id": receipt.outcomes[0].uid or None,
        "transaction_id": event.transaction_id,
        "external_subscription_id": event.external_subscription_id,
        "code": event.code,
        "timestamp": reading.written(time),
        "created_at": reading.written(receipt.received_at),
    }


def _time(stamp: object, sender: Sender) -> datetime:
    """Epoch seconds as number or text, or ISO 8601."""
    if isinstance(stamp, str) and "T" in stamp:
        with senders.named("timestamp"):
            return reading.instant(stamp, assume_utc=sender.assume_utc)
    wrong = ValidationError("timestamp is epoch seconds, not milliseconds, or ISO 8601.")
    if isinstance(stamp, bool) or not isinstance(stamp, int | Decimal | str):
        raise wrong
    text = stamp if isinstance(stamp, str) else _digits(stamp)
    if not _EPOCH_SECONDS.fullmatch(text):
        raise wrong
    whole, _, decimals = text.partition(".")
    if int(whole) > _LATEST:
        raise wrong
    found = datetime.fromtimestamp(int(whole), UTC)
    if not reading.FIRST_YEAR <= found.year <= reading.LAST_YEAR:
        raise wrong
    return found.replace(microsecond=int(decimals[:6].ljust(6, "0")))


def _digits(stamp: int | Decimal) -> str:
    """A number in plain digits; nothing where they would have no end."""
    if isinstance(stamp, int):
        return str(stamp) if 0 <= stamp < 10**12 else ""
    return format(stamp, "f") if stamp.is_finite() and abs(stamp.adjusted()) < 20 else ""
