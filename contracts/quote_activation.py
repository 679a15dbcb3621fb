"""Does contracts out of accepted quotes: all that was agreed in one transaction, once per quote."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from contracts import (
    agreements,
    commission_plans,
    quote_checks,
    quote_terms,
    quotes,
    rate_cards,
    term_ends,
)
from contracts.agreements import LaterTerm, Terms
from contracts.commission_figures import Share
from contracts.models import (
    CommissionPlanVersion,
    Contract,
    Quote,
    QuoteAnswer,
    QuoteVersion,
)
from contracts.quote_terms import QuoteTerms
from creditops.lib import calendar, due
from creditops.lib.refusals import Refusal


def try_to_activate(quote: Quote, *, at: datetime) -> Contract | None:
    """Make the contract of a quote that was just accepted; where that is refused, the quote says why."""
    try:
        return activate(quote, at=at)
    except Refusal as refusal:
        Quote.objects.filter(pk=quote.pk).update(waits_because=refusal.detail)
        return None


def activate(quote: Quote, *, at: datetime) -> Contract:
    """Make what was accepted: a new contract with everything agreed, or the next term of the one that
    it renews. All of it, or nothing.

    Returns the contract. Raises Refusal `quote_not_accepted`, `quote_activated`, `renewal_too_late`, or
    what signing a contract is refused with.
    """
    due.catch_up([quote.customer.code], at)
    with transaction.atomic():
        version = quotes.locked(quote)
        _check(version)
        terms = quote_terms.read(version.terms)
        answer = QuoteAnswer.objects.get(version=version)
        by = f"{answer.name} ({version.name})"[:200]
        if version.quote.renews is None:
            made = agreements.sign(version.quote.customer, signed(version, terms), by=by, at=at)
        else:
            made = _renew(version, terms, by=by, at=at)
        if version.quote.waits_because:
            Quote.objects.filter(pk=quote.pk).update(waits_because="")
    return made


def made_of(quote: Quote) -> Contract | None:
    """The contract that was made or renewed by it; no query where both are fetched with it."""
    if hasattr(quote, "contract"):
        made: Contract = quote.contract
        return made
    return quote.renews if hasattr(quote, "agreed_term") else None


def signed(version: QuoteVersion, terms: QuoteTerms) -> Terms:
    """The terms of the contract that a version makes."""
    zone, first = terms.time_zone, terms.years[0]
    plan = commission_plans.find(terms.commission_plan) if terms.commission_plan else None
    return Terms(
        code=f"C-{version.quote.pk:06d}",
        name=terms.contract_name,
        starts_on=terms.starts_on,
        term_months=terms.term_months,
        credits=first.credits,
        price_minor=first.price_minor,
        list_price_minor=first.list_minor,
        currency=terms.currency,
        time_zone=zone,
        later_terms=_later(terms),
        installments=terms.installments,
        cancellable=terms.cancellable,
        auto_renew=terms.auto_renew,
        is_default=terms.is_default,
        bonus_credits=terms.bonus_credits,
        rate_card=rate_cards.find(terms.rate_card) if terms.rate_card else None,
        rate_lock_until=_midnight(terms.rate_lock_on, zone),
        price_lock_until=_midnight(terms.price_lock_on, zone),
        settings=quote_checks.settings(terms),
        commission_plan=plan,
        commission_split=_whose(version, plan),
        quote=version.quote,
    )


def _whose(version: QuoteVersion, plan: CommissionPlanVersion | None) -> list[Share]:
    """Who gets the commission: as the plan splits it, else whoever made the quote."""
    if plan is None or plan.split.exists():
        return []
    return [Share(version.quote.made_by, Decimal(100))]


def _check(version: QuoteVersion) -> None:
    if version.status != QuoteVersion.Status.ACCEPTED:
        raise Refusal(
            "quote_not_accepted",
            f"{version} is {version.get_status_display()}. The customer has to accept it first.",
        )
    made = made_of(version.quote)
    if made is not None:
        raise Refusal("quote_activated", f"{version.quote} became {made.code} already.")


def _renew(version: QuoteVersion, terms: QuoteTerms, *, by: str, at: datetime) -> Contract:
    """Agree the next term of the contract, and sign it."""
    contract, number = version.quote.renews, version.quote.renews_term
    assert contract is not None
    assert number is not None  # a rule of the table
    first = LaterTerm(
        credits=None if terms.follows_usage else terms.years[0].credits,
        price_minor=None if terms.follows_usage else terms.years[0].price_minor,
        months=terms.term_months,
        bonus_credits=terms.bonus_credits,
        installments=terms.installments,
    )
    if terms.commission_plan:
        plan = commission_plans.find(terms.commission_plan)
        if commission_plans.in_force(contract, at) != plan:
            commission_plans.agree(contract, plan, split=_whose(version, plan), by=by, at=at)
    return term_ends.sign_agreed_renewal(
        contract,
        after=number,
        terms=[first, *_later(terms)],
        settings=quote_checks.settings(terms),
        quote=version.quote,
        by=by,
        at=at,
    )


def _later(terms: QuoteTerms) -> list[LaterTerm]:
    return [
        LaterTerm(
            credits=year.credits,
            price_minor=year.price_minor,
            months=quote_terms.YEAR_MONTHS,
            installments=terms.installments,
        )
        for year in terms.years[1:]
    ]


def _midnight(day: date | None, zone: str) -> datetime | None:
    return None if day is None else calendar.local_midnight(day, zone)
