"""Answers what a key adds to the messages it sends, and what every form of them has to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework.serializers import ValidationError

from creditops.lib.api import reading
from ledger import messages
from ledger.messages import Message

LONGEST_TEXT = 255


@dataclass(frozen=True)
class Sender:
    """What the sender's key adds to its messages.

    `source` where an event names none (the key's name), `customer` where the key is bound to one;
    `assume_utc`: a time without an offset is UTC.
    """

    source: str
    customer: str = ""
    assume_utc: bool = False


def time(text: str | None, sender: Sender) -> datetime | None:
    """An instant as its sender may write it. Raises ValidationError."""
    with named("time"):
        return None if text is None else reading.instant(text, assume_utc=sender.assume_utc)


def quantity(given: int | str | None) -> Decimal | None:
    """A quantity as its sender may write it. Raises ValidationError."""
    with named("quantity"):
        return None if given is None else reading.quantity(given)


@contextmanager
def named(name: str) -> Iterator[None]:
    """What is wrong inside is told with the name of its field."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(f"{name}: {sentence(error)}") from error


def sentence(error: ValidationError) -> str:
    """What an error says first."""
    detail = error.detail
    return str(detail[0] if isinstance(detail, list) else detail)


def check(message: Message, sender: Sender) -> None:
    """Texts have content and a length that can be stored; data has an end. Raises ValidationError."""
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


def properties_of_floats(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The properties of an event of a client that counts in floating point (`messages.nearest`). What is
    null was not said."""
    return {
        name: messages.nearest(value) if isinstance(value, Decimal) else value
        for name, value in (given or {}).items()
        if value is not None
    }
