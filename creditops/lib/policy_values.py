"""Answers whether a policy's value can be meant: readers for choices, whole numbers, percentages.

Each returns a function from a JSON value to the value as stored, which raises ValueError with a
sentence that says what to write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from creditops.lib import money
from creditops.lib.refusals import Refusal

Reader = Callable[[Any], Any]


def choice(*names: str) -> Reader:
    """One of `names`."""

    def read(value: Any) -> Any:
        if value not in names:
            raise ValueError(f"write one of {', '.join(names)}, not {value!r}.")
        return value

    return read


def whole_number(smallest: int, largest: int) -> Reader:
    """A whole number from `smallest` to `largest`, both included."""

    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"write a whole number, not {value!r}.")
        if not smallest <= value <= largest:
            raise ValueError(f"write a whole number from {smallest} to {largest}, not {value}.")
        return value

    return read


def percentage(largest: int = 100) -> Reader:
    """A percentage from 0 to `largest` as exact decimal text, `"20"` or `"12.5"`."""

    def read(value: Any) -> Any:
        try:
            exact = money.decimal(str(value))
        except Refusal as refusal:
            raise ValueError(refusal.detail) from refusal
        if not 0 <= exact <= largest:
            raise ValueError(f"write a percentage from 0 to {largest}, not {value}.")
        return money.decimal_text(exact)

    return read


def thresholds(value: Any) -> Any:
    """Alert thresholds: different whole percentages from 1 to 100, stored in ascending order."""
    number = whole_number(1, 100)
    if not isinstance(value, list) or not value:
        raise ValueError("write a list of percentages, like [50, 80, 95].")
    read = [number(entry) for entry in value]
    if len(set(read)) != len(read):
        raise ValueError("write every threshold once.")
    return sorted(read)


def positive_decimal(value: Any) -> Any:
    """A price as exact decimal text, above 0."""
    try:
        exact = money.decimal(str(value))
    except Refusal as refusal:
        raise ValueError(refusal.detail) from refusal
    if exact <= 0:
        raise ValueError("write an amount above 0.")
    return money.decimal_text(exact)


def validity(value: Any) -> Any:
    """A life of credits: `{"rule": "CALENDAR_MONTH" or "ANNIVERSARY", "months": 1 to 120}` (T5)."""
    if not isinstance(value, dict) or set(value) != {"rule", "months"}:
        raise ValueError('write {"rule": "CALENDAR_MONTH", "months": 3}.')
    return {
        "rule": choice("CALENDAR_MONTH", "ANNIVERSARY")(value["rule"]),
        "months": whole_number(1, 120)(value["months"]),
    }


def optional(reader: Reader) -> Reader:
    """What `reader` takes, or nothing (null)."""

    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read
