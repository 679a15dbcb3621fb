"""Answers whether credits fit a product, and what to do where they don't work (S10, S75 to S77). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from creditops.lib.refusals import Refusal

FIT, BORDERLINE, NO_FIT = "FIT", "BORDERLINE", "NO_FIT"
# Variable cost per action, unpredictable usage, a catalogue of several features.
CONDITIONS = 3


@dataclass(frozen=True)
class FailureMode:
    """How credits fail: what shows it, and what to do about it."""

    symptom: str
    fix: str


FAILURE_MODES = {
    "TOO_COMPLEX": FailureMode(
        "long sales cycles on low-ticket products", "simplify, or switch to a flat model"
    ),
    "NOT_GENEROUS": FailureMode(
        "high friction at purchase, low adoption", "extend the rollover window, add a free tier"
    ),
    "LICENCE_IN_DISGUISE": FailureMode(
        "no rollover, annual renegotiation, zero flexibility",
        "redesign around actual usage data",
    ),
}


def test(conditions: Sequence[bool]) -> str:
    """Whether credits fit: of the three conditions two or three are met, exactly one, or none (X20).

    Raises Refusal `fit_conditions` for another number of conditions.
    """
    if len(conditions) != CONDITIONS:
        raise Refusal("fit_conditions", f"The fit test has {CONDITIONS} conditions.")
    met = sum(conditions)
    return (NO_FIT, BORDERLINE, FIT, FIT)[met]


def failure_mode(code: str) -> FailureMode:
    """A way to fail, by its code. Raises Refusal `failure_mode_unknown`."""
    found = FAILURE_MODES.get(code)
    if found is None:
        raise Refusal(
            "failure_mode_unknown",
            f"{code!r} is no way to fail that we know. Choose from {', '.join(FAILURE_MODES)}.",
        )
    return found
