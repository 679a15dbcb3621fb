"""Answers whether a policy's value can be meant: readers for choices, whole numbers, percentages.

Each returns a function from a JSON value to the value as stored, which raises ValueError with a
sentence that says what to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from creditops.lib import money
from creditops.lib.refusals import Refusal

Reader = Callable[[Any], Any]

_SIGNED_BY = 2
_PLACE = re.compile(r"[A-Z]{2}(/[^/;:]{1,60})?", re.ASCII)


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


def percentage(largest: int = 100, *, smallest: int = 0) -> Reader:
    """A percentage from `smallest` to `largest` as exact decimal text, `"20"` or `"12.5"`."""

    def read(value: Any) -> Any:
        try:
            exact = money.decimal(str(value))
        except Refusal as refusal:
            raise ValueError(refusal.detail) from refusal
        if not smallest <= exact <= largest:
            raise ValueError(f"write a percentage from {smallest} to {largest}, not {value}.")
        return money.decimal_text(exact)

    return read


def percentages_by_place(value: Any) -> Any:
    """A percentage, or a table of them by state: `{"US/CA": "100", "US": "0"}`, a country by its ISO
    3166 code, a region as customers have it; places without one have nothing."""
    read = percentage()
    if not isinstance(value, dict):
        return read(value)
    for place in value:
        if not _PLACE.fullmatch(place):
            raise ValueError(f"write a state as US/CA, not {place!r}.")
    if not value:
        raise ValueError("write at least one state.")
    return {place: read(share) for place, share in sorted(value.items())}


def thresholds(value: Any) -> Any:
    """Alert thresholds: different whole percentages from 1 to 100, stored in ascending order."""
    number = whole_number(1, 100)
    if not isinstance(value, list) or not value:
        raise ValueError("write a list of percentages, like [50, 80, 95].")
    read = [number(entry) for entry in value]
    if len(set(read)) != len(read):
        raise ValueError("write every threshold once.")
    return sorted(read)


def days_before(largest: int) -> Reader:
    """Different whole numbers of days from 1 to `largest`, the farthest first; none is an answer too."""
    number = whole_number(1, largest)

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("write a list of days, like [30, 7, 1], or [] for none.")
        days = [number(entry) for entry in value]
        if len(set(days)) != len(days):
            raise ValueError("write every number of days once.")
        return sorted(days, reverse=True)

    return read


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


_HOW_MUCH = ("credits", "up_to", "pack")
_TIMES = 3


def auto_top_up(value: Any) -> Any:
    """What to buy when few credits are left (Q4): `{"below": 500, "credits": 1000, "times": 3,
    "money": "100.00"}`.

    One of `credits`, `up_to` (as many as bring the balance there) and `pack` (its code); `times` per
    period, 3 unless said; `money` per calendar month, net of tax; none unless said.
    """
    if not isinstance(value, dict) or "below" not in value:
        raise ValueError('write {"below": 500, "credits": 1000, "times": 3, "money": "100.00"}.')
    unknown = set(value) - {"below", "times", "money", *_HOW_MUCH}
    if unknown:
        raise ValueError(f"there is no {', '.join(sorted(unknown))} in it.")
    ways = [name for name in _HOW_MUCH if value.get(name) is not None]
    if len(ways) != 1:
        raise ValueError(f"write one of {', '.join(_HOW_MUCH)}.")
    number = whole_number(1, 10**12)
    read: dict[str, Any] = {"below": number(value["below"])}
    way = ways[0]
    if way == "pack":
        if not isinstance(value["pack"], str):
            raise ValueError("write the code of a pack.")
        read["pack"] = value["pack"]
    else:
        read[way] = number(value[way])
    if way == "up_to" and read["up_to"] < read["below"]:
        raise ValueError("up_to can't be less than below.")
    read["times"] = whole_number(1, 100)(value.get("times", _TIMES))
    read["money"] = optional(amount)(value.get("money"))
    return read


def optional(reader: Reader) -> Reader:
    """What `reader` takes, or nothing (null)."""

    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def zone(value: Any) -> Any:
    """An IANA time zone."""
    if not isinstance(value, str) or value not in available_timezones():
        raise ValueError(f"write an IANA time zone like Europe/Berlin, not {value!r}.")
    return value


def signature(value: Any) -> Any:
    """Nothing (false), or who signed what and when: two names or more, a date, a document (S71)."""
    if value is False:
        return False
    wrong = ValueError(
        'write {"names": ["Mara Lind", "Otto Fink"], "date": "2026-01-01", "document": "..."}.'
    )
    if not isinstance(value, dict) or set(value) != {"names", "date", "document"}:
        raise wrong
    names, document = value["names"], value["document"]
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise wrong
    if len({name.strip() for name in names}) < _SIGNED_BY:
        raise ValueError("write the names of two persons: finance and the auditor sign.")
    try:
        signed_on = date.fromisoformat(value["date"])
    except (TypeError, ValueError) as error:
        raise wrong from error
    if not isinstance(document, str) or not document.strip():
        raise ValueError("name the document that was signed.")
    return {
        "names": [name.strip() for name in names],
        "date": signed_on.isoformat(),
        "document": document.strip(),
    }


def truth(value: Any) -> Any:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"write true or false, not {value!r}.")
    return value


def amount(value: Any) -> Any:
    """An amount of money as exact decimal text, 0 or more."""
    try:
        exact = money.decimal(str(value))
    except Refusal as refusal:
        raise ValueError(refusal.detail) from refusal
    if exact < 0:
        raise ValueError("write an amount, 0 or more.")
    return money.decimal_text(exact)
