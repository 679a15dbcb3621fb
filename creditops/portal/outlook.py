"""Answers when credits run out, in words that fit who reads them (S62)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from creditops.lib import money
from ledger.forecast import Forecast

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Outlook:
    """A forecast as a page shows it.

    Attributes:
        headline: the answer in a few words: "3 Mar 2027", "Not this term".
        sentence: what it means; in money only for those who see money.
        basis: what it is computed from.
        run_out: the day, if it comes within the term.
    """

    headline: str
    sentence: str
    basis: str
    run_out: date | None


def of(forecast: Forecast, *, in_money: bool) -> Outlook:
    """The outlook by a forecast; `in_money`: a shortfall is told in money, else in credits."""
    if not forecast.burn_per_day:
        return Outlook("Not in sight", f"{forecast.sentence}.", _basis(forecast), None)
    run_out = forecast.run_out
    if not forecast.balance:
        return Outlook("Used up", _told(forecast, in_money), _basis(forecast), run_out)
    if run_out is None or (forecast.term_end is not None and run_out >= forecast.term_end):
        return Outlook("Not this term", f"{forecast.sentence}.", _basis(forecast), None)
    return Outlook(
        f"{run_out:%-d %b %Y}",
        _told(forecast, in_money),
        _basis(forecast),
        run_out,
    )


def _told(forecast: Forecast, in_money: bool) -> str:
    priced = in_money and forecast.shortfall_minor is not None
    if priced or forecast.term_end is None:
        return f"{forecast.sentence}."
    last_day = forecast.term_end - _ONE_DAY
    return (
        f"At this rate, {forecast.shortfall_credits:,} credits are missing "
        f"by the end of the term on {last_day:%-d %b %Y}."
    )


def _basis(forecast: Forecast) -> str:
    days = "1 day" if forecast.days_of_history == 1 else f"{forecast.days_of_history} days"
    basis = f"{money.fixed_text(forecast.burn_per_day, 1)} credits a day over the last {days}"
    return basis if forecast.sure else f"{basis}: too short a time to be sure"
