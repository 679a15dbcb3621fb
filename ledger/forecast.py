"""Answers when credits run out, and what will be missing (A4, S62).

The burn is the consumption of the trailing thirty days of 24 hours over thirty; with a shorter
history it is that many days, and the confidence is low.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor

from creditops.lib import calendar, money
from ledger import balances, books, totals, usage_reports
from ledger.models import Pool, Term

TRAILING_DAYS = 30
# With fewer days of history than this the forecast says that it is not sure.
_SURE_DAYS = 14


@dataclass(frozen=True)
class Forecast:
    """A forecast made at an instant. Credits whole, money in minor units of the contract's currency.

    `run_out` is the local day, even beyond the term; None: nothing is being used. `days` are local days
    to the term's end, None without a term.
    """

    burn_per_day: Fraction
    days_of_history: int
    sure: bool
    balance: int
    days: int | None
    projected: int | None
    shortfall_credits: int
    shortfall_minor: int | None
    currency: str | None
    run_out: date | None
    term_end: date | None

    @property
    def sentence(self) -> str:
        """The forecast as a CFO would want to read it."""
        if not self.burn_per_day:
            return "Nothing was used lately, so your credits do not run out"
        if self.shortfall_credits and self.shortfall_minor is not None and self.currency:
            needed = money.for_people(self.shortfall_minor, self.currency, short=True)
            return f"At this rate, you'll need an additional {needed} before your renewal"
        if self.shortfall_credits:
            return f"At this rate, you'll need {self.shortfall_credits:,} more credits this term"
        if self.term_end is not None:
            return "At this rate, your credits last to the end of the term"
        return f"At this rate, your credits last until {self.run_out:%-d %B %Y}"


def of_pool(pool: Pool, *, at: datetime) -> Forecast:
    """The forecast of a pool at `at`."""
    zone = pool.holder.time_zone
    today = calendar.local_date(at, zone)
    history = min(TRAILING_DAYS, max(1, (at - pool.opened_at).days))
    used = sum(
        row.credits
        for row in usage_reports.series(
            pool.customer_id,
            first=at - timedelta(days=history),
            last=at + calendar.TICK,
            zone=zone,
            holder_id=pool.holder_id,
            unit_id=pool.unit_id,
        )
    )
    burn = Fraction(used, history)
    balance = totals.of_pool(pool, at).available
    run_out = today + timedelta(days=min(floor(balance / burn), 36_500)) if burn else None
    term = _running_term(pool, at)
    days = projected = shortfall_minor = term_end = None
    missing, currency = 0, None
    if term is not None:
        term_end = calendar.local_date(term.ends_at, zone)
        days = (term_end - today).days
        projected = ceil(burn * days)
        missing = max(0, ceil(burn * days - balance))
        committed = balances.commitment_of(pool, term)
        if committed is not None:
            currency = committed.currency
            shortfall_minor = money.released(
                committed.price_minor, committed.commitment, missing, books.current(at).rounding
            )
    return Forecast(
        burn, history, history >= _SURE_DAYS, balance, days, projected, missing, shortfall_minor,
        currency, run_out, term_end,
    )  # fmt: skip


def _running_term(pool: Pool, at: datetime) -> Term | None:
    running = balances.running_terms(pool.customer_id, [pool.holder_id], at)
    found = running.get(pool.holder_id)
    return None if found is None else Term.objects.get(customer_id=pool.customer_id, id=found)
