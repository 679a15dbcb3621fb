"""Answers what a contract's terms come to, before they are signed and when they are renewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from accounts.models import Customer
from contracts import commission_figures, commission_plans, prices, rate_cards, renewals, standing
from contracts.agreements import Terms
from contracts.models import CommissionPlanVersion, Contract
from creditops.lib import calendar, money, policies
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import Refusal
from creditops.portal import amounts
from invoicing import seller, tax
from ledger import books

Figures = list[tuple[str, str]]
_SETTINGS = ("overage_pct", "enforcement", "rollover", "rollover_pct")


def terms(values: dict[str, Any]) -> Terms:
    """The form's values as terms. Raises Refusal for amounts that cannot be read."""
    zone = values["time_zone"]
    currency = values["currency"]
    listed = values["list_price"]
    card = values["rate_card"]
    return Terms(
        code=values["code"],
        name=values["name"],
        starts_on=values["starts_on"],
        term_months=values["term_months"],
        credits=values["credits"],
        price_minor=money.minor_units(values["price"], currency),
        list_price_minor=money.minor_units(listed, currency) if listed else None,
        currency=currency,
        time_zone=zone,
        due_on=values["due_on"],
        bonus_credits=values["bonus_credits"] or 0,
        rate_card=rate_cards.find(card) if card else None,
        rate_lock_until=_midnight(values["rate_lock_on"], zone),
        price_lock_until=_midnight(values["price_lock_on"], zone),
        auto_renew=values["auto_renew"],
        cancellable=values["cancellable"],
        is_default=values["is_default"],
        commission_plan=(
            commission_plans.find(values["commission_plan"]) if values["commission_plan"] else None
        ),
        settings={name: values[name] for name in _SETTINGS if values[name]},
    )


def of_terms(customer: Customer, values: dict[str, Any], at: datetime) -> Figures:
    """What the terms come to, as far as they are typed."""
    currency = values.get("currency") or customer.currency
    credits = values.get("credits")
    price = _read(lambda: money.minor_units(str(values.get("price", "")), currency))
    found: Figures = []
    if credits and price is not None:
        scale = 10 ** money.exponent(currency)
        found.append(
            (
                "Price of a credit",
                f"{money.decimal_text(Fraction(price, credits * scale))} {currency}",
            )
        )
        found += _discount(values, price, currency)
        found += _at_list(price, currency, at)
    if credits:
        found += _cap(customer, values, credits, price, currency, at)
    found += _term(values)
    if price is not None:
        found += _first_invoice(customer, price, currency, at)
        found += _commission(values, price, currency, at)
    return found


def warnings(customer: Customer, values: dict[str, Any], at: datetime) -> list[str]:
    """What is worth a second look in the terms (S33, S47)."""
    found = []
    if _setting(customer, values, "rollover", at) == "NONE":
        found.append(
            "No rollover: credits that end with the term are functionally identical to a licence, "
            "and customers negotiate them as one."
        )
    if values.get("code") and not values.get("rate_card"):
        found.append("No rate card: only usage that is reported in credits can be drawn.")
    return found


def of_renewal(contract: Contract, at: datetime) -> Figures:
    """The next term as the usage so far proposes it."""
    term = renewals.running_term(contract, at)
    stated = None if term is None else _read(lambda: renewals.proposal(contract, term, at))
    if stated is None:
        return [("Proposal", "none: the term has no commitment yet")]
    return [
        ("Next commitment", f"{stated.credits:,} credits"),
        ("Its price", amount(stated.price_minor, stated.currency)),
        ("Overage billed beside it", f"{stated.overage_credits:,} credits, "
         f"{amount(stated.overage_minor, stated.currency)}"),
        ("Rolls over on top", f"{stated.rollover_credits:,} credits"),
        ("Next invoice, net", amount(stated.total_minor, stated.currency)),
    ]  # fmt: skip


def unit_price(contract: Contract, at: datetime) -> str:
    """What a credit of the commitment costs, in the running term or as signed."""
    term = renewals.running_term(contract, at)
    committed = standing.commitment(contract, term, at) if term else None
    price = standing.signed_price(contract) if committed is None else standing.unit_price(committed)
    return amounts.price(price, contract.currency)


def of_running_term(contract: Contract, at: datetime) -> Figures:
    """Which term runs, until when, and what it commits to; nothing between terms."""
    term = renewals.running_term(contract, at)
    if term is None or not term.starts_at <= at < term.ends_at:
        return []
    first, last = (
        calendar.local_date(term.starts_at, contract.time_zone),
        calendar.last_day(term.ends_at, contract.time_zone),
    )
    committed = standing.commitment(contract, term, at)
    size = ""
    if committed is not None:
        price = amount(committed.price_minor, committed.currency)
        size = f", {committed.commitment:,} credits for {price}"
    return [(f"Term {term.number}", f"{first} to {last}{size}")]


