"""When credits run out, in words."""

from __future__ import annotations

import dataclasses
from datetime import date
from fractions import Fraction

from creditops.portal import outlook
from ledger.forecast import Forecast

LASTS = Forecast(
    burn_per_day=Fraction(10),
    days_of_history=30,
    sure=True,
    balance=1_000,
    days=10,
    projected=100,
    shortfall_credits=0,
    shortfall_minor=0,
    currency="USD",
    run_out=date(2026, 6, 9),
    term_end=date(2026, 3, 11),
)


def test_credits_that_outlast_the_term_don_t_run_out_in_it():
    found = outlook.of(LASTS, in_money=True)

    assert (found.headline, found.run_out) == ("Not this term", None)
    assert found.sentence == "At this rate, your credits last to the end of the term."
    assert found.basis == "10.0 credits a day over the last 30 days"


def test_credits_used_up_are_told_as_that():
    empty = dataclasses.replace(
        LASTS, balance=0, run_out=date(2026, 3, 1), shortfall_credits=100, shortfall_minor=100
    )

    found = outlook.of(empty, in_money=True)

    assert found.headline == "Used up"
    assert found.sentence == "At this rate, you'll need an additional $1 before your renewal."


def test_without_use_nothing_runs_out():
    idle = dataclasses.replace(LASTS, burn_per_day=Fraction(0), run_out=None)

    assert outlook.of(idle, in_money=True).headline == "Not in sight"


def test_a_short_history_says_that_it_is_not_sure():
    young = dataclasses.replace(LASTS, days_of_history=1, sure=False)

    assert outlook.of(young, in_money=True).basis == (
        "10.0 credits a day over the last 1 day: too short a time to be sure"
    )
