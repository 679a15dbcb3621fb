"""Answers how a scenario writes values: instants, money, codes, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from creditops.lib import money

# Codes that a scenario spells in its own way; every other one is the product's in capitals.
_CODES = {"too_late": "EXCEPTION_TOO_LATE"}
_STATUSES = {"duplicate": "IGNORED"}


def instant(text: str) -> datetime:
    """An ISO 8601 instant, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def written(moment: datetime | None) -> str | None:
    """An instant as scenarios write it, with Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def code(name: str) -> str:
    """A code of the product as scenarios write it."""
    return _CODES.get(name, name.upper())


def status(name: str) -> str:
    """The status of an event as scenarios write it."""
    return _STATUSES.get(name, name.upper())


def minor(amount: str, currency: str) -> int:
    """Money of a scenario in minor units; more decimals than the currency has are refused."""
    return money.minor_units(amount, currency)


def plain(value: Any) -> Any:
    """A value as JSON would show it, for the report."""
    if isinstance(value, datetime):
        return written(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
