"""Answers what a request says: strict JSON, exact decimals, instants with their offset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import IO, Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from creditops.lib.refusals import Refusal

# The largest whole number that every JSON reader keeps exactly: 2^53 - 1.
LARGEST_INTEGER = 9_007_199_254_740_991
LARGEST_BODY_BYTES = 16 * 1024 * 1024
DEEPEST = 32
# Credits and instants are kept inside these years, so that a term or a life more never leaves time.
FIRST_YEAR, LAST_YEAR = 1971, 9000

_decoder = msgspec.json.Decoder(float_hook=Decimal)


class StrictJSON(BaseParser):
    """Reads `application/json`: exact decimals instead of floats, no NUL, no bottomless nesting."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(LARGEST_BODY_BYTES + 1)
        if len(body) > LARGEST_BODY_BYTES:
            raise RequestDataTooBig
        value = decode(body) if body.strip() else {}
        if not is_shallow(value):
            detail = f"The body is nested deeper than {DEEPEST} levels."
            raise Refusal("body_unreadable", detail, unreadable=True)
        return value


class OneForm(BaseContentNegotiation):
    """Answers in the one form that there is, whatever `Accept` asks for: JSON, or a file."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        found: list[BaseParser] = [parser for parser in parsers if parser.media_type == sent]
        return found[0] if found else None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class LengthRequired(APIException):
    """A body came in pieces, without its length, through a server that can't tell its end: 411."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with its Content-Length."


def take_in_pieces(request: HttpRequest) -> None:
    """Make a body readable that came in pieces (`Transfer-Encoding: chunked`), without its length.

    Django takes such a body for an empty one. Raises RequestDataTooBig after `LARGEST_BODY_BYTES`,
    LengthRequired where the web server can't tell the body's end.
    """
    if not request.META.get("HTTP_TRANSFER_ENCODING") or request.META.get("CONTENT_LENGTH"):
        return
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    body = request.META["wsgi.input"].read(LARGEST_BODY_BYTES + 1)
    if len(body) > LARGEST_BODY_BYTES:
        raise RequestDataTooBig
    request.META["CONTENT_LENGTH"] = str(len(body))
    vars(request)["_stream"] = BytesIO(body)


def decode(body: bytes, decoder: msgspec.json.Decoder[Any] = _decoder) -> Any:
    """The JSON value in `body`.

    Raises Refusal `body_unreadable` with the place in bytes, and msgspec's ValidationError where the
    decoder knows a type that the value is not of.
    """
    if not body.strip():
        raise Refusal("body_unreadable", "The body is empty. Send JSON.", unreadable=True)
    if b"\\u0000" in body:
        raise Refusal("body_unreadable", "A text can't contain NUL.", unreadable=True)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        detail = f"The body of {len(body):,} bytes is no JSON: {error}."
        raise Refusal("body_unreadable", detail, unreadable=True) from error


def is_shallow(value: Any, levels: int = DEEPEST) -> bool:
    """Whether a JSON value has at most so many levels: what walks through it does so by recursion."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_shallow(each, levels - 1) for each in inner)


def quantity(data: Any) -> Decimal:
    """A quantity from JSON. Raises ValidationError."""
    wrong = ValidationError(
        "Write a whole number, or a decimal in quotes, not below 0, of at most 18 digits before the "
        "point and 12 behind it.",
        code="invalid",
    )
    if isinstance(data, bool) or not isinstance(data, int | str):
        raise wrong
    text = str(data)
    whole, _, decimals = text.partition(".")
    plain = text.isascii() and whole.isdecimal() and (not decimals or decimals.isdecimal())
    if not plain or text.endswith(".") or len(whole) > 18 or len(decimals) > 12:
        raise wrong
    return Decimal(text)


def instant(data: Any, *, assume_utc: bool = False) -> datetime:
    """An instant from JSON, in UTC. Raises ValidationError for a time without an offset."""
    wrong = ValidationError(
        "Write an instant with its offset, like 2026-01-31T09:00:00Z "
        "(in an address + is written %2B).",
        code="invalid",
    )
    if not isinstance(data, str) or "T" not in data or not data.isascii():
        raise wrong
    try:
        found = datetime.fromisoformat(data)
    except ValueError as error:
        raise wrong from error
    if found.tzinfo is None:
        if not assume_utc:
            raise wrong
        found = found.replace(tzinfo=UTC)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValidationError(f"Write an instant from {FIRST_YEAR} to {LAST_YEAR}.", code="invalid")
    return found.astimezone(UTC)


def written(value: datetime) -> str:
    """An instant as the API writes it: UTC with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
