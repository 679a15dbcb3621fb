"""Answers whether a body or a query can be meant: forms of named fields, read strictly."""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.serializers import ValidationError

from creditops.lib.api import reading
from creditops.lib.refusals import Problem, Refusal

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CURSOR = re.compile(r"after:([0-9]{1,19})", re.ASCII)
_BREAKS = "\n\r\t"


class Form(serializers.Serializer[Any]):
    """Named fields. One that the form does not know is refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = ", ".join(self.fields) or "none"
            unknown = [name for name in sorted(data) if name not in self.fields]
            if unknown:
                detail = [f"There is no such field. There are: {known}."]
                raise ValidationError(dict.fromkeys(unknown, detail), code="unknown_field")
        return super().to_internal_value(data)


class Body(Form):
    """A request's JSON object."""


class Nothing(Body):
    """A request that needs no body; an empty object is fine."""


class Query(Form):
    """What may stand behind `?`."""


def body(form: type[Body], data: Any) -> dict[str, Any]:
    """The values of a body. Raises Refusal `body_invalid`, which names every wrong field."""
    return _read(form, data, "body_invalid")


def query(form: type[Query], data: Mapping[str, str]) -> dict[str, Any]:
    """The values of a query. Raises Refusal `query_invalid`, which names every wrong parameter."""
    return _read(form, dict(data), "query_invalid")


def refusal(error: ValidationError, code: str = "body_invalid") -> Refusal:
    """The refusal that says what DRF's ValidationError says, with a place for every fault."""
    faults = list(_flat(error.get_full_details(), ""))
    detail = " ".join(f"{fault.path}: {fault.detail}" for fault in faults[:3])
    more = f" And {len(faults) - 3} more, see errors." if len(faults) > 3 else ""
    return Refusal(code, detail + more, faults, unreadable=True)


def _read(form: type[Form], data: Any, code: str) -> dict[str, Any]:
    filled = form(data=data)
    try:
        filled.is_valid(raise_exception=True)
    except ValidationError as error:
        raise refusal(error, code) from error
    return dict(filled.validated_data)


def _flat(details: Any, path: str) -> Iterator[Problem]:
    """The single faults of DRF's nested details, with dotted paths."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield Problem(path or "the body", str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for name, inner in details.items():
            whole = name == "non_field_errors"
            yield from _flat(inner, path if whole else f"{path}.{name}".lstrip("."))
    elif isinstance(details, list):
        for index, inner in enumerate(details):
            nested = isinstance(inner, dict) and set(inner) != {"message", "code"}
            yield from _flat(inner, f"{path}[{index}]" if nested else path)


class Text(serializers.CharField):
    """One line of text as given: no number turned into text, no spaces cut off."""

    breaks = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"trim_whitespace": False, "max_length": 255} | options))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("Write a text.", code="invalid")
        if not (data.strip() or self.allow_blank):
            self.fail("blank")
        if any(unicodedata.category(sign) == "Cc" and sign not in self.breaks for sign in data):
            raise ValidationError("Write it without control characters.", code="invalid")
        return str(super().to_internal_value(data))


class Lines(Text):
    """Text that may have several lines."""

    breaks = _BREAKS


class Code(Text):
    """The id of something that is made: it fits into an address."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _CODE.fullmatch(text):
            raise ValidationError(
                "Use letters, digits and . _ @ -, beginning with a letter or digit.", code="invalid"
            )
        return text


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{2}$"})
class Country(Text):
    """ISO 3166, two capitals."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch("[A-Z]{2}", text):
            raise ValidationError("Write an ISO 3166 code of two capitals, like DE.")
        return text


class Reason(Body):
    """Why."""

    reason = Lines(max_length=1000, help_text="kept with the act, for ever")


class Whole(serializers.IntegerField):
    """A JSON integer; a number in quotes is refused."""

    def __init__(self, **options: Any) -> None:
        limits = {"min_value": 0, "max_value": reading.LARGEST_INTEGER}
        super().__init__(**(limits | options))

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValidationError("Write a whole number.", code="invalid")
        return int(super().to_internal_value(data))


class Credits(Whole):
    """A number of credits, at least one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"min_value": 1} | options))


class Truth(serializers.BooleanField):
    """true or false, and nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise ValidationError("Write true or false.", code="invalid")
        return data


class Choice(serializers.ChoiceField):
    """One of some texts."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise ValidationError(f"Write one of {', '.join(self.choices)}.", code="invalid_choice")
        return data


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]})
class Quantity(serializers.Field[Decimal, Any, Any, Any]):
    """A quantity: a JSON integer or a decimal in text, exact, not negative."""

    def to_internal_value(self, data: Any) -> Decimal:
        return reading.quantity(data)


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(serializers.Field[datetime, Any, Any, Any]):
    """ISO 8601 with an offset."""

    def to_internal_value(self, data: Any) -> datetime:
        return reading.instant(data)


@extend_schema_field({"type": "string", "format": "date"})
class Day(serializers.Field[date, Any, Any, Any]):
    """A local date."""

    def to_internal_value(self, data: Any) -> date:
        try:
            found = date.fromisoformat(data) if _DAY.fullmatch(data) else None
        except (TypeError, ValueError):
            found = None
        if found is None or not reading.FIRST_YEAR <= found.year <= reading.LAST_YEAR:
            raise ValidationError("Write a date like 2026-01-31.", code="invalid")
        return found


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT})
class Limit(serializers.Field[int, Any, Any, Any]):
    """How many rows a page shows."""

    def to_internal_value(self, data: Any) -> int:
        plain = data.isascii() and data.isdecimal() and len(data) <= len(str(LARGEST_LIMIT))
        if not plain or not 1 <= int(data) <= LARGEST_LIMIT:
            raise ValidationError(f"Write a whole number from 1 to {LARGEST_LIMIT}.")
        return int(data)


@extend_schema_field({"type": "integer", "minimum": 1})
class Count(serializers.Field[int, Any, Any, Any]):
    """A number of things that a query asks for, at least one, at most `largest`."""

    def __init__(self, *, largest: int, **options: Any) -> None:
        super().__init__(**options)
        self.largest = largest

    def to_internal_value(self, data: Any) -> int:
        plain = data.isascii() and data.isdecimal() and len(data) <= len(str(self.largest))
        if not plain or not 1 <= int(data) <= self.largest:
            raise ValidationError(f"Write a whole number from 1 to {self.largest}.")
        return int(data)


@extend_schema_field({"type": "string"})
class Cursor(serializers.Field[int, Any, Any, Any]):
    """The place where a page ended, as `next` of that page said it."""

    def to_internal_value(self, data: Any) -> int:
        try:
            place = _CURSOR.fullmatch(urlsafe_b64decode(data.encode("ascii")).decode("ascii"))
        except ValueError:
            place = None
        if place is None:
            raise ValidationError("Take it from `next` of a page, or begin without one.")
        return int(place[1])

    @staticmethod
    def at(place: int) -> str:
        """The cursor that leads to the rows after `place`."""
        return urlsafe_b64encode(f"after:{place}".encode()).decode()


class Paged(Query):
    """A list, page by page."""

    limit = Limit(default=DEFAULT_LIMIT, help_text="rows per page")
    cursor = Cursor(required=False, help_text="`next` of the page before")


class Span(Query):
    """A half-open stretch of time: `from` is in it, `to` is not."""

    to = Instant(required=False, help_text="before this instant")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so it can't be a name here."""
        first = Instant(required=False, help_text="from this instant on")
        return {**super().get_fields(), "from": first}
