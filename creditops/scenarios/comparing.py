"""Answers whether what is equals what is expected: only the fields given count, and exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

# Fields of an expectation that choose what is looked at, rather than being compared.
_SELECTING = frozenset(
    "check account as_of known_at unit message term year period from to on codes_of block key"
    " contract n document code what series of types item time calc args ignore_overage option".split()
)
_ALTERNATIVES = "|"


def differences(wanted: dict[str, Any], actual: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, expected, actual) of every compared field that differs."""
    kind = wanted["check"]
    different = []
    for field in compared(wanted):
        expected, found = wanted[field], actual.get(field)
        if kind == "journal" and field == "entries":
            same = _net(expected) == _net(found or [])
        elif field == "text_contains":
            found = actual.get("text")
            same = expected in (found or "")
        elif field == "tax_category":
            same = found in str(expected).split(_ALTERNATIVES)
        else:
            same = matches(expected, found)
        if not same:
            different.append((field, expected, found))
    return different


def compared(wanted: dict[str, Any]) -> list[str]:
    """The fields of an expectation that are compared."""
    kind = wanted["check"]
    return [
        field
        for field in wanted
        if (field not in _SELECTING or (kind == "event" and field == "code"))
        and not (kind == "journal" and field == "codes")
    ]


def matches(expected: Any, found: Any) -> bool:
    """Whether a value is as expected: of objects only the keys given, lists element by element."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(matches(value, found.get(key)) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(matches, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def _net(entries: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Debit less credit per (date, account), as exact text, without what comes to nothing."""
    net: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        for side, sign in (("debit", 1), ("credit", -1)):
            for code, amount in entry.get(side, {}).items():
                key = (entry["date"], code)
                net[key] = net.get(key, Decimal(0)) + sign * Decimal(amount)
    return {key: str(amount.normalize()) for key, amount in net.items() if amount}
