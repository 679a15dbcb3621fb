"""Answers which instants a column of texts names, as long as all are written in one usual form.

`2026-01-31T09:00:00Z`, with or without decimals of a second. Every other form is read one by one
(`creditops/lib/api/reading.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from creditops.lib.api.reading import FIRST_YEAR, LAST_YEAR
from creditops.lib.binary import Integers

_FORM = b"0000-00-00T00:00:00"
_DIGITS = np.array([place for place, sign in enumerate(_FORM) if sign == ord("0")])
_SIGNS = np.array([place for place, sign in enumerate(_FORM) if sign != ord("0")])
_SHORTEST, _LONGEST_DECIMALS = len(_FORM) + 1, 6
_SECOND = 1_000_000


def microseconds(written: Sequence[str]) -> Integers | None:
    """These instants in microseconds since 1970; None if one is not in the usual form, or is none."""
    length = len(written[0])
    if set(map(len, written)) != {length}:
        return None
    joined = "".join(written)
    decimals = max(0, length - _SHORTEST - 1)
    if not joined.isascii() or not length >= _SHORTEST or decimals > _LONGEST_DECIMALS:
        return None
    signs = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(len(written), length)
    end = b"Z" if length == _SHORTEST else b"."
    form = np.frombuffer(_FORM + end, dtype=np.uint8)
    places = np.append(_SIGNS, len(_FORM))
    if (signs[:, places] != form[places]).any() or (signs[:, -1] != ord("Z")).any():
        return None
    behind = np.arange(_SHORTEST, length - 1)
    digits = signs[:, np.append(_DIGITS, behind)].astype(np.int64) - ord("0")
    if digits.min() < 0 or digits.max() > 9 or length == _SHORTEST + 1:
        return None
    return _instants(digits, decimals)


def _instants(digits: Integers, decimals: int) -> Integers | None:
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day, hour, minute, second = (
        digits[:, at] * 10 + digits[:, at + 1] for at in (4, 6, 8, 10, 12)
    )
    if year.min() < FIRST_YEAR or year.max() > LAST_YEAR or month.min() < 1 or month.max() > 12:
        return None
    months = (year - 1970) * 12 + month - 1
    first, following = (
        (months + more).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        for more in (0, 1)
    )
    if day.min() < 1 or (day > following - first).any():
        return None
    if hour.max() > 23 or minute.max() > 59 or second.max() > 59:
        return None
    micro = digits[:, 14:] @ np.array([10 ** (5 - at) for at in range(decimals)], dtype=np.int64)
    seconds = ((first + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    found: Integers = seconds * _SECOND + micro
    return found
