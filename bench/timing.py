"""Answers how long work takes, ours and what it is held against, in turns on the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

ROUNDS = 5
WARM_UP = 20


@dataclass(frozen=True)
class Ratio:
    """A measurement: `ours` and `theirs` in units per second, round by round.

    The ratio is the median of the rounds' own, so that a busy minute hits both sides of it.
    """

    name: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float]
    held_against: str

    @property
    def rounds(self) -> list[float]:
        """The ratio of every round."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        return (
            f"{self.name}: {median(self.ours):,.0f} {self.unit}/s, {median(self.rounds):.2f} of "
            f"{self.held_against} ({median(self.theirs):,.0f} {self.unit}/s; "
            f"worst round {min(self.rounds):.2f})"
        )


@dataclass(frozen=True)
class Spread:
    """What one act costs in milliseconds, `with_much` behind it and with nothing: (p50, p99) of each."""

    name: str
    much: str
    with_much: tuple[float, float]
    with_nothing: tuple[float, float]

    def __str__(self) -> str:
        (p50, p99), (least50, least99) = self.with_much, self.with_nothing
        return (
            f"{self.name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms with {self.much}; {least50:.2f} and "
            f"{least99:.2f} ms with none; ratios {p50 / least50:.2f} and {p99 / least99:.2f}"
        )


@dataclass(frozen=True)
class Times:
    """How long something takes, and how many times as long as what it is held against; in seconds.

    `most` is how many times that may be; None: nothing is promised.
    """

    name: str
    seconds: float
    beside: float
    held_against: str
    most: float | None = None

    def __str__(self) -> str:
        times = self.seconds / self.beside
        told = "" if self.most is None or times <= self.most else f"; beyond {self.most:g}"
        return (
            f"{self.name}: {self.seconds:.2f} s, {times:.1f} times {self.held_against} "
            f"({self.beside:.2f} s){told}"
        )


def seconds_of(work: Callable[[], object], rounds: int = 1) -> float:
    """How long one call takes: the median of so many."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def spread(
    with_much: Callable[[], object], with_nothing: Callable[[], object], times: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """p50 and p99 of both in milliseconds, called one after the other so that a busy moment hits both."""
    acts = (with_much, with_nothing)
    for act in acts * WARM_UP:
        act()
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(times):
        for which in (0, 1) if turn % 2 else (1, 0):
            begun = time.perf_counter()
            acts[which]()
            taken[which].append(1_000 * (time.perf_counter() - begun))
    return percentiles(taken[0]), percentiles(taken[1])


def percentiles(taken: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    ordered = sorted(taken)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def per_second(work: Callable[[], object], units: int) -> float:
    """How many units a second one call of `work` does, which does `units` of them."""
    begun = time.perf_counter()
    work()
    return units / (time.perf_counter() - begun)


def in_turns(
    ours: Callable[[int], object], theirs: Callable[[int], object], units: int
) -> tuple[list[float], list[float]]:
    """Both over ROUNDS, one after the other, so that a busy minute hits both.

    Each is called with the number of its round and does `units` of work.
    """
    first, second = [], []
    for turn in range(ROUNDS):
        first.append(per_second(lambda turn=turn: ours(turn), units))  # type: ignore[misc]
        second.append(per_second(lambda turn=turn: theirs(turn), units))  # type: ignore[misc]
    return first, second
