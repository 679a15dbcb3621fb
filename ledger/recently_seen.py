"""Answers which messages this process may have seen before: a hint, so that not every key is looked up.

What is new is told from a repetition by the unique key of the event table (L7), whoever is asked first. A
process that only ever met repetitions which it remembered itself stops looking up the others: should one of
them be stored after all, the key refuses the batch, which starts again and looks up everything. One such
surprise, and everything is looked up until nothing surprised for a while.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from creditops.lib.binary import Integers

# Of 2^25 marks a million messages set six in a hundred: so many are looked up in vain.
MARKS = 2**25
REMEMBERED_MAX = 1_000_000
# So many messages without a surprise, and the hint is trusted.
CALM_MESSAGES = 20_000

_marks = np.zeros(MARKS, dtype=bool)
_remembered = 0
_calm = 0


def hashes(keys: Sequence[str]) -> Integers:
    """A number of each key, the same for the same key in this process."""
    return np.fromiter(map(hash, keys), np.int64, len(keys))


def places(customers: Integers, hashes: Integers) -> Integers:
    """Where messages leave their marks, from their customers' ids and the hashes of their keys."""
    return (hashes ^ (customers * 0x9E3779B97F4A7C1)) & (MARKS - 1)


def maybe(places: Integers) -> NDArray[np.bool_]:
    """Which of these may have been seen."""
    return _marks[places]


def trusted() -> bool:
    """Whether looking up what `maybe` says is enough."""
    return _calm >= CALM_MESSAGES


def remember(places: Integers) -> None:
    """Leave the marks of messages that are written; that they may yet be rolled back does no harm."""
    global _remembered
    if _remembered + len(places) > REMEMBERED_MAX:
        _marks[:] = False
        _remembered = 0
    _marks[places] = True
    _remembered += len(places)


def was_calm(messages: int) -> None:
    """So many were looked up, and nothing was found that was not remembered."""
    global _calm
    _calm += messages


def was_surprised() -> None:
    """Something is stored that was not remembered: somebody else took it in, or it is long ago."""
    global _calm
    _calm = 0


def forget() -> None:
    """Begin anew, as a process that has just started."""
    global _remembered, _calm
    _marks[:] = False
    _remembered = _calm = 0
