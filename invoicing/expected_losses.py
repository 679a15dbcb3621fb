"""Does the allowance for credit losses: what is expected to be lost of what is owed, at a month's end (V20).

From day one, by age (ASC 326): the setting `expected_loss` says which share of each band is expected to be
lost. The allowance (1190) is brought to that with one entry per month; a write-off uses what it books
itself, so the next month's end brings the allowance back to what is expected of the rest (JE-25).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from creditops.lib import calendar, locks, money, policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing import ageing
from invoicing.models import LossEstimate
from ledger import books, chart
from ledger.journal import Posting, post
from ledger.models import JournalLine
from ledger.periods import Months

SETTING = "expected_loss"


@dataclass(frozen=True)
class Estimate:
    """What is expected to be lost at a month's end, and the allowance that stands, in minor units."""

    month: date
    currency: str
    owed_by_band: dict[int, int]
    rates: dict[int, Fraction]
    expected_minor: int
    before_minor: int


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SETTING,
            None,
            _read,
            "controller",
            "Which share of what customers owe is expected to be lost, in percent by days since the due "
            "date. None: no allowance is kept.",
            books_only=True,
        )
    )


def estimate(month: date, *, at: datetime) -> Estimate:
    """What is expected to be lost at the end of a month, by the setting in force.

    Raises Refusal `expected_loss_off`.
    """
    current = books.current(at)
    rates = policies.in_force([policies.BOOKS], at)[SETTING]
    if rates is None:
        raise Refusal("expected_loss_off", "The setting of expected losses is empty.")
    last = calendar.add_months(month, 1) - timedelta(days=1)
    owed = ageing.sums(ageing.of(last, zone=current.time_zone), current.currency)
    shares = {band: money.decimal(rates[str(band)]) / 100 for band in ageing.BANDS}
    expected = money.round_half_up(sum((owed[band] * shares[band] for band in owed), Fraction(0)))
    return Estimate(month, current.currency, owed, shares, expected, _allowance(last))


def book(month: date, *, by: str, at: datetime) -> LossEstimate:
    """Bring the allowance to what is expected at the end of a month that is over, once per month.

    Raises Refusal `month_not_over`, `expected_loss_booked`, or as `estimate`.
    """
    last = calendar.add_months(month, 1) - timedelta(days=1)
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        if today <= last:
            raise Refusal("month_not_over", f"{month:%Y-%m} is not over yet.")
        months = Months([last, today], received_on=today)
        locks.hold("expected-loss")
        if LossEstimate.objects.filter(month=month).exists():
            raise Refusal("expected_loss_booked", f"{month:%Y-%m} has its allowance already.")
        found = estimate(month, at=at)
        made: LossEstimate = LossEstimate.objects.create(
            month=month,
            expected_minor=found.expected_minor,
            before_minor=found.before_minor,
            content={
                "currency": found.currency,
                "bands": [
                    {
                        "from": band,
                        "owed_minor": found.owed_by_band[band],
                        "pct": money.decimal_text(found.rates[band] * 100),
                    }
                    for band in found.owed_by_band
                ],
            },
            made_at=at,
            made_by=by,
        )
        change = found.expected_minor - found.before_minor
        post(
            Posting(
                on=months.posting_date(last),
                recipe="JE-25",
                memo=f"Expected credit losses at the end of {month:%Y-%m}",
                source=f"expected-loss:{month:%Y-%m}",
            ),
            debit={chart.CREDIT_LOSS: change},
            credit={chart.ALLOWANCE: change},
            currency=found.currency,
            at=at,
        )
    return made


def _allowance(day: date) -> int:
    """What stands on 1190 at the end of a day, as a credit, in minor units."""
    rows = JournalLine.objects.filter(
        account__code=chart.ALLOWANCE, entry__posting_date__lte=day
    ).order_by()
    return int(rows.aggregate(sum=Sum(F("credit_minor") - F("debit_minor")))["sum"] or 0)


def _read(value: Any) -> Any:
    """Nothing, or a percentage for each band: `{"0": "0.5", "1": "2", "31": "10", ...}`."""
    if value is None:
        return None
    bands = [str(band) for band in ageing.BANDS]
    if not isinstance(value, dict) or set(value) != set(bands):
        raise ValueError(f"write a percentage for each band: {', '.join(bands)}; or null.")
    read = policy_values.percentage()
    return {band: read(value[band]) for band in bands}
