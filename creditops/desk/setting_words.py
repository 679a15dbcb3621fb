"""Answers how settings read: their names and values in words, for people who never saw a code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_NOTHING = "–"

_NAMES = {
    "accounting_zone": "Time zone of the books",
    "alerts": "Alerts",
    "auto_adjust": "Subscriptions follow use",
    "expiry_notice_days": "Notice before credits end",
    "auto_top_up": "Credits bought by themselves",
    "baseline_kinds": "Use that makes the next commitment",
    "consumer_life_months": "Shortest life of what consumers pay for",
    "contract_cost": "Cost of winning a contract",
    "go_live_signed": "Signature of the books",
    "grace_hours": "Grace of a subscription",
    "grace_pct": "Use in the grace of a subscription",
    "rate_review": "Review of rate cards",
    "signal_wall_pct": "Not generous: free credits used up, nothing bought",
    "signal_allowance_pct": "Not generous: free credits not used",
    "signal_by_hand_pct": "Licence in disguise: renewed by hand",
    "signal_sign_days": "Too complex: days from quote to signature",
    "signal_small_deal": "Too complex: what a small deal is",
    "retirement_notice_days": "Notice of a retired action",
    "rounding": "Rounding of halves",
    "ssp_per_credit": "Price of a credit on its own",
    "ssp_tolerance_pct": "Tolerance around that price",
    "tax_outside_eu": "Sales outside of the EU are taxed as",
    "tax_point": "Tax on credits is due",
    "tax_unknown": "Documents whose tax rate is missing",
    "upfront_commission_pct": "Commission paid at the signature",
    "escheat_pct": "Share of what expires that is the state's",
    "hold_over_pct": "Capture above the hold",
    "invoice_release": "Invoices go out",
    "invoice_terms_days": "Payment terms",
    "reverse_charge_id": "VAT id of a reverse charge",
    "suspend_unpaid": "Unpaid credits are suspended",
    "late_interest": "Interest on late payment",
    "expected_loss": "Expected credit losses",
    "datev": "DATEV books",
    "late_event_window_days": "Late-usage window",
    "late_admission": "Late use beyond the limit",
    "money_alone_up_to": "Refund or write off alone",
    "observe_months": "Observe only",
    "discount_alone_up_to_pct": "Discount that is quoted alone",
    "floor_price_per_credit": "Lowest price of a credit",
    "cost_per_credit": "Cost of serving a credit",
    "renewal_rounded_up_to": "Renewals are rounded up to",
    "overage_base": "Overage is a share of",
    "overage_pct": "Overage allowed",
    "reinstatement_grace_days": "Grace of a late renewal",
    "rollover_pct": "Share that rolls over",
    "seat_allowance": "Allowance per user",
    "validity": "Life of credits without a contract",
}

# Settings by what they are about, as the settings page tells them; what is not here comes last.
_GROUPS = {
    "When credits run out": (
        "enforcement", "observe_months", "overage_pct", "overage_base", "hold_over_pct",
        "seat_allowance",
    ),
    "What customers are told": ("alerts", "expiry_notice_days"),
    "How credits are drawn, and how long they live": (
        "draw_order", "validity", "consumer_life_months", "rollover", "rollover_pct",
        "reinstatement_grace_days",
    ),
    "Renewals": ("baseline_kinds", "renewal_rounded_up_to",),
    "Usage that comes late": ("late_event_window_days", "late_admission"),
    "Revenue": ("breakage", "escheat_pct", "ssp_per_credit", "ssp_tolerance_pct"),
    "Invoices, tax and prices": (
        "invoice_release", "invoice_terms_days", "suspend_unpaid", "late_interest", "tax_point",
        "tax_unknown", "tax_outside_eu", "reverse_charge_id", "retirement_notice_days", "rate_review",
    ),
    "Quotes": ("discount_alone_up_to_pct", "floor_price_per_credit", "cost_per_credit"),
    "Commissions": ("upfront_commission_pct", "contract_cost"),
    "Subscriptions": ("grace_hours", "grace_pct", "auto_adjust", "auto_top_up"),
    "Signals that credits fail": (
        "signal_wall_pct", "signal_allowance_pct", "signal_by_hand_pct", "signal_sign_days",
        "signal_small_deal",
    ),
    "The books": (
        "go_live_signed", "rounding", "accounting_zone", "money_alone_up_to", "expected_loss", "datev",
    ),
}  # fmt: skip
_OTHER = "Other settings"

# Values that are one of a few names, by setting: `policy_values.choice`.
_CHOICES = {
    "breakage": {"AT_EXPIRY": "when credits expire"},
    "auto_adjust": {"UP_AND_DOWN": "up and down", "UP_ONLY": "up only"},
    "contract_cost": {
        "EXPENSE": "at once",
        "STRAIGHT_LINE": "by months",
        "CONSUMPTION": "as it is used",
    },
    "draw_order": {"FIFO": "oldest first", "EXPIRY_FIRST": "first to expire first"},
    "enforcement": {
        "HARD": "refuse",
        "SOFT": "overage up to the cap",
        "OBSERVE": "record only",
    },
    "invoice_release": {
        "AUTOMATIC": "when they are due",
        "REVIEWED": "when finance has looked at them in a billing run",
    },
    "late_admission": {"OVERAGE": "becomes overage", "REFUSE_HARD": "becomes an exception"},
    "rate_review": {"SECOND_PERSON": "by a second person", "NOBODY": "not asked for"},
    "overage_base": {
        "COMMITMENT": "the commitment",
        "TOTAL_AVAILABLE": "all that was available",
    },
    "renewal_rounded_up_to": {"NOTHING": "nothing", "TIER": "the next tier"},
    "reverse_charge_id": {
        "CHECKED": "one that was checked and holds",
        "ANY": "any that was given",
    },
    "rounding": {"HALF_UP": "up, away from zero", "HALF_EVEN": "to the even neighbour"},
    "tax_outside_eu": {"G": "an export", "O": "outside the scope of tax"},
    "tax_point": {"TAX_AT_SALE": "when they are sold", "TAX_AT_REDEMPTION": "as they are used"},
    "tax_unknown": {"HOLD": "are held until it is added", "NONE": "go out without tax"},
    "rollover": {"FULL": "all of it", "PARTIAL": "a share", "NONE": "nothing"},
}


# Values of several words, as they are written: one of a few too.
_LISTED = {
    "baseline_kinds": (
        (["PAID", "ROLLOVER", "BONUS", "OVERAGE"], "paid, rolled, bonus and overage"),
        (
            ["PAID", "ROLLOVER", "BONUS", "OVERAGE", "PROMO"],
            "paid, rolled, bonus, overage and promotional",
        ),
    ),
}

_UNSET = {
    "accounting_zone": "as the books were opened",
    "auto_top_up": "none are",
    "ssp_per_credit": "none",
    "floor_price_per_credit": "none",
    "cost_per_credit": "not known",
    "enforcement": "overage up to the cap for contracts, refuse without one",
    "observe_months": "no",
    "seat_allowance": "no limit for one user",
}


# How what is no choice is written.
_HOW = {
    "accounting_zone": "an IANA time zone, like Europe/Berlin",
    "escheat_pct": "percent, like 20; or by state, like US/CA 100; US/New York 50",
    "consumer_life_months": "months, like 60; 0 when a lawyer has looked at shorter lives",
    "grace_hours": "hours",
    "ssp_per_credit": "an amount, like 0.01",
    "floor_price_per_credit": "an amount, like 0.007; – for none",
    "cost_per_credit": "an amount, like 0.002; – for not known",
    "alerts": "percentages of consumption, like [50, 80, 95]",
    "expiry_notice_days": "days before the end, like [30, 7, 1]; [] for no notice",
    "auto_top_up": 'like {"below": 500, "credits": 1000, "times": 3, "money": "100.00"}; – for none',
    "money_alone_up_to": "an amount, like 500",
    "observe_months": "months; – for no",
    "seat_allowance": "credits a month; – for no limit",
    "suspend_unpaid": "true or false",
    "late_interest": 'like {"reference_pct": "2.15", "margin_pct": "8", "fixed": "40"}',
    "expected_loss": 'percent by days overdue: {"0": "1", "1": "5", "31": "10", "61": "25", "91": "50"}',
    "datev": 'like {"consultant": 1001, "client": 1, "account_length": 4, "year_begins": "01-01"}',
    "validity": 'like {"rule": "CALENDAR_MONTH", "months": 3}; ANNIVERSARY counts to the day',
}


def choices(setting: str) -> list[tuple[str, str]]:
    """The values that a setting may have, with their words; empty where it is written freely."""
    if setting in _LISTED:
        return [(json.dumps(stored), words) for stored, words in _LISTED[setting]]
    unset = [(_NOTHING, _UNSET[setting])] if setting in _UNSET else []
    return [*unset, *_CHOICES[setting].items()] if setting in _CHOICES else []


def groups(names: Iterable[str]) -> dict[str, list[str]]:
    """Settings by what they are about, in the order of the settings page."""
    left = list(names)
    found: dict[str, list[str]] = {}
    for title, members in _GROUPS.items():
        found[title] = [name for name in members if name in left]
    told = {name for members in found.values() for name in members}
    found[_OTHER] = [name for name in left if name not in told]
    return {title: members for title, members in found.items() if members}


def told(setting: str, stored: Any) -> str:
    """A setting with its value: "Overage allowed: 25 %"."""
    return f"{name(setting)}: {value(setting, stored)}"


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
    for listed, words in _LISTED.get(setting, ()):
        if listed == stored:
            return words
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


def _days_before(days: Sequence[int]) -> str:
    if not days:
        return "none"
    *most, last = (str(number) for number in days)
    told = f"{', '.join(most)} and {last}" if most else last
    return f"{told} day{'' if told == '1' else 's'} before"


def _life(life: Mapping[str, Any]) -> str:
    months = _count("month")(life["months"])
    if life["rule"] == "CALENDAR_MONTH":
        return f"{months}, the month of purchase being the first"
    return f"{months} from the purchase, to the day"


def _bought(rule: Mapping[str, Any]) -> str:
    ways = {"credits": "{:,} credits", "up_to": "up to {:,} credits", "pack": "pack {}"}
    what = next(said.format(rule[way]) for way, said in ways.items() if way in rule)
    money = f" and {rule['money']} a month" if rule["money"] else ""
    most = f"{_count('purchase')(rule['times'])} a period{money}"
    return f"{what} when fewer than {rule['below']:,} are left, at most {most}"


def _signed(value: Any) -> str:
    if not value:
        return "not signed: entries are drafts"
    return f"{' and '.join(value['names'])} on {value['date']}: {value['document']}"


def _by_place(value: Any) -> str:
    if not isinstance(value, Mapping):
        return _percent(value)
    return f"{', '.join(f'{place} {share} %' for place, share in value.items())}; elsewhere 0 %"


_KINDS: Mapping[str, Callable[[Any], str]] = {
    "escheat_pct": _by_place,
    "go_live_signed": _signed,
    "grace_hours": _count("hour"),
    "alerts": _thresholds,
    "expiry_notice_days": _days_before,
    "auto_top_up": _bought,
    "money_alone_up_to": lambda amount: f"up to {amount}" if amount != "0" else "never",
    "seat_allowance": lambda credits: f"{credits:,} credits a month",
    "validity": _life,
    "suspend_unpaid": lambda on: "yes" if on else "no",
    "late_interest": lambda terms: (
        f"{terms['reference_pct']} % and {terms['margin_pct']} %, {terms['fixed']} fixed"
    ),
    "expected_loss": lambda rates: ", ".join(f"day {day} on {pct} %" for day, pct in rates.items()),
    "datev": lambda books: f"consultant {books['consultant']}, client {books['client']}",
}
_UNITS: Mapping[str, Callable[[Any], str]] = {
    "pct": _percent,
    "days": _count("day"),
    "months": _count("month"),
}
