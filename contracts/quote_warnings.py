"""Answers what is worth a second look in a quote: its terms (S33, S47), what signing would refuse (F2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from accounts.models import Customer
from contracts import agreements, consumer_credits, quote_terms, quote_words
from contracts.consumer_credits import Life
from contracts.models import Contract
from contracts.quote_terms import QuoteTerms
from creditops.lib import calendar


def of(
    terms: QuoteTerms, customer: Customer, *, at: datetime, renews: Contract | None = None
) -> list[str]:
    """Sentences for whoever makes the quote.

    Args:
        at: the terms are judged as if they were signed then.
        renews: the contract that the quote renews.
    """
    contract = "" if renews is None else renews.code
    refused = consumer_credits.warning(
        customer, list(_lives(terms, at)), contract=contract, at=at
    )  # fmt: skip
    overlaps = _overlaps(terms, customer) if renews is None and terms.is_default else ""
    return [*quote_words.warnings(terms), *filter(None, (overlaps, refused))]


def _overlaps(terms: QuoteTerms, customer: Customer) -> str:
    """The default contract that is in the way of this one; the customer should not be the first to know."""
    start, end = (
        calendar.local_midnight(terms.begins(number), terms.time_zone) for number in (0, 1)
    )
    return agreements.default_overlaps(customer, start, end)


def _lives(terms: QuoteTerms, at: datetime) -> Iterator[Life]:
    """How long the credits of every year live that are paid for, and those of a renewal by itself."""
    today = calendar.local_date(at, terms.time_zone)
    for number, year in enumerate(terms.years):
        begins, until = terms.begins(number), terms.begins(number + 1)
        what = "these" if len(terms.years) == 1 else f"those of year {number + 1}"
        if year.price_minor or terms.follows_usage:
            yield Life(max(begins, today), until, calendar.day_before(until), what)
    if terms.auto_renew and terms.price_minor:
        begins = terms.begins(len(terms.years))
        yield consumer_credits.later_life(
            begins, quote_terms.YEAR_MONTHS, "those of a renewal by itself"
        )
