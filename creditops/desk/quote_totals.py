"""Answers what a quote under way comes to: beside the builder, as it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Customer
from contracts import (
    commission_figures,
    commission_plans,
    prices,
    quote_checks,
    quote_figures,
    quote_guards,
    quote_warnings,
    quote_words,
)
from contracts.models import Contract
from contracts.quote_figures import ActionPrice
from contracts.quote_terms import QuoteTerms
from creditops.desk import quote_form
from creditops.lib import calendar, money, printed
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal.amounts import price
from ledger import books


@dataclass(frozen=True)
class Totals:
    """What the page shows beside the form.

    Attributes:
        facts: figures, label and text.
        problem: why it can't be kept as it is; empty if it can.
        needs: why another person has to agree before it is sent.
        notes: what is worth a second look.
        actions: what the card's actions cost in money.
        proposal: the credits that the forecast takes, to be taken over; None without a forecast.
        proposed: the same in words, with the tier.
        effect: what the rollover policy does to selling, as the guide names it (S32).
    """

    facts: Sequence[tuple[str, str]] = ()
    problem: str = ""
    needs: Sequence[str] = ()
    notes: Sequence[str] = ()
    actions: Sequence[tuple[ActionPrice, str]] = field(default_factory=tuple)
    proposal: int | None = None
    proposed: str = ""
    effect: str = ""


def of(
    customer: Customer,
    values: Mapping[str, Any],
    *,
    by: str,
    at: datetime,
    renews: Contract | None = None,
) -> Totals:
    """What the typed values come to, as far as they can be read."""
    proposal, proposed = None, ""
    if not any(values.get(name) for name in ("credits", "tier", "amount", "forecast")):
        return Totals()
    try:
        proposal = _need(values, at)
        proposed = _proposed(proposal, values, at)
        terms = quote_form.terms(values, at)
        quote_checks.check(terms, open_until=values["open_until"], at=at, renews=renews)
    except Refusal as refusal:
        return Totals(problem=refusal.detail, proposal=proposal, proposed=proposed)
    except KeyError:
        return Totals(
            proposal=proposal, proposed=proposed
        )  # a field that is not well typed says so
    paid = quote_guards.paid_today(renews, at)
    return Totals(
        facts=facts(terms, at),
        needs=quote_guards.reasons(terms, by=by, at=at, paid_today=paid),
        notes=[
            *quote_warnings.of(terms, customer, at=at, renews=renews),
            *_beside(customer, terms, renews),
        ],
        effect=quote_words.ROLLOVER_EFFECTS[terms.rollover],
        actions=[
            (action, _action_price(action, terms.currency))
            for action in quote_figures.actions(terms, at)
        ],
        proposal=proposal,
        proposed=proposed,
    )


def facts(terms: QuoteTerms, at: datetime) -> list[tuple[str, str]]:
    """The figures of terms, label and text."""
    found = quote_figures.of(terms, at)
    currency = terms.currency
    lines = [
        ("Credits", f"{found.credits:,}"),
        ("Price, before tax", amount(found.price_minor, currency)),
    ]
    if found.list_minor is not None and found.discount_pct is not None:
        lines.append(("At list", amount(found.list_minor, currency)))
        lines.append(("Discount", f"{money.fixed_text(found.discount_pct, 2)} %"))
    lines.append(("A credit costs", price(found.unit_price, currency)))
    if found.margin_minor is not None and found.margin_pct is not None:
        share = money.fixed_text(found.margin_pct, 1)
        lines.append(("Margin, all used", f"{amount(found.margin_minor, currency)}, {share} %"))
    lines += _commission(terms, at)
    if found.overage_cap:
        lines.append(("Overage cap", f"{found.overage_cap:,} credits"))
    for number, year in enumerate(terms.years if len(terms.years) > 1 else ()):
        last = calendar.day_before(calendar.add_months(terms.begins(number), terms.months(number)))
        price_of_it = amount(year.price_minor, currency)
        said = f"{year.credits:,} credits, {price_of_it}, to {printed.day(last)}"
        lines.append((f"Year {number + 1}", said))
    if terms.installments > 1:
        parts = money.allocate(terms.years[0].price_minor, [1] * terms.installments)
        lines.append(
            ("Invoices a term", f"{terms.installments}, first {amount(parts[0], currency)}")
        )
    return lines


def _commission(terms: QuoteTerms, at: datetime) -> list[tuple[str, str]]:
    """What the first term would pay, at close and if all of it is used."""
    if not terms.commission_plan:
        return []
    try:
        rules = commission_plans.rules(commission_plans.find(terms.commission_plan))
    except NotFound:
        return []
    found = commission_figures.estimate(
        terms.years[0].price_minor, rules, books.current(at).rounding
    )
    of_which = ", year 1" if len(terms.years) > 1 else ""
    return [
        (f"Commission at close{of_which}", amount(found.upfront_minor, terms.currency)),
        (f"Commission, all used{of_which}", amount(found.full_use_minor, terms.currency)),
    ]


def _need(values: Mapping[str, Any], at: datetime) -> int | None:
    wanted = quote_form.forecast(values)
    if not wanted:
        return None
    months = values.get("term_months") or 12
    return quote_figures.needed(wanted, values.get("rate_card") or "", months, at)


def _proposed(need: int | None, values: Mapping[str, Any], at: datetime) -> str:
    if need is None:
        return ""
    if not need:
        return "None of these actions stands on the rate card."
    said = f"These actions take {need:,} credits in {values.get('term_months') or 12} months."
    unknown = quote_figures.missing(quote_form.forecast(values), values.get("rate_card") or "", at)
    if unknown:
        said += f" Not on the rate card, so not counted: {', '.join(unknown)}."
    ratio = prices.in_force(values.get("currency") or "", at)
    tier = None if ratio is None else prices.covering_tier(ratio, need)
    if ratio is None or tier is None:
        return said
    size = prices.tier_credits(ratio, tier)
    name = money.for_people(tier.amount_minor, ratio.currency, short=True)
    return f"{said} The {name} tier covers it: {size:,} credits."


def _beside(customer: Customer, terms: QuoteTerms, renews: Contract | None) -> list[str]:
    """What else the customer has running then."""
    running = Contract.objects.filter(customer=customer).exclude(status=Contract.Status.ENDED)
    others = [contract.code for contract in running if renews is None or contract.pk != renews.pk]
    if not others or renews is not None or terms.is_default:
        return []
    return [
        f"{customer.name} has {', '.join(others)} already: usage that names no contract goes to the one "
        "that is the default."
    ]


def _action_price(action: ActionPrice, currency: str) -> str:
    per = "" if action.per == 1 else f" per {action.per:,}"
    return f"{price(action.price, currency)}{per}"
