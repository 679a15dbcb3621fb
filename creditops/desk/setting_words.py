"""Answers how settings read: their names and values in words, for people who never saw a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_NOTHING = "–"

_NAMES = {
    "alerts": "Alerts",
    "escheat_pct": "Share of what expires that is the state's",
    "hold_over_pct": "Capture above the hold",
    "invoice_terms_days": "Payment terms",
    "late_event_window_days": "Late-usage window",
    "late_admission": "Late use beyond the limit",
    "observe_months": "Observe only",
    "overage_base": "Overage is a share of",
    "overage_pct": "Overage allowed",
    "reinstatement_grace_days": "Grace of a late renewal",
    "rollover_pct": "Share that rolls over",
    "seat_allowance": "Allowance per user",
    "validity": "Life of credits without a contract",
}

# Values that are one of a few names, by setting: `policy_values.choice`.
_CHOICES = {
    "breakage": {"AT_EXPIRY": "when credits expire"},
    "draw_order": {"FIFO": "oldest first", "EXPIRY_FIRST": "first to expire first"},
    "enforcement": {
        "HARD": "refuse",
        "SOFT": "overage up to the cap",
        "OBSERVE": "record only",
    },
    "late_admission": {"OVERAGE": "becomes overage", "REFUSE_HARD": "becomes an exception"},
    "overage_base": {
        "COMMITMENT": "the commitment",
        "TOTAL_AVAILABLE": "all that was available",
    },
    "rollover": {"FULL": "all of it", "PARTIAL": "a share", "NONE": "nothing"},
}


_UNSET = {
    "enforcement": "overage up to the cap for contracts, refuse without one",
    "observe_months": "no",
    "seat_allowance": "no limit for one user",
}


# How what is no choice is written.
_HOW = {
    "alerts": "percentages of consumption, like [50, 80, 95]",
    "observe_months": "months; – for no",
    "seat_allowance": "credits a month; – for no limit",
    "validity": 'like {"rule": "CALENDAR_MONTH", "months": 3}; ANNIVERSARY counts to the day',
}


def choices(setting: str) -> list[tuple[str, str]]:
    """The values that a setting may have, with their words; empty where it is written freely."""
    unset = [(_NOTHING, _UNSET[setting])] if setting in _UNSET else []
    return [*unset, *_CHOICES[setting].items()] if setting in _CHOICES else []


def how(setting: str) -> str:
    """How a value is written, for the form."""
    return _HOW.get(setting) or {"pct": "percent, like 20", "days": "days"}.get(_unit(setting), "")


def name(setting: str) -> str:
    """What a setting is called: `overage_pct` is "Overage allowed"."""
    return _NAMES.get(setting, setting.replace("_", " ").capitalize())


def value(setting: str, stored: Any) -> str:
    """What a stored value says, with its unit: `"20"` of `overage_pct` is "20 %".

    Args:
        setting: its name.
        stored: a JSON value as the setting's definition reads it; None: nothing is set.
    """
    if stored is None:
        return _UNSET.get(setting, _NOTHING)
    if setting in _CHOICES:
        return _CHOICES[setting].get(stored, str(stored))
    return (_KINDS.get(setting) or _UNITS.get(_unit(setting), str))(stored)


def _unit(setting: str) -> str:
    """The unit that ends a setting's name: `overage_pct` is in percent."""
    return setting.rpartition("_")[2]


def _count(one: str) -> Callable[[int], str]:
    return lambda number: f"{number:,} {one if number == 1 else one + 's'}"


def _percent(number: Any) -> str:
    return f"{number} %"


def _thresholds(levels: Sequence[int]) -> str:
    *most, last = (str(level) for level in levels)
    return f"at {', '.join(most)} and {last} %" if most else f"at {last} %"


def _life(life: Mapping[str, Any]) -> str:
    months = _count("month")(life["months"])
    if life["rule"] == "CALENDAR_MONTH":
        return f"{months}, the month of purchase being the first"
    return f"{months} from the purchase, to the day"


_KINDS: Mapping[str, Callable[[Any], str]] = {
    "alerts": _thresholds,
    "seat_allowance": lambda credits: f"{credits:,} credits a month",
    "validity": _life,
}
_UNITS: Mapping[str, Callable[[Any], str]] = {
    "pct": _percent,
    "days": _count("day"),
    "months": _count("month"),
}
