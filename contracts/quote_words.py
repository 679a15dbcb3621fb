"""Answers how the terms of a quote read, and how two versions differ in words, credits and money (S32)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts import quote_figures
from contracts.models import CommissionPlan, RateCard
from contracts.quote_terms import QuoteTerms
from creditops.lib import money, printed

# The effect of a rollover policy, as the guide names it (S32), and what to think of it (S33).
ROLLOVER_EFFECTS = {
    "FULL": "a shorter sales cycle: buyers don't fear to lose what they don't use",
    "PARTIAL": "minimal upside: it frees little, and has to be explained",
    "NONE": "a longer sales cycle: buyers commit to less, and negotiate it each year",
}
LICENCE = (
    "No rollover: credits that end with the term are functionally identical to a licence, and "
    "customers negotiate them as one."
)
_ROLLOVER = {
    "FULL": "all that is left rolls over, once",
    "PARTIAL": "{pct} % of what is left rolls over, once",
    "NONE": "what is left ends with the term",
}
_ENFORCEMENT = {
    "SOFT": "overage up to the cap",
    "HARD": "use is refused",
    "OBSERVE": "use is only recorded",
}
_INSTALLMENTS = {1: "at once", 2: "in halves", 4: "in quarters", 12: "monthly"}


@dataclass(frozen=True)
class Term:
    """One term in words: what it is called, what it says."""

    label: str
    said: str


@dataclass(frozen=True)
class Change:
    """A term that two versions have otherwise, and what it alone changes.

    `credits`, `money_minor` and `margin_minor` are later less earlier; None: it moves none.
    """

    label: str
    before: str
    after: str
    credits: int | None
    money_minor: int | None
    margin_minor: int | None


@dataclass(frozen=True)
class _Field:
    label: str
    names: tuple[str, ...]
    say: Callable[[QuoteTerms], str]


def _name(kind: type[RateCard | CommissionPlan], code: str) -> str:
    """What people call it; a code that is gone stands for itself."""
    if not code:
        return "none"
    found: str | None = kind.objects.filter(code=code).values_list("name", flat=True).first()
    return found or code


def _days(value: date | None) -> str:
    return "no" if value is None else f"until {printed.day(value)}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _years(terms: QuoteTerms) -> str:
    return "; ".join(
        f"{printed.credits(year.credits)} credits for {money.for_people(year.price_minor, terms.currency)}"
        for year in terms.years
    )


def _seats(terms: QuoteTerms) -> str:
    if terms.seat_allowance is None:
        return "one pool for everybody"
    return f"{printed.credits(terms.seat_allowance)} credits per user and month"


def _commitment(terms: QuoteTerms) -> str:
    said = _years(terms)
    return f"{said}, stated again by use" if terms.follows_usage else said


_FIELDS = (
    _Field("Commitment", ("years", "follows_usage"), _commitment),
    _Field("Bonus credits", ("bonus_credits",), lambda t: printed.credits(t.bonus_credits)),
    _Field("Begins", ("starts_on",), lambda t: printed.day(t.starts_on)),
    _Field("First term", ("term_months",), lambda t: f"{t.term_months} months"),
    _Field("Paid", ("installments",), lambda t: _INSTALLMENTS[t.installments]),
    _Field("Invoices are due", ("payment_terms_days",),
           lambda t: f"{t.payment_terms_days} days after they are issued"),
    _Field("At renewal", ("rollover", "rollover_pct"),
           lambda t: _ROLLOVER[t.rollover].format(pct=t.rollover_pct)),
    _Field("When credits run out", ("enforcement",), lambda t: _ENFORCEMENT[t.enforcement]),
    _Field("Overage", ("overage_pct",), lambda t: f"up to {t.overage_pct} % of the commitment"),
    _Field("Seats or pool", ("seat_allowance",), _seats),
    _Field("Rate card", ("rate_card",), lambda t: _name(RateCard, t.rate_card)),
    _Field("Rates locked", ("rate_lock_on",), lambda t: _days(t.rate_lock_on)),
    _Field("Top-up price locked", ("price_lock_on",), lambda t: _days(t.price_lock_on)),
    _Field("Renews by itself", ("auto_renew",), lambda t: _yes(t.auto_renew)),
    _Field("Can be cancelled", ("cancellable",), lambda t: _yes(t.cancellable)),
    _Field("Default contract", ("is_default",), lambda t: _yes(t.is_default)),
    _Field("Commission plan", ("commission_plan",), lambda t: _name(CommissionPlan, t.commission_plan)),
    _Field("Currency", ("currency",), lambda t: t.currency),
    _Field("Time zone", ("time_zone",), lambda t: t.time_zone),
    _Field("Message", ("message",), lambda t: t.message or "none"),
    _Field("For", ("recipient_name", "recipient_email"),
           lambda t: " ".join(filter(None, (t.recipient_name, t.recipient_email))) or "nobody named"),
)  # fmt: skip

# What is the vendor's own business, not printed for customers.
_OUR_OWN = {"Default contract", "Commission plan", "Message", "For", "Currency", "Time zone"}
# What stands above the terms, as a table.
_SHOWN_ALREADY = {"Commitment", "Bonus credits"}


def of(terms: QuoteTerms) -> list[Term]:
    """Every term in words, as staff reads them."""
    return [Term(field.label, field.say(terms)) for field in _FIELDS]


def for_customers(terms: QuoteTerms) -> list[Term]:
    """What the customer reads: without what is the vendor's own business, and what says nothing."""
    return [
        term
        for field, term in zip(_FIELDS, of(terms), strict=True)
        if field.label not in _OUR_OWN | _SHOWN_ALREADY and not _says_nothing(field, terms)
    ]


def changes(before: QuoteTerms, after: QuoteTerms, at: datetime) -> list[Change]:
    """The terms that differ, each with what it alone would change of the earlier version."""
    first = quote_figures.of(before, at)
    found = []
    for field in _FIELDS:
        theirs = {name: getattr(after, name) for name in field.names}
        if theirs == {name: getattr(before, name) for name in field.names}:
            continue
        then = quote_figures.of(dataclasses.replace(before, **theirs), at)
        same_money = first.currency == then.currency
        found.append(
            Change(
                field.label,
                field.say(before),
                field.say(after),
                _moved(first.credits, then.credits) or _moved(first.overage_cap, then.overage_cap),
                _moved(first.price_minor, then.price_minor) if same_money else None,
                _moved(first.margin_minor, then.margin_minor) if same_money else None,
            )
        )
    return found


def warnings(terms: QuoteTerms) -> list[str]:
    """What is worth a second look (S33, S47)."""
    found = [LICENCE] if terms.rollover == "NONE" else []
    if not terms.rate_card:
        found.append("No rate card: only usage that is reported in credits can be drawn.")
    return found


def _says_nothing(field: _Field, terms: QuoteTerms) -> bool:
    if field.label == "Overage":
        return terms.enforcement != "SOFT"
    return field.label in ("Rates locked", "Rate card") and not terms.rate_card


def _moved(before: Any, after: Any) -> int | None:
    if before is None or after is None or before == after:
        return None
    return int(after - before)