def of_overage(contract: Contract, at: datetime) -> Figures:
    """Overage of the running term, and how far it may go."""
    term = renewals.running_term(contract, at)
    stands = standing.overage(contract, term, at) if term else None
    if stands is None:
        return []
    return [
        ("Overage so far", f"{stands.credits:,} credits"),
        ("Overage cap", f"{stands.cap:,} credits"),
        ("Still allowed beyond the balance", f"{stands.cap_left:,} credits"),
    ]


def of_commission(contract: Contract, at: datetime) -> Figures:
    """By which plan it pays commission at its next close, and to whom."""
    version = commission_plans.in_force(contract, at)
    if version is None:
        return [("Commission", "none agreed")]
    whose = ", ".join(
        share.rep if share.pct == 100 else str(share)
        for share in commission_plans.owners_at(contract, at)
    )
    return [("Commission goes to", whose), ("Commission plan", plan_words(version))]


def plan_words(version: CommissionPlanVersion) -> str:
    """`Standard, version 1: 10 %, 70 % of it at close`."""
    rate, upfront = (f"{pct.normalize():f} %" for pct in (version.rate_pct, version.upfront_pct))
    return f"{version}: {rate}, {upfront} of it at close"


def _commission(values: dict[str, Any], price: int, currency: str, at: datetime) -> Figures:
    """What the deal would pay, at close and if all is used."""
    plan = values.get("commission_plan")
    version = _read(lambda: commission_plans.find(str(plan))) if plan else None
    if version is None:
        return []
    rules, rounding = commission_plans.rules(version), books.current(at).rounding
    found = commission_figures.estimate(price, rules, rounding)
    return [
        ("Commission at close", amount(found.upfront_minor, currency)),
        ("Commission if all is used", amount(found.full_use_minor, currency)),
    ]


def _discount(values: dict[str, Any], price: int, currency: str) -> Figures:
    listed = _read(lambda: money.minor_units(str(values.get("list_price") or ""), currency))
    if not listed or listed <= price:
        return []
    share = money.fixed_text(Fraction((listed - price) * 100, listed), 1)
    return [("Discount on the list price", f"{share} %")]


def _at_list(price: int, currency: str, at: datetime) -> Figures:
    ratio = prices.in_force(currency, at)
    if ratio is None:
        return []
    credits = prices.credits_for(price, currency, ratio.credits_per_currency_unit)
    return [("At the published price it would buy", f"{credits:,} credits")]


def _cap(
    customer: Customer,
    values: dict[str, Any],
    credits: int,
    price: int | None,
    currency: str,
    at: datetime,
) -> Figures:
    if _setting(customer, values, "enforcement", at) in ("HARD", "OBSERVE"):
        return [("Overage cap", "no overage")]
    share = _read(lambda: money.decimal(str(_setting(customer, values, "overage_pct", at))))
    if share is None:
        return []
    cap = int(share * credits / 100)
    if price is None:
        return [("Overage cap", f"{cap:,} credits")]
    worth = amount(money.released(price, credits, cap, books.current(at).rounding), currency)
    return [("Overage cap", f"{cap:,} credits, {worth}")]


def _term(values: dict[str, Any]) -> Figures:
    start, months = values.get("starts_on"), values.get("term_months")
    if not isinstance(start, date) or not isinstance(months, int):
        return []
    last = calendar.add_months(start, months).toordinal() - 1
    return [("First term", f"{start} to {date.fromordinal(last)}")]


def _first_invoice(customer: Customer, price: int, currency: str, at: datetime) -> Figures:
    taxed = tax.of_credits(customer, seller.profile(), at)
    if taxed.at_use:
        return [("First invoice", f"{amount(price, currency)}, taxed as its credits are used")]
    total = price + taxed.on([price])
    rate = f"with {money.decimal_text(taxed.rate_pct)} % tax" if taxed.rate_pct else "without tax"
    return [("First invoice", f"{amount(total, currency)}, {taxed.note.lower() or rate}")]


def _setting(customer: Customer, values: dict[str, Any], name: str, at: datetime) -> Any:
    typed = values.get(name)
    return typed or policies.in_force([policies.customer_scope(customer.code)], at)[name]


def _midnight(day: date | None, zone: str) -> datetime | None:
    return None if day is None else calendar.local_midnight(day, zone)


def _read(read: Callable[[], Any]) -> Any:
    """What can be read; None for what is not typed well yet."""
    try:
        return read()
    except Refusal:
        return None
