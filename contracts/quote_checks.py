"""Answers whether terms can be offered: what no customer should read is refused before it is kept."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime

from accounts import customers
from contracts import activation, commission_plans, rate_cards
from contracts.models import Contract
from contracts.quote_terms import QuoteTerms
from creditops.lib import calendar, money, policies
from creditops.lib.refusals import Refusal

YEARS_MAX = 10
INSTALLMENTS = (1, 2, 4, 12)


def check(
    terms: QuoteTerms, *, open_until: date, at: datetime, renews: Contract | None = None
) -> None:
    """Refuse what can't be meant.

    Raises Refusal `commitment_not_positive`, `price_negative`, `ramp_unfit`, `installments_unfit`,
    `quote_over`, `term_over`, `lock_over`, `time_zone_unknown`, `policy_invalid`, or NotFound for a
    rate card or a commission plan that is not there.
    """
    money.exponent(terms.currency)
    customers.check_zone(terms.time_zone)
    _check_years(terms, renews)
    _check_installments(terms, at)
    _check_days(terms, open_until, at)
    if terms.rate_card:
        rate_cards.find(terms.rate_card)
    if terms.commission_plan:
        commission_plans.find(terms.commission_plan)
    policies.checked("contract:quoted", settings(terms), effective_at=at, at=at)


def settings(terms: QuoteTerms) -> dict[str, object]:
    """The settings of the contract that it would make."""
    found: dict[str, object] = {
        "rollover": terms.rollover,
        "rollover_pct": terms.rollover_pct,
        "overage_pct": terms.overage_pct,
        "enforcement": terms.enforcement,
        "invoice_terms_days": terms.payment_terms_days,
    }
    if terms.seat_allowance is not None:
        found["seat_allowance"] = terms.seat_allowance
    return found


def moved(terms: QuoteTerms, *, to: date) -> QuoteTerms:
    """The same terms, beginning on another day; locks that would be over by then fall away."""

    def kept(until: date | None) -> date | None:
        return until if until is not None and until > to else None

    return dataclasses.replace(
        terms,
        starts_on=to,
        rate_lock_on=kept(terms.rate_lock_on),
        price_lock_on=kept(terms.price_lock_on),
    )


def _check_years(terms: QuoteTerms, renews: Contract | None) -> None:
    if not 1 <= len(terms.years) <= YEARS_MAX:
        raise Refusal("ramp_unfit", f"A quote has 1 to {YEARS_MAX} years.")
    if any(year.credits <= 0 for year in terms.years):
        raise Refusal(
            "commitment_not_positive", "Every year of a quote commits to at least one credit."
        )
    if any(year.price_minor < 0 for year in terms.years):
        raise Refusal("price_negative", "The price of a commitment can't be below zero.")
    if terms.bonus_credits < 0:
        raise Refusal("commitment_not_positive", "Bonus credits can't be below zero.")
    if len(terms.years) > 1 and terms.cancellable:
        raise Refusal(
            "ramp_unfit",
            "A contract that can be cancelled has one year at a time. Leave out the later years.",
        )
    if renews is not None and terms.follows_usage and len(terms.years) > 1:
        raise Refusal(
            "ramp_unfit",
            "A renewal that follows the use has one year: nobody knows the use of the years after. "
            "Fix the figures, or leave the later years out.",
        )


def _check_installments(terms: QuoteTerms, at: datetime) -> None:
    if terms.installments > 1:
        activation.check_installments_currency(terms.currency, at)
    if terms.installments not in INSTALLMENTS:
        raise Refusal("installments_unfit", "A year is paid at once or in 2, 4 or 12 installments.")
    if terms.installments > 1 and terms.cancellable:
        raise Refusal(
            "installments_unfit",
            "A contract that can be cancelled gets its credits when it is paid, so it is paid at once.",
        )
    if terms.installments > 1 and terms.term_months % terms.installments:
        raise Refusal(
            "installments_unfit",
            f"{terms.term_months} months don't part into {terms.installments} equal installments.",
        )


def _check_days(terms: QuoteTerms, open_until: date, at: datetime) -> None:
    today = calendar.local_date(at, terms.time_zone)
    if open_until < today:
        raise Refusal("quote_over", f"A quote can't be open until {open_until}: that is past.")
    if terms.begins(1) <= today:
        raise Refusal(
            "term_over",
            f"The term from {terms.starts_on} would be over already. Choose a later start.",
        )
    for what, until in (("rates", terms.rate_lock_on), ("price", terms.price_lock_on)):
        if until is not None and until <= terms.starts_on:
            raise Refusal(
                "lock_over",
                f"The {what} would be locked until {until}, before the contract begins. Choose a "
                "later end, or no lock.",
            )
