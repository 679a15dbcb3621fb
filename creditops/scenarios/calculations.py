"""Answers the pure functions that a scenario may ask for, by the product's own arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any

from contracts import commission_figures, fit, prices
from creditops.lib import calendar, money
from creditops.lib.refusals import Refusal
from creditops.scenarios import values
from invoicing import late_interest
from ledger import breakage, concentration

Args = dict[str, Any]


def add_months(args: Args) -> str:
    """`anchor` + `months` (T3)."""
    return calendar.add_months(date.fromisoformat(args["anchor"]), args["months"]).isoformat()


def month_period(args: Args) -> dict[str, str]:
    """Period n of a monthly anchor, with its last day (T2, T3)."""
    anchor = date.fromisoformat(args["anchor"])
    start = calendar.add_months(anchor, args["n"])
    end = calendar.add_months(anchor, args["n"] + 1)
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "last_day": (end - timedelta(days=1)).isoformat(),
    }


def local_period(args: Args) -> dict[str, Any]:
    """A local month or day in UTC, with its hours (T4)."""
    period = args["period"]
    whole_month = period.count("-") == 1
    first = date.fromisoformat(f"{period}-01" if whole_month else period)
    after = calendar.add_months(first, 1) if whole_month else first + timedelta(days=1)
    start = calendar.local_midnight(first, args["zone"])
    end = calendar.local_midnight(after, args["zone"])
    return {
        "start": values.written(start),
        "end": values.written(end),
        "hours": (end - start) // timedelta(hours=1),
    }


def expires_at(args: Args) -> str | None:
    """The end of credits bought at an instant (T5)."""
    bought = values.instant(args["purchased"]).astimezone(UTC)
    return values.written(calendar.expires_at(bought, args["rule"], args["months"], args["zone"]))


def rounded(args: Args) -> str:
    """A value rounded to the currency's minor unit (M2)."""
    scaled = money.decimal(args["value"]) * 10 ** money.exponent(args["currency"])
    minor = money.rounded(scaled, args.get("mode", money.HALF_UP))
    return money.text(minor, args["currency"])


def allocate(args: Args) -> list[str]:
    """An amount spread by largest remainder (M5)."""
    currency = args["currency"]
    shares = money.allocate(money.minor_units(args["amount"], currency), args["weights"])
    return [money.text(share, currency) for share in shares]


def release(args: Args) -> list[dict[str, str]]:
    """Cumulative release of a block over uses (M4)."""
    currency, quantity = args["currency"], args["credits"]
    cost = money.minor_units(args["cost"], currency)
    cumulative = [money.released(cost, quantity, used) for used in accumulate(args["uses"])]
    return [
        {"cumulative": money.text(now, currency), "value": money.text(now - before, currency)}
        for before, now in zip([0, *cumulative], cumulative, strict=False)
    ]


def credits_for(args: Args) -> int:
    """The credits that an amount buys at a ratio (R7); in a currency with two decimals."""
    minor = money.minor_units(args["amount"], "USD")
    return prices.credits_for(minor, "USD", args["credits_per_currency_unit"])


def pct_change(args: Args) -> str:
    """The change from one figure to another in percent, two decimals."""
    before, after = money.decimal(str(args["from"])), money.decimal(str(args["to"]))
    return money.fixed_text((after - before) * 100 / before, 2)


def commission_base(args: Args) -> str:
    """The share of a price that commission is paid on at close (S57)."""
    minor = money.minor_units(args["price"], args["currency"])
    share = money.decimal(str(args["upfront_pct"]))
    return money.text(commission_figures.upfront_base(minor, share), args["currency"])


def straight_line(args: Args) -> dict[str, str]:
    """What of a cost is expensed after so many months, and in the last of them (M6)."""
    currency, months, month = args["currency"], args["months"], args["month"]
    cost = money.minor_units(args["amount"], currency)
    now, before = (commission_figures.straight_line(cost, months, n) for n in (month, month - 1))
    return {"cumulative": money.text(now, currency), "charge": money.text(now - before, currency)}


