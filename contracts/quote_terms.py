"""Answers what a quote says: its terms as a value, as JSON and as a hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditops.lib import calendar

YEAR_MONTHS = 12


@dataclass(frozen=True)
class Year:
    """A term that is committed to: its credits, its price and what they cost at list (None: no list).

    Of a quote the first has the months that were agreed, each later one twelve.
    """

    credits: int
    price_minor: int
    list_minor: int | None = None


@dataclass(frozen=True)
class QuoteTerms:
    """What a quote offers. Amounts are net, in minor units of `currency`.

    Attributes:
        starts_on: local date in `time_zone`; of a renewal the day after the term that ends.
        years: the access schedule, one commitment per term (a ramp has several).
        term_months: of the first term.
        bonus_credits: with the first term, sharing its price (V5).
        installments: the invoice schedule: into how many equal parts each term's price is billed.
        payment_terms_days: from an invoice to its due date.
        rollover, rollover_pct, overage_pct, enforcement, seat_allowance: settings of the contract.
        rate_card: the code of the card that prices the usage; `rate_lock_on` keeps today's version until
            that day, `price_lock_on` the top-up ratio.
        follows_usage: of a renewal: the commitment is the use of the term that ends, stated again at its
            end; what stands here is by the use so far (O5).
        forecast: actions a month that the customer expects: (action, quantity) each.
        commission_plan: the code of the plan that pays for it.
        recipient_name, recipient_email: whom it is sent to.
        message: a few lines that are printed above the figures.
    """

    currency: str
    starts_on: date
    time_zone: str
    years: tuple[Year, ...]
    term_months: int = YEAR_MONTHS
    bonus_credits: int = 0
    installments: int = 1
    payment_terms_days: int = 30
    rollover: str = "FULL"
    rollover_pct: str = "100"
    overage_pct: str = "20"
    enforcement: str = "SOFT"
    seat_allowance: int | None = None
    rate_card: str = ""
    rate_lock_on: date | None = None
    price_lock_on: date | None = None
    auto_renew: bool = False
    cancellable: bool = False
    is_default: bool = False
    follows_usage: bool = False
    contract_name: str = ""
    commission_plan: str = ""
    forecast: tuple[tuple[str, int], ...] = ()
    recipient_name: str = ""
    recipient_email: str = ""
    message: str = ""

    @property
    def credits(self) -> int:
        """What is committed to, of all years."""
        return sum(year.credits for year in self.years)

    @property
    def price_minor(self) -> int:
        """What it costs, of all years."""
        return sum(year.price_minor for year in self.years)

    @property
    def list_minor(self) -> int | None:
        """What it would cost at list, of all years; None where a year has no list price."""
        known = [year.list_minor for year in self.years]
        return None if None in known else sum(amount or 0 for amount in known)

    def begins(self, number: int) -> date:
        """The local first day of year `number`, counted from 0."""
        months = self.term_months + YEAR_MONTHS * (number - 1) if number else 0
        return calendar.add_months(self.starts_on, months)

    def months(self, number: int) -> int:
        """How many months year `number` has, counted from 0."""
        return YEAR_MONTHS if number else self.term_months


def written(terms: QuoteTerms) -> dict[str, Any]:
    """The terms as JSON."""
    plain = dataclasses.asdict(terms)
    return {name: _plain(value) for name, value in plain.items()}


def read(stored: dict[str, Any]) -> QuoteTerms:
    """The terms that were stored."""
    days = {
        name: date.fromisoformat(stored[name]) if stored[name] else None
        for name in ("starts_on", "rate_lock_on", "price_lock_on")
    }
    return QuoteTerms(
        **{
            **stored,
            **days,
            "years": tuple(Year(**year) for year in stored["years"]),
            "forecast": tuple((item, quantity) for item, quantity in stored["forecast"]),
        }
    )


def digest(stored: dict[str, Any]) -> str:
    """The SHA-256 of stored terms: what was approved, sent and accepted is the same."""
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
