"""Answers how long work takes, ours and what it is held against, in turns on the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 5


@dataclass(frozen=True)
class Ratio:
    """A measurement: `ours` and `theirs` in units per second, each the median of its rounds."""

    name: str
    unit: str
    ours: float
    theirs: float
    held_against: str

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.ours:,.0f} {self.unit}/s, {self.ours / self.theirs:.2f} of "
            f"{self.held_against} ({self.theirs:,.0f} {self.unit}/s)"
        )


def per_second(work: Callable[[], object], units: int) -> float:
    """How many units a second one call of `work` does, which does `units` of them."""
    begun = time.perf_counter()
    work()
    return units / (time.perf_counter() - begun)


def in_turns(
    ours: Callable[[int], object], theirs: Callable[[int], object], units: int
) -> tuple[float, float]:
    """Medians of both over ROUNDS, one after the other, so that a busy minute hits both.

    Each is called with the number of its round and does `units` of work.
    """
    first, second = [], []
    for turn in range(ROUNDS):
        first.append(per_second(lambda turn=turn: ours(turn), units))  # type: ignore[misc]
        second.append(per_second(lambda turn=turn: theirs(turn), units))  # type: ignore[misc]
    return median(first), median(second)