def seat_outcome(args: Args) -> dict[str, int]:
    """What a pool, or seats inside it, would serve of a demand (S44, S45)."""
    demand = _demand(args)
    if args["mode"] == "POOLED":
        found = concentration.pooled(demand, args["credits"])
    else:
        found = concentration.per_seat(demand, args["credits"], args["per_seat_allowance"])
    return {"served": found.served, "refused": found.refused, "left": found.left}


def spread(args: Args) -> dict[str, str]:
    """The share of the heaviest users, and of the credits that are used at all (S5)."""
    demand = _demand(args)
    used = concentration.share_pct(concentration.total(demand), args["credits"])
    return {
        "top_share_pct": concentration.pct_text(concentration.top_share_pct(demand, args["top"])),
        "utilisation_pct": concentration.pct_text(used),
    }


def _demand(args: Args) -> list[concentration.Group]:
    return [concentration.Group(**group) for group in args["demand"]]


def rateable(args: Args) -> dict[str, Any]:
    """Revenue of an entitlement through a day: its days that have passed, and their share (V7)."""
    currency = args["currency"]
    start, end, through = (date.fromisoformat(args[name]) for name in ("start", "end", "through"))
    days = calendar.days_passed(start, end, through)
    minor = money.minor_units(args["value"], currency)
    cumulative = money.released(minor, (end - start).days, days)
    return {"days": days, "cumulative": money.text(cumulative, currency)}


def proportional(args: Args) -> dict[str, str]:
    """What is earned of a cost in proportion to use, and how much of it is new (V10)."""
    decimals = args["exponent"]
    cost, known = (_minor(args[name], decimals) for name in ("cost", "recognised"))
    earned = breakage.cumulative(cost, args["redeemed"], args["expected"])
    return {"cumulative": _amount(earned, decimals), "revenue": _amount(earned - known, decimals)}


def fit_test(args: Args) -> str:
    """Whether credits fit a product (S10)."""
    return fit.test(args["conditions"])


def failure_mode(args: Args) -> dict[str, str]:
    """What shows a way to fail, and what to do about it (S75 to S77)."""
    return dict(vars(fit.failure_mode(args["code"])))


def _minor(amount: str, decimals: int) -> int:
    return int(money.decimal(amount) * 10**decimals)


def _amount(minor: int, decimals: int) -> str:
    return money.fixed_text(Fraction(minor, 10**decimals), decimals)


def late_payment(args: Args) -> dict[str, Any]:
    """Interest on a debt paid late, and the fixed sum for its recovery (I15)."""
    currency = args["currency"]
    found = late_interest.of(
        money.minor_units(args["amount"], currency),
        due=date.fromisoformat(args["due"]),
        paid=date.fromisoformat(args["paid"]),
        reference_pct=money.decimal(args["reference_pct"]),
        margin_pct=money.decimal(args["margin_pct"]),
        fixed_minor=money.minor_units(args["fixed_sum"], currency),
    )
    return {
        "days": found.days,
        "interest": money.text(found.interest_minor, currency),
        "total": money.text(found.total_minor, currency),
    }


CALCULATIONS: dict[str, Callable[[Args], Any]] = {
    "add_months": add_months,
    "month_period": month_period,
    "local_period": local_period,
    "expires_at": expires_at,
    "round": rounded,
    "allocate": allocate,
    "release": release,
    "credits_for": credits_for,
    "pct_change": pct_change,
    "commission_base": commission_base,
    "straight_line": straight_line,
    "seat_outcome": seat_outcome,
    "concentration": spread,
    "rateable": rateable,
    "proportional": proportional,
    "late_interest": late_payment,
    "fit_test": fit_test,
    "failure_mode": failure_mode,
}


def calculate(name: str, args: Args) -> Any:
    """The result of a pure function. Raises its Refusal, or `unsupported`."""
    function = CALCULATIONS.get(name)
    if function is None:
        raise Refusal("unsupported", f"This version does not compute {name!r} yet.")
    return function(args)
