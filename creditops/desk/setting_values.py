"""Answers how a setting's value is typed: one of its words, a number, or its parts, each in a field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.forms import Field

from creditops.desk import fields, setting_words
from creditops.lib.policies import Policy

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Parts:
    """A value of several parts: its fields, and how they make a value and come from one."""

    fields: Callable[[], dict[str, Field]]
    read: Callable[[Mapping[str, Any]], Any]
    typed: Callable[[Any], dict[str, Any]]


def fields_of(policy: Policy) -> dict[str, Field]:
    """The fields in which the value is typed."""
    parts = _PARTS.get(policy.name)
    if parts is not None:
        return parts.fields()
    choices = setting_words.choices(policy.name)
    made: Field = fields.choice("Value", choices) if choices else fields.text("Value")
    made.help_text = setting_words.how(policy.name)
    return {"value": made}


def read(policy: Policy, values: Mapping[str, Any]) -> Any:
    """The value that was typed, as JSON; its definition still checks it."""
    parts = _PARTS.get(policy.name)
    return parts.read(values) if parts is not None else from_text(values["value"])


def typed(policy: Policy, value: Any) -> dict[str, Any]:
    """A value as it stands in the fields."""
    parts = _PARTS.get(policy.name)
    return parts.typed(value) if parts is not None else {"value": shown(value)}


def from_text(text: str) -> Any:
    """A value as typed: JSON where it is JSON, else the text itself; `-` and `–` mean nothing."""
    if text in ("-", "–"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def shown(value: Any) -> str:
    """A value as it can be typed again."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)


def _life_fields() -> dict[str, Field]:
    rules = [
        ("CALENDAR_MONTH", "whole calendar months, that of the purchase being the first"),
        ("ANNIVERSARY", "months to the day"),
    ]
    return {"rule": fields.choice("Counted in", rules), "months": fields.Credits(label="Months")}


def _signature_fields() -> dict[str, Field]:
    return {
        "names": fields.text("Signed by", help="two persons or more, with a comma between them"),
        "signed_on": fields.Day(label="Signed on"),
        "document": fields.text("Document", help="what was signed, with its version"),
    }


def _read_signature(values: Mapping[str, Any]) -> Any:
    names = [name.strip() for name in values["names"].split(",") if name.strip()]
    return {
        "names": names, "date": values["signed_on"].isoformat(), "document": values["document"],
    }  # fmt: skip


def _typed_signature(value: Any) -> dict[str, Any]:
    if not value:
        return {}
    return {
        "names": ", ".join(value["names"]), "signed_on": date.fromisoformat(value["date"]),
        "document": value["document"],
    }  # fmt: skip


def _share_fields() -> dict[str, Field]:
    return {"value": fields.text("Value", help=setting_words.how("escheat_pct"), most=1_000)}


def _read_shares(values: Mapping[str, Any]) -> Any:
    """`"25"`, or a table: `"US/CA 100; US/New York 50"`."""
    text = values["value"].strip()
    if not text[:1].isalpha():
        return text
    rows = [row.strip().rpartition(" ") for row in text.split(";") if row.strip()]
    return {place.strip(): share for place, _, share in rows}


def _typed_shares(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"value": value}
    return {"value": "; ".join(f"{place} {share}" for place, share in value.items())}


_PARTS: Mapping[str, Parts] = {
    "validity": Parts(
        _life_fields,
        lambda values: {"rule": values["rule"], "months": values["months"]},
        lambda value: dict(value),
    ),
    "escheat_pct": Parts(_share_fields, _read_shares, _typed_shares),
    "go_live_signed": Parts(_signature_fields, _read_signature, _typed_signature),
}
