"""Answers what is worth a second look in a quote: its terms (S33, S47), what signing would refuse (F2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from accounts.models import Customer
from contracts import consumer_credits, quote_terms, quote_words
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
    return [*quote_words.warnings(terms), *([refused] if refused else [])]


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
